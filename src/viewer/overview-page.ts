import type { FailureDigest } from "#src/analysis/failure-digest";
import { type FailureSummary, failureWords } from "#src/experiment/failure-groups";
import { meanPace, wallTime } from "#src/experiment/session";
import { inSlices } from "#src/kernel/steps";
import { cut } from "#src/reports/cut";
import { digestNotes, digestWords } from "#src/reports/digest";
import { othersWords, whereWords } from "#src/reports/failure-words";
import { interventionWords } from "#src/reports/reliability";
import type { Report } from "#src/reports/report";
import { verdictHtml } from "#src/reports/verdict-html";
import { timeWords } from "#src/reports/verdict-lines";
import type { Answered } from "./later.ts";
import { link } from "./links.ts";
import { type HtmlPart, html, type Markup, trusted } from "./markup.ts";
import { paceSpans } from "./pace.ts";
import { paceSvg } from "./pace-svg.ts";
import type { Page } from "./page.ts";
import {
  accountingLine,
  ended,
  facts,
  meter,
  pill,
  progressBar,
  sessionsWords,
  table,
  th,
  tile,
  working,
} from "./parts.ts";
import { isGoingOn, runPage } from "./run-frame.ts";
import type { ConditionLine, Runs, RunView } from "./runs.ts";
import { count, duration, moment, money, percent, perSecond, plural } from "./words.ts";

/** How a run is doing, or how it went. */
export async function overviewPage(runs: Runs, run: RunView): Promise<Page> {
  const errors = runs.errors(run.id);
  const report = isGoingOn(run) ? undefined : runs.report(run.id); // of a run that changes it would be made again and again
  return runPage(
    run,
    "overview",
    html`${report && (await verdictOf(report, ended(run.accounting)))}
${trendLink(runs, run)}
<section aria-label="Progress">
${progressBar(run.accounting, run.accounting.open ? `${count(ended(run.accounting))} tasks ended so far` : `${count(ended(run.accounting))} of ${count(run.accounting.planned)} tasks ended`)}
${accountingLine(run.accounting)}
<div class="tiles">${tiles(run)}</div>
${paceSvg(paceSpans(run.digest.pace, run.sessions, ended(run.accounting), run.live ? undefined : run.digest.lastSeen))}
</section>
<section><h2>Conditions</h2>${conditionTable(run)}</section>
<section id="went-wrong"><h2>What went wrong</h2>${report?.state === "ready" && report.value.digest ? digestTable(run.id, report.value.digest) : messageTable(runs.failures(run.id))}${errorTable(run, errors)}</section>
<section><h2>Sessions</h2>${sessionTable(run)}</section>
<section><h2>What ran</h2>${whatRan(run)}</section>`,
    { isWaiting: report?.state === "working" },
  );
}

/** The way to the trend, where the experiment has other runs. */
function trendLink(runs: Runs, { manifest: { experiment } }: RunView): HtmlPart {
  const { total } = runs.ofExperiment(experiment.name, 0);
  return (
    total > 1 &&
    html`<p class="tools"><a class="button" href="${link(["experiment"], { name: experiment.name })}">Trend over ${plural(total, "run")} of this experiment</a></p>`
  );
}

/** What came out of a run that has ended. */
async function verdictOf(report: Answered<Report>, tasks: number): Promise<Markup> {
  switch (report.state) {
    case "working":
      return html`<section aria-label="Verdict">${working("Analysing", tasks, report.since)}</section>`;
    case "failed":
      return html`<section aria-label="Verdict"><p class="warning" dir="auto">${report.reason}</p></section>`;
    case "ready":
      return trusted(await inSlices(verdictHtml(report.value.verdict)));
  }
}

