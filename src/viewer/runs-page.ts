import { type BestLevel, bestLevel } from "#src/reports/levels";
import { link } from "./links.ts";
import { html } from "./markup.ts";
import { type Page, page } from "./page.ts";
import { doneOf, ended, pager, pill, progressBar, table, th } from "./parts.ts";
import { type RunLine, type Runs, tagsOf } from "./runs.ts";
import { suitesIn } from "./suites.ts";
import { count, moment, money, plural } from "./words.ts";

const PAGE = 30;
/** Suites that are listed: the newest ones. */
const MOST_SUITES = 20;

/**
 * All runs of the checkpoint directory, newest first, with two to choose for a comparison.
 *
 * @param tag of the runs that are meant; all when absent
 */
export async function runsPage(runs: Runs, offset: number, tag?: string): Promise<Page> {
  const { total, lines, unreadable } = await runs.list(offset, PAGE, tag);
  const suites = offset === 0 && tag === undefined ? suitesIn(runs.directory).slice(0, MOST_SUITES) : [];
  const best = lines.map((line) => bestOf(runs, line));
  const isWaiting = best.includes("working");
  const main = html`<h1>Runs</h1>
<p class="meta">in <code>${runs.directory}</code></p>
${tag !== undefined && html`<p class="meta">with the tag <b dir="auto">${tag}</b> · <a href="/">All runs</a></p>`}
<form action="/compare" method="get">
${table(
  "Runs",
  [
    html`<th scope="col"><span class="visually-hidden">Compare</span></th>`,
    th("Experiment"),
    th("Status"),
    th("Best observed"),
    th("Progress"),
    th("Failed", true),
    th("Cost", true),
    th("Begun"),
  ],
  lines.map((line, i) => row(line, best[i]!)),
  tag === undefined ? "There is no run here yet. Start one with: crucible run <file>" : "No run has this tag.",
)}
${lines.length > 1 && html`<p class="tools"><button type="submit">Compare the two chosen</button> side by side, matched by item</p>`}
</form>
${suites.length > 0 && html`<h2>Suites</h2><ul class="meta">${suites.map(({ suiteId, experiments }) => html`<li><a href="${link(["suite", suiteId])}">${suiteId}</a> · ${plural(experiments.length, "experiment")}</li>`)}</ul>`}
${unreadable.length > 0 && html`<h2>Files that are left out</h2><ul class="meta" dir="auto">${unreadable.map((sentence) => html`<li>${sentence}</li>`)}</ul>`}
${total > PAGE && pager([], { tag }, { offset, limit: PAGE, total, noun: "runs" })}`;
  return page("Runs · crucible", main, { live: true, isWaiting });
}

/** Ended tasks of a run beyond which a list does not read its rows. */
const MOST_READ = 50_000;

/** The best observed level of the first metric; nothing where there is none, or rows are too many to be read for a list. */
function bestOf(runs: Runs, { id, accounting }: RunLine): BestLevel | "working" | undefined {
  const tasks = ended(accounting);
  if (tasks === 0 || tasks > MOST_READ) return undefined;
  const answer = runs.levels(id);
  return answer.state === "working" ? "working" : answer.state === "ready" ? bestLevel(answer.value[0]) : undefined;
}

function row({ id, manifest, status, accounting, cost }: RunLine, best: ReturnType<typeof bestOf>) {
  const { name, costBudget } = manifest.experiment;
  const tags = tagsOf({ manifest }).map(
    (tag) => html` <a class="tag" href="${link([], { tag })}" dir="auto">${tag}</a>`,
  );
  const done = doneOf(accounting);
  return html`<tr>
<td><input type="checkbox" name="run" value="${id}" aria-label="Choose ${name}, ${id}"></td>
<th scope="row" dir="auto"><a href="${link(["run", id])}">${name}</a><div class="sub"><code>${id}</code>${tags}</div></th>
<td>${pill(status)}</td>
<td>${best === "working" ? html`<span class="working soft">reading</span>` : best ? html`<span class="level">${best.metric} ${best.text}</span><div class="sub" dir="auto">${best.conditions > 1 && `${best.condition} · `}<a href="${link(["experiment"], { name })}">trend</a></div>` : "–"}</td>
<td>${progressBar(accounting, done)}<div class="sub">${done}</div></td>
<td class="right${accounting.failed > 0 && " failed"}">${count(accounting.failed)}</td>
<td class="right">${cost > 0 ? money(cost, String(costBudget.currency ?? "")) : "–"}</td>
<td class="when">${moment(Date.parse(manifest.createdAt))}</td>
</tr>`;
}
