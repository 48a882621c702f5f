import type { MetricAnalysis } from "#src/analysis/analysis";
import { isDifferent } from "#src/analysis/verdict";
import type { RunComparison } from "#src/app/results/compare";
import { wallTime } from "#src/experiment/session";
import { show } from "#src/kernel/errors";
import { differenceCell, effectCell, estimateCell, pCell, scaleOf } from "#src/reports/cell";
import { bareName, meaning, whyNotTested } from "#src/reports/pair-words";
import { metricLabel } from "#src/reports/results";
import { changesSection } from "./changes-section.ts";
import { link } from "./links.ts";
import { html, type Markup } from "./markup.ts";
import { type Page, page, problem } from "./page.ts";
import { accountingLine, doneOf, facts, pill, progressBar, sessionsWords, table, th, working } from "./parts.ts";
import { stateOf } from "./run-frame.ts";
import type { Runs, RunView } from "./runs.ts";
import { count, duration, moment, money, plural } from "./words.ts";

/** What the two are called in tables. */
const letters = ["A", "B"] as const;

/** Two runs side by side: how they went, what differed between them, and what that did to their results. */
export async function comparePage(runs: Runs, query: URLSearchParams): Promise<Page> {
  const ids = query.getAll("run").slice(0, 3);
  const [a, b] = await Promise.all(ids.map((id) => runs.run(id)));
  if (ids.length !== 2 || ids[0] === ids[1] || !a || !b)
    return problem(
      400,
      "Choose two runs",
      "A comparison is of two different runs of the list; the earlier one stands first.",
    );
  const [first, second] = a.manifest.createdAt <= b.manifest.createdAt ? [a, b] : [b, a];
  const answer = runs.comparison(first.id, second.id);
  const main = html`<p class="kicker"><a href="/">Runs</a></p><h1>Two runs</h1>
<div class="pair">${[first, second].map(side)}</div>
${answer.state === "working" ? html`<section><h2>Results</h2>${working("Comparing", first.accounting.planned - first.accounting.pending + second.accounting.planned - second.accounting.pending, answer.since)}</section>` : answer.state === "failed" ? html`<section><h2>Results</h2><p class="warning" dir="auto">${answer.reason}</p></section>` : compared(answer.value)}
${answer.state === "ready" && answer.value.items && changesSection([first.id, second.id], answer.value.items, query)}`;
  return page("Two runs · crucible", main, { isWaiting: answer.state === "working" });
}

function side(run: RunView, i: number): Markup {
  const { manifest, accounting, cost, sessions, digest, conditions } = run;
  const time = wallTime(sessions, digest.lastSeen);
  return html`<section aria-label="${run.id}"><h2 dir="auto">${letters[i]} <a href="${link(["run", run.id])}">${manifest.experiment.name}</a></h2>
<p class="meta">${pill(stateOf(run))} <code>${run.id}</code></p>
${progressBar(accounting, doneOf(accounting))}${accountingLine(accounting)}
${facts([
  ["Begun", moment(Date.parse(manifest.createdAt))],
  ["Time", `${duration(time.ms)} in ${sessionsWords(sessions.length, time)}`],
  ["Cost", cost > 0 && money(cost, String(manifest.experiment.costBudget.currency ?? ""))],
  ["Retries", count(conditions.reduce((sum, one) => sum + one.retries, 0))],
  ["Restarts", count(digest.restartsSeen)],
  ["Conditions", manifest.experiment.conditions.map(({ name }) => name).join(", ")],
])}</section>`;
}

function compared({ runs, differences, circumstances, analysis, notes }: RunComparison): Markup {
  const shown = (value: unknown): string => (value === undefined ? "none" : show(value));
  const rows = differences.map(
    ({ path, values }) =>
      html`<tr><th scope="row"><code>${path}</code></th>${values.map((value) => html`<td dir="auto">${shown(value)}</td>`)}</tr>`,
  );
  const course = circumstances.map(
    ({ what, values }) =>
      html`<tr><th scope="row">${what}</th>${values.map((value) => html`<td dir="auto">${value}</td>`)}</tr>`,
  );
  const head = [th("What"), ...letters.map((letter) => th(letter))];
  return html`<section><h2>What differed</h2>${table("What differed", head, rows, "Their definitions and machines do not differ.")}
<h3>How they went</h3>${table("How they went", head, course, "They went alike.")}</section>
<section><h2>Results</h2>${analysis.metrics.map((metric) =>
    metricTable(
      metric,
      runs.map(({ experimentId }) => experimentId),
    ),
  )}</section>
<section><h2>Notes</h2><ul class="list">${notes.map((note) => html`<li dir="auto">${note}</li>`)}</ul></section>`;
}

/** Each condition under both runs, and what the second made of it. */
function metricTable(metric: MetricAnalysis, ids: readonly string[]): Markup {
  const scale = scaleOf(metric);
  const level = (name: string): Markup => {
    const summary = metric.summaries.find(({ condition }) => condition === name);
    return html`<td class="right">${summary ? estimateCell(summary.estimate, scale).text : "–"}</td>`;
  };
  const or = (isThere: boolean, text: string): string => (isThere ? text : "–");
  const rows = metric.comparisons.map((pair) => {
    const left = Object.entries(pair.dropped).map(([reason, items]) => `${count(items)} ${reason}`);
    const how = pair.verdict === "not tested" ? `not tested: ${whyNotTested(pair)}` : pair.test;
    return html`<tr><th scope="row" dir="auto">${bareName(pair.condition, ids)}</th>${level(pair.against)}${level(pair.condition)}
<td class="right">${differenceCell(pair, scale).text}</td><td class="right">${or(pair.pAdjusted.ok, pCell(pair.pAdjusted, pair.pIsBound).text)}</td><td class="right">${or(pair.effect.value.ok, effectCell(pair).text)}</td>
<td class="says">${pair.verdict === "not tested" ? "" : isDifferent(pair.verdict) ? html`<b>${meaning(pair, scale)}</b>` : meaning(pair, scale)}<div class="sub">${how}, ${plural(pair.n, "item")}${left.length > 0 && `; left out: ${left.join(", ")}`}</div></td></tr>`;
  });
  const unit = scale.unit && ` (${scale.unit})`;
  const head = [
    th("Condition"),
    ...letters.map((letter) => th(`${letter}${unit}`, true)),
    th(`B minus A${scale.differenceUnit && ` (${scale.differenceUnit})`}`, true),
    th("Adjusted p", true),
    th("Effect", true),
    th("What it says"),
  ];
  return html`<h3 dir="auto">${metricLabel(metric, scale)}</h3>${table(metric.metric.name, head, rows, "There is nothing to compare.")}`;
}
