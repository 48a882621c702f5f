import { type Accounting, account } from "#src/experiment/outcome";
import { link } from "./links.ts";
import { html, type Markup } from "./markup.ts";
import { type Page, page } from "./page.ts";
import { accountingLine, doneOf, facts, pill, progressBar, table, th } from "./parts.ts";
import { type Runs, tagsOf } from "./runs.ts";
import { type SuiteView, suiteIn } from "./suites.ts";
import { count, moment, money, plural } from "./words.ts";

/** A suite: what its experiments have together, and how each is doing. Undefined for an unknown id. */
export async function suitePage(runs: Runs, id: string): Promise<Page | undefined> {
  const suite = await suiteIn(runs, id);
  if (!suite) return undefined;
  const { file, live, experiments } = suite;
  const begun = experiments.flatMap(({ run }) => run ?? []);
  const sums = begun.reduce((sum, { accounting }) => added(sum, accounting), account(0, []));
  const cost = begun.reduce((sum, run) => sum + run.cost, 0);
  const currency = String(begun[0]?.manifest.experiment.costBudget.currency ?? "");
  const ended = begun.filter(({ status }) => status !== "running").length;
  const main = html`<header class="run">
<p class="kicker"><a href="/">Runs</a></p>
<h1>Suite <span dir="auto">${id}</span></h1>
<p class="meta">${pill(stateOf(suite))} <span>${count(ended)} of ${plural(experiments.length, "experiment")} ended</span> <span>${moment(Date.parse(file.createdAt))}</span></p>
</header>
${progressBar(sums, doneOf(sums))}
${accountingLine(sums)}
${facts([...limitFacts(suite, currency), ...(cost > 0 ? [["Cost", money(cost, currency)] as [string, string]] : [])])}
${table(
  "Experiments",
  [th("Experiment"), th("Status"), th("Progress"), th("Failed", true), th("Cost", true)],
  experiments.map((one) => row(one)),
  "It has no experiments.",
)}
<p class="tools">${live ? html`From a terminal: <code>crucible adjust ${id} --max-parallel 4</code>, <code>crucible pause ${id}</code>, <code>crucible stop ${id}</code>` : html`<code>crucible resume ${id}</code> resumes what has not ended`}</p>`;
  return page(`Suite ${id} · crucible`, main, { live: live !== undefined });
}

const added = (a: Accounting, b: Accounting): Accounting => ({
  planned: a.planned + b.planned,
  succeeded: a.succeeded + b.succeeded,
  failed: a.failed + b.failed,
  skipped: a.skipped + b.skipped,
  unscored: a.unscored + b.unscored,
  pending: a.pending + b.pending,
  ...(a.open || b.open ? { open: true } : {}),
});

/** What the suite says of itself while it answers; else whether all of its experiments have ended well. */
function stateOf({ live, experiments }: SuiteView): string {
  if (live) return live.status.state;
  const isDone = experiments.every(({ run }) => run?.status === "completed" || run?.status === "stopped_early");
  if (isDone) return "completed";
  return experiments.some(({ run }) => run?.status === "killed") ? "killed" : "interrupted";
}

/** What all experiments together may have: now, or as it was asked. */
function limitFacts({ live, file }: SuiteView, currency: string): [string, string][] {
  const { maxParallel, rateLimit, maxTotal } = live?.status.limits ?? file.suite;
  return [
    ...(maxParallel === undefined ? [] : [["At a time", count(maxParallel)] as [string, string]]),
    ...(rateLimit === undefined ? [] : [["Starts a second", String(rateLimit)] as [string, string]]),
    ...(maxTotal === undefined ? [] : [["Budget", money(maxTotal, currency)] as [string, string]]),
  ];
}

function row({ name, run }: SuiteView["experiments"][number]): Markup {
  if (!run)
    return html`<tr><th scope="row" dir="auto">${name}</th><td>${pill("not started")}</td><td>–</td><td class="right">–</td><td class="right">–</td></tr>`;
  const { id, manifest, status, accounting, cost } = run;
  const tags = tagsOf({ manifest }).map(
    (tag) => html` <a class="tag" href="${link([], { tag })}" dir="auto">${tag}</a>`,
  );
  return html`<tr><th scope="row" dir="auto"><a href="${link(["run", id])}">${name}</a><div class="sub"><code>${id}</code>${tags}</div></th>
<td>${pill(status)}</td>
<td>${progressBar(accounting, doneOf(accounting))}<div class="sub">${doneOf(accounting)}</div></td>
<td class="right${accounting.failed > 0 && " failed"}">${count(accounting.failed)}</td>
<td class="right">${cost > 0 ? money(cost, String(manifest.experiment.costBudget.currency ?? "")) : "–"}</td></tr>`;
}
