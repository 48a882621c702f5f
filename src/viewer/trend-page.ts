import type { MetricLevels } from "#src/analysis/levels";
import { planOf } from "#src/experiment/decided";
import { canonicalJson } from "#src/kernel/digest";
import { inSlices } from "#src/kernel/steps";
import { levelText, type Scale, scaleOf } from "#src/reports/cell";
import type { ChartLine, LinePoint } from "#src/reports/chart";
import { metricLabel } from "#src/reports/results";
import { drawSvgInSteps } from "#src/reports/svg";
import { MOST_LINES } from "#src/reports/svg-lines";
import { ordered } from "#src/reports/verdict-lines";
import { betterWords } from "#src/reports/words";
import type { Answered } from "./later.ts";
import { link } from "./links.ts";
import { type HtmlPart, html, type Markup, trusted } from "./markup.ts";
import { type Page, page } from "./page.ts";
import { pill, table, th } from "./parts.ts";
import type { RunOfExperiment, Runs } from "./runs.ts";
import { count, moment, plural } from "./words.ts";

/** Runs that a trend shows: the newest ones. */
const MOST_RUNS = 60;

/** A run whose levels are known, or are not and why. */
interface Point {
  readonly run: RunOfExperiment;
  readonly answer: Answered<readonly MetricLevels[]>;
}

/** One metric over the runs of an experiment. */
interface Trend {
  readonly metric: MetricLevels;
  readonly scale: Scale;
  /** Conditions that are drawn: the best of the newest run that has a value. */
  readonly conditions: readonly string[];
  readonly omitted: number;
}

/**
 * How each condition did from run to run of one experiment: levels with intervals, oldest run first, and what else is another one than in the run
 * before. Undefined where no run has that name.
 *
 * @param metric its name; the first one when absent
 */
export async function trendPage(runs: Runs, name: string, metric: string | undefined): Promise<Page | undefined> {
  const { total, runs: found } = runs.ofExperiment(name, MOST_RUNS);
  if (found.length === 0) return undefined;
  const points = found.map((run): Point => ({ run, answer: runs.levels(run.id) }));
  const waiting = points.filter(({ answer }) => answer.state === "working").length;
  const known = points.flatMap(({ answer }) => (answer.state === "ready" ? answer.value : []));
  const names = [...new Set(known.map(({ metric: own }) => own.name))];
  const chosen = metric !== undefined && names.includes(metric) ? metric : names[0];
  const trend = chosen === undefined ? undefined : trendOf(points, chosen);
  const tabs = names.map(
    (one) =>
      html`<a href="${link(["experiment"], { name, metric: one === names[0] ? undefined : one })}"${one === chosen && html` aria-current="page"`}>${one}</a>`,
  );
  const main = html`<header><p class="kicker"><a href="/">Runs</a></p><h1 dir="auto">${name}</h1>
<p class="meta">${total > found.length ? `the newest ${count(found.length)} of ${plural(total, "run")}` : plural(total, "run")}, oldest first</p>
${names.length > 0 && html`<nav class="tabs" aria-label="Metrics">${tabs}</nav>`}</header>
${waiting > 0 && html`<p class="working" role="status">Reading the rows of ${plural(found.length, "run")}: ${count(found.length - waiting)} read …</p>`}
<section aria-label="Trend">${trend ? await chartOf(points, trend) : waiting === 0 && html`<p class="empty">No run has a level yet.</p>`}</section>
<section${trend && trend.conditions.length > 4 && html` class="wide"`}><h2>Runs</h2>${table("Runs of the experiment", headOf(trend), rowsOf(points, trend).reverse(), "")}</section>`;
  return page(`${name} · trend`, main, { isWaiting: waiting > 0 });
}

const levelsOf = ({ answer }: Point, metric: string): MetricLevels | undefined =>
  answer.state === "ready" ? answer.value.find((one) => one.metric.name === metric) : undefined;

function trendOf(points: readonly Point[], metric: string): Trend {
  const all = points.flatMap((point) => levelsOf(point, metric) ?? []);
  const newest = all.at(-1)!;
  const scale = scaleOf({ ...newest, summaries: all.flatMap(({ summaries }) => summaries) });
  const names = new Set(all.toReversed().flatMap((levels) => ordered(levels).map(({ condition }) => condition)));
  const conditions = [...names].slice(0, MOST_LINES);
  return { metric: newest, scale, conditions, omitted: names.size - conditions.length };
}

