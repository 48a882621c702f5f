import { sentenceOf } from "#src/app/observe/replay";
import { link, numberIn } from "./links.ts";
import { html } from "./markup.ts";
import type { Page } from "./page.ts";
import { choice, table, th } from "./parts.ts";
import { isGoingOn, runPage } from "./run-frame.ts";
import type { Runs, RunView } from "./runs.ts";
import { count, moment } from "./words.ts";

const PAGE = 100;

/** What was recorded of a run, newest first, with filters. */
export async function factsPage(runs: Runs, run: RunView, query: URLSearchParams): Promise<Page> {
  const type = query.get("type") ?? "";
  const search = query.get("q") ?? "";
  const task = numberIn(query, "task");
  const before = numberIn(query, "before");
  const since = Date.parse(run.manifest.growth?.at(-1)?.at ?? "") || 0;
  const nameOf = runs.nameOf(run);
  const { entries, older } = await runs.facts(run.id, { type, task, since, search, nameOf, before, limit: PAGE });
  const { types } = run.digest;
  const groups = [...new Set([...types.keys()].map((name) => name.split(".")[0]!))].sort();
  const options = groups.flatMap((group): [string, string][] => {
    const members = [...types.keys()].filter((name) => name.startsWith(`${group}.`)).sort();
    const own = members.map((name): [string, string] => [name, `${name} (${count(types.get(name)!)})`]);
    return members.length > 1 ? [[group, `all of ${group}`], ...own] : own;
  });
  const path = ["run", run.id, "facts"];
  const here = { type, q: search, task };
  const rows = entries.map(({ entry }) => {
    const isOfSmallerPlan = "ordinal" in entry && entry.t < since; // its number is that of another task now
    const ordinal = "ordinal" in entry && !isOfSmallerPlan ? entry.ordinal : undefined;
    const about = `${sentenceOf(entry, isOfSmallerPlan ? undefined : nameOf)}${isOfSmallerPlan ? " (numbered as before the run grew)" : ""}`;
    return html`<tr><td class="when">${moment(entry.t, "time")}</td><td><code class="${toneOf(entry.type)}">${entry.type}</code></td><td dir="auto">${ordinal === undefined ? about : html`<a href="${link(["run", run.id, "tasks", ordinal])}">${about}</a>`}</td></tr>`;
  });
  const body = html`<section><h2>Facts</h2>
<form class="filter" method="get" role="search" aria-label="Filter facts">
<label>Find <input type="search" name="q" value="${search}" placeholder="item, words of a record"></label>
${choice("type", "Type", [["", "all types"], ...options], type)}
<label>Task <input type="number" name="task" min="0" value="${task}" placeholder="number"></label>
<button type="submit">Filter</button> ${(type || search || task !== undefined || before !== undefined) && html`<a href="${link(path)}">Reset</a>`}
</form>
${table("Facts, newest first", [th("When"), th("Type"), th("What")], rows, run.digest.lastSeen === undefined ? "Nothing was recorded of this run." : "No record fits.")}
<nav class="pager" aria-label="Pages">${before !== undefined && html`<a href="${link(path, here)}">Newest</a>`} ${older !== undefined && html`<a href="${link(path, { ...here, before: older })}">${entries.length < PAGE ? "Look further back" : "Older"}</a>`}</nav></section>`;
  return runPage(run, "facts", body, { live: isGoingOn(run) && before === undefined });
}

const toneOf = (type: string): string =>
  /retried|restarted|exited|failed|opened|exhausted|dropped|stopping/.test(type) ? "failed" : "";