function tiles({ live, accounting, conditions, cost, manifest, sessions, digest }: RunView): HtmlPart[] {
  const asked = manifest.experiment.costBudget as { maxTotal?: number; maxPerCondition?: number; currency?: string };
  const { maxTotal, maxPerCondition } = live?.status.limits ?? asked; // it may have been changed since
  const { currency } = asked;
  const unit = currency ?? "";
  const retries = conditions.reduce((sum, one) => sum + one.retries, 0);
  const reserved = live?.status.reserved ?? 0;
  const held = reserved > 0 ? [`and ${money(reserved, unit)} reserved; `] : [];
  const costTile =
    (cost > 0 || maxTotal !== undefined || maxPerCondition !== undefined) &&
    tile(
      "Cost",
      money(cost, unit),
      maxTotal !== undefined
        ? [meter(cost / maxTotal, `${percent(cost / maxTotal)} of the budget`), ...held, `of ${money(maxTotal, unit)}`]
        : maxPerCondition !== undefined
          ? `at most ${money(maxPerCondition, unit)} a condition`
          : "no budget",
    );
  if (!live) {
    const time = wallTime(sessions, digest.lastSeen);
    const pace = meanPace(ended(accounting), time);
    return [
      tile("Time", duration(time.ms), sessionsWords(sessions.length, time)),
      tile("Mean pace", pace === undefined ? "–" : perSecond(pace)),
      costTile,
      tile("Retries", count(retries)),
      digest.restartsSeen > 0 && tile("Restarts", count(digest.restartsSeen), "of services and conditions"),
    ];
  }
  const { tasksPerSecond, elapsedMs, remainingMs, limits } = live.status;
  const workers = workersOf(live.tree);
  return [
    tile(
      "Pace",
      perSecond(tasksPerSecond),
      limits.rateLimit === undefined ? "no rate limit" : `at most ${limits.rateLimit} starts/s`,
    ),
    tile(
      "Elapsed",
      duration(elapsedMs),
      remainingMs !== undefined && accounting.pending > 0 && `about ${duration(remainingMs)} left`,
    ),
    costTile,
    tile("In flight", count(workers.running ?? 0), `of ${count(limits.maxParallel)} at a time`),
    tile("Retries", count(retries), (workers.restarting ?? 0) > 0 && `${count(workers.restarting!)} waiting for one`),
    tile("Event loop", duration(live.lagMs.p99), `late at 99 %; most ${duration(live.lagMs.max)}`),
    tile("Memory", `${live.rssMb} MB`, `process ${live.pid}`),
  ];
}

/** Workers of all pools by state. */
function workersOf(tree: NonNullable<RunView["live"]>["tree"]): Record<string, number> {
  const sum: Record<string, number> = {};
  const visit = (node: NonNullable<typeof tree>): void => {
    for (const [state, tasks] of Object.entries(node.tasks ?? {})) sum[state] = (sum[state] ?? 0) + tasks;
    if (!node.tasks) for (const child of node.children) visit(child);
  };
  if (tree) visit(tree);
  return sum;
}

function conditionTable({ id, conditions, manifest, accounting: { open } }: RunView): Markup {
  const currency = String(manifest.experiment.costBudget.currency ?? "");
  const row = (one: ConditionLine): Markup => {
    const done = one.succeeded + one.failed + one.skipped + one.unscored;
    const words = open ? `${count(done)} so far` : `${count(done)} of ${count(one.planned)}`;
    const number = (n: number, className = ""): Markup =>
      html`<td class="right ${n > 0 && className}">${count(n)}</td>`;
    return html`<tr><th scope="row" dir="auto"><a href="${link(["run", id, "tasks"], { condition: one.name })}">${one.name}</a></th>
<td>${progressBar({ ...one, ...(open ? { open } : {}) }, words)}<div class="sub">${words}</div></td>
${number(one.succeeded)}${number(one.failed, "failed")}${number(one.skipped)}${number(one.unscored)}${number(one.retries)}
<td class="right">${one.meanMs === undefined ? "–" : timeWords(one.meanMs)}</td><td class="right">${one.cost > 0 ? money(one.cost, currency) : "–"}</td></tr>`;
  };
  const head = [
    th("Condition"),
    th("Progress"),
    ...["Succeeded", "Failed", "Skipped", "Unscored", "Retries", "Mean time", "Cost"].map((name) => th(name, true)),
  ];
  return table("Conditions", head, conditions.map(row), "The run has no conditions yet.");
}