async function chartOf(points: readonly Point[], { metric, scale, conditions, omitted }: Trend): Promise<Markup> {
  const lines = conditions.flatMap((condition, colour): ChartLine[] => {
    const values = points.flatMap((point, x): LinePoint[] => {
      const own = levelsOf(point, metric.metric.name)?.summaries.find((one) => one.condition === condition);
      if (!own?.estimate.value.ok) return [];
      const { value, interval } = own.estimate;
      const ends = interval.ok
        ? { low: interval.value.low * scale.factor, high: interval.value.high * scale.factor }
        : {};
      return [{ x, y: value.value * scale.factor, ...ends }];
    });
    return values.length > 0 ? [{ label: condition, points: values, colour }] : [];
  });
  if (lines.length === 0) return html`<p class="empty">No run has a value of ${metric.metric.name}.</p>`;
  const days = points.map(({ run }) => run.manifest.createdAt.slice(5, 16).replace("T", " "));
  const bounds = scale.unit === "%" ? { least: 0, most: 100 } : {};
  const svg = await inSlices(
    drawSvgInSteps({
      id: "figure-trend",
      title: `${metric.metric.name} from run to run`,
      description: `${plural(lines.length, "condition")} over ${plural(points.length, "run")}, with the intervals of the levels.`,
      chart: {
        type: "lines",
        x: { label: "run, by its start (UTC)", log: false, names: days },
        y: { label: metricLabel(metric, scale), log: false, ...bounds },
        lines,
      },
    }),
  );
  return html`<figure><div class="scroll" tabindex="0" role="region" aria-label="Chart">${trusted(svg)}</div><figcaption class="sub">${metricLabel(metric, scale)}, ${betterWords(metric.metric)}; each interval is that of the level by itself.${omitted > 0 && ` ${plural(omitted, "more condition")} in the reports.`} Whether a run differs from another is said where the two are compared.</figcaption></figure>`;
}

const headOf = (trend: Trend | undefined): Markup[] => [
  th("Run"),
  th("Status"),
  ...(trend?.conditions ?? []).map((name) => html`<th scope="col" class="right" dir="auto">${name}</th>`),
  th("Other than in the run before"),
  th("With it"),
];

const rowsOf = (points: readonly Point[], trend: Trend | undefined): Markup[] =>
  points.map((point, i) => {
    const { run, answer } = point;
    const before = points[i - 1]?.run;
    const levels = trend && levelsOf(point, trend.metric.metric.name);
    const cells = (trend?.conditions ?? []).map((name) => {
      const own = levels?.summaries.find(({ condition }) => condition === name);
      return html`<td class="right">${own && trend ? levelText(own, trend.scale) : "–"}</td>`;
    });
    const why: HtmlPart = answer.state === "failed" && html`<p class="warning" dir="auto">${answer.reason}</p>`;
    return html`<tr><th scope="row"><a href="${link(["run", run.id])}">${moment(Date.parse(run.manifest.createdAt))}</a><div class="sub"><code>${run.id}</code></div></th>
<td>${pill(run.status)}</td>${cells}<td class="what" dir="auto">${changesSince(before, run).join("; ")}${why}</td><td>${before && html`<a href="${link(["compare"], { run: [before.id, run.id] })}">compare</a>`}</td></tr>`;
  });

/** What makes a step of a line no effect of the conditions alone. */
function changesSince(before: RunOfExperiment | undefined, { manifest }: RunOfExperiment): string[] {
  if (!before) return [];
  const [was, is] = [before.manifest, manifest];
  const metricsOf = (plan: ReturnType<typeof planOf>): string => canonicalJson([plan.metrics, plan.directions]);
  const scorersOf = ({ conditions }: ReturnType<typeof planOf>): string =>
    canonicalJson(conditions.map(({ name, scorers }) => [name, scorers]));
  const codeOf = ({ conditions }: ReturnType<typeof planOf>): string =>
    canonicalJson(conditions.map(({ name, code }) => [name, code]));
  const [planWas, planIs] = [planOf(was), planOf(is)];
  const commit = is.environment.git?.commit;
  return [
    ...(was.dataset.digest === is.dataset.digest ? [] : [`data: ${plural(is.dataset.items, "item")}`]),
    ...(metricsOf(planWas) === metricsOf(planIs) ? [] : ["metrics"]),
    ...(scorersOf(planWas) === scorersOf(planIs) ? [] : ["scorers"]),
    ...(codeOf(planWas) === codeOf(planIs) ? [] : ["conditions"]),
    ...(was.seed === is.seed ? [] : [`seed ${is.seed}`]),
    ...(commit === undefined || commit === was.environment.git?.commit ? [] : [`commit ${commit.slice(0, 12)}`]),
  ];
}