/** Tasks that are not right, in groups, with a link to an example of each. */
function digestTable(id: string, digest: FailureDigest): HtmlPart {
  const rows = digest.groups.map((group) => {
    const { example } = group;
    return html`<tr><td>${group.outcome}</td><th scope="row" dir="auto">${digestWords(group)}</th><td class="right failed">${count(group.tasks)}</td><td dir="auto">${whereWords(group)}</td><td dir="auto"><a href="${link(["run", id, "tasks", example.ordinal])}">${cut(example.itemId, 60)}</a> ${cut(example.condition, 60)}</td></tr>`;
  });
  const head = [th("Outcome"), th("What is said of them"), th("Tasks", true), th("Where"), th("Example")];
  const [first, ...notes] = digestNotes(digest, id);
  return html`${table("Failed and wrong tasks", head, rows, "")}<p class="sub">${[first, ...notes.slice(0, -1)].join(" ")}</p>`;
}

/** What failed tasks say, most frequent first; nothing where none failed. */
function messageTable({ groups, others }: FailureSummary): HtmlPart {
  if (groups.length === 0) return "";
  const rows = groups.map(
    (group) =>
      html`<tr><th scope="row" dir="auto">${failureWords(group)}</th><td class="right failed">${count(group.times)}</td><td dir="auto">${whereWords(group)}</td></tr>`,
  );
  const more = others > 0 && html`<p class="sub">${othersWords(others)}</p>`;
  return html`${table("Why tasks failed", [th("Message"), th("Tasks failed", true), th("Where")], rows, "")}${more}`;
}

function errorTable({ id, digest, accounting }: RunView, errors: ReturnType<Runs["errors"]>): Markup {
  const kinds = [...new Set([...errors.map(({ kind }) => kind), ...digest.retried.keys()])];
  const rows = kinds.map((kind) => {
    const failed = errors.filter((one) => one.kind === kind);
    const tasks = failed.reduce((sum, one) => sum + one.tasks, 0);
    const where = failed.map(({ condition, tasks: own }) => `${condition} ${count(own)}`).join(", ");
    return html`<tr><th scope="row">${tasks > 0 ? html`<a href="${link(["run", id, "tasks"], { error: kind })}">${kind}</a>` : kind}</th>
<td class="right${tasks > 0 && " failed"}">${count(tasks)}</td><td class="right">${count(digest.retried.get(kind) ?? 0)}</td><td dir="auto">${where}</td></tr>`;
  });
  const nothing = ended(accounting) === 0 ? "Nothing has ended yet." : "Nothing.";
  return table(
    "Errors by kind",
    [th("Kind of error"), th("Tasks failed", true), th("Attempts retried", true), th("Where")],
    rows,
    nothing,
  );
}

function sessionTable({ sessions }: RunView): Markup {
  const rows = sessions.map(
    ({ startedAt, endedAt, status, reason, rerun, interventions = [] }) =>
      html`<tr><td class="when">${moment(startedAt)}</td><td class="when">${endedAt !== undefined ? moment(endedAt) : "–"}</td><td>${pill(status)}</td><td dir="auto">${[reason, rerun !== undefined && `${plural(rerun, "task")} in flight at the cut ran again`, ...interventions.map((done) => interventionWords(done, startedAt))].filter(Boolean).join("; ")}</td></tr>`,
  );
  return table("Sessions", [th("Begun"), th("Ended"), th("Status"), th("Why")], rows, "It has not begun to work.");
}

function whatRan({ manifest }: RunView): Markup {
  const { experiment, file, dataset, plan, seed, environment, parameters, prices } = manifest;
  const { git } = environment;
  return facts([
    ["Description", experiment.description],
    ["File", file && html`<code>${file}</code>`],
    [
      "Parameters",
      Object.entries(parameters)
        .map(([name, value]) => `${name}=${value}`)
        .join(" "),
    ],
    ["Data", `${dataset.source}: ${plural(dataset.items, "item")}, digest ${dataset.digest.slice(0, 12)}`],
    [
      "Plan",
      `${plural(experiment.conditions.length, "condition")}, ${plural(experiment.repeat, "repeat")}, ${plural(plan.tasks, "task")}, seed ${seed}`,
    ],
    ["Metrics", experiment.metrics.map((metric) => (typeof metric === "string" ? metric : metric.name)).join(", ")],
    ["Prices", prices && `${prices.version}, ${prices.currency}`],
    ["Code", git && `commit ${git.commit.slice(0, 12)}${git.dirty ? ", with changes" : ""}`],
    [
      "Machine",
      `crucible ${environment.crucible}, Node ${environment.node}, ${environment.platform}, ${plural(environment.cpus, "core")}, ${environment.memoryGb} GB`,
    ],
  ]);
}
