import { valueWords } from "#src/reports/cell";
import { cut } from "#src/reports/cut";
import type { Report, ReportItem } from "#src/reports/report";
import { gradeOf, has, isOfKind, itemKinds, kindWords, leads, shown } from "./item-cells.ts";
import { link, numberIn, wordIn } from "./links.ts";
import { html, type Markup } from "./markup.ts";
import type { Page } from "./page.ts";
import { choice, ended, pager, table, th, working } from "./parts.ts";
import { runPage } from "./run-frame.ts";
import type { Runs, RunView } from "./runs.ts";

const PAGE = 50;

/** Items with the answer of each condition, those on which conditions disagree most first. */
export function itemsPage(runs: Runs, run: RunView, query: URLSearchParams): Page {
  const report = readyReport(runs, run);
  return "page" in report ? report.page : runPage(run, "items", listing(run, report.value, query), { live: false });
}

/** One item: what was asked, and all answers side by side. */
export function itemPage(runs: Runs, run: RunView, number: number): Page | undefined {
  const report = readyReport(runs, run);
  if ("page" in report) return report.page;
  const item = report.value.items.items[number];
  return item && runPage(run, "items", sideBySide(run, report.value, item, number), { live: false });
}

/** The report that a page of items is made from, or the page that says that it is being made. */
export function readyReport(
  runs: Runs,
  run: RunView,
  tab: "items" | "matrix" = "items",
): { value: Report } | { page: Page } {
  const answer = runs.report(run.id);
  if (answer.state === "ready") return answer;
  const isWaiting = answer.state === "working";
  const said = isWaiting
    ? working("Reading", ended(run.accounting), answer.since)
    : html`<p class="warning" dir="auto">${answer.reason}</p>`;
  return {
    page: runPage(run, tab, html`<section><h2>${tab === "items" ? "Items" : "Matrix"}</h2>${said}</section>`, {
      live: false,
      isWaiting,
    }),
  };
}

function listing(run: RunView, { items: all }: Report, query: URLSearchParams): Markup {
  const conditions = [...new Set(all.items.flatMap(({ entries }) => entries.map(({ condition }) => condition)))];
  const search = query.get("q") ?? "";
  const kind = wordIn(query, "kind", itemKinds) ?? "all";
  const [ahead, behind] = [query.get("ahead") ?? "", query.get("behind") ?? ""];
  const found = all.items.flatMap((item, place) =>
    isOfKind(item, kind) && leads(item, ahead, behind, all.directions?.[0]) && has(item, search.toLowerCase())
      ? [{ item, place }]
      : [],
  );
  const offset = numberIn(query, "offset") ?? 0;
  const path = ["run", run.id, "items"];
  const here = { q: search, kind: kind === "all" ? undefined : kind, ahead, behind };
  const names = (none: string): [string, string][] => [
    ["", none],
    ...conditions.map((name): [string, string] => [name, cut(name, 40)]),
  ];
  const ends = pager(path, here, { offset, limit: PAGE, total: found.length, noun: "items" });
  const grade = gradeOf(all);
  const rows = found.slice(offset, offset + PAGE).map(({ item, place }) => {
    const cells = conditions.map((condition) => cell(run, item, condition, grade));
    return html`<tr><th scope="row" dir="auto"><a href="${link([...path, place])}">${cut(item.id, 60)}</a>${item.input !== undefined && html`<div class="input" dir="auto">${cut(item.input, 80)}</div>`}${item.target !== undefined && html`<div class="target" dir="auto">target: ${cut(item.target, 60)}</div>`}</th>${cells}</tr>`;
  });
  return html`<section class="items wide"><h2>Items</h2>
<p class="sub">Those on which conditions disagree most come first${all.fields[0] !== undefined && `, by ${all.fields[0]}`}.${all.omitted > 0 && ` ${all.omitted} more are not read.`}</p>
<form class="filter" method="get" role="search" aria-label="Filter items">
<label>Find <input type="search" name="q" value="${search}" placeholder="item, input, answer"></label>
${choice(
  "kind",
  "Which",
  itemKinds.map((name): [string, string] => [name, kindWords[name]]),
  kind,
)}
${conditions.length > 1 && [choice("ahead", "Ahead", names("any"), ahead), choice("behind", "Behind", names("any"), behind)]}
<button type="submit">Filter</button>
</form>
${ends}
${table("Items", [th("Item"), ...conditions.map((name) => th(cut(name, 40)))], rows, "No item matches.")}
${rows.length > 15 && pager(path, here, { offset, limit: PAGE, total: found.length, noun: "items" }, "Pages, at the end")}</section>`;
}

function cell(run: RunView, item: ReportItem, condition: string, gradeOfValue: ReturnType<typeof gradeOf>): Markup {
  const entry = item.entries.find((one) => one.condition === condition);
  if (!entry) return html`<td class="answer">–</td>`;
  const grade = entry.values[0] === null && entry.status !== "success" ? "failed" : gradeOfValue(entry.values[0]);
  const value = html`<b>${shown(entry, grade)}</b>`;
  return html`<td class="answer ${grade}" dir="auto">${entry.ordinal === undefined ? value : html`<a href="${link(["run", run.id, "tasks", entry.ordinal])}">${value}</a>`} ${cut(entry.text, 48)}</td>`;
}

function sideBySide(run: RunView, { items: { fields, items } }: Report, item: ReportItem, number: number): Markup {
  const at = (to: number, label: string): Markup =>
    items[to]
      ? html`<a href="${link(["run", run.id, "items", to])}" data-step="${to < number ? "back" : "on"}">${label}</a>`
      : html`<span aria-disabled="true">${label}</span>`;
  const first = item.entries.find(({ text }) => text !== "")?.text ?? "";
  const answers = item.entries.map(
    (entry) =>
      html`<div><h3 dir="auto">${entry.ordinal === undefined ? entry.condition : html`<a href="${link(["run", run.id, "tasks", entry.ordinal])}">${entry.condition}</a>`}</h3><p class="numbers">${entry.status !== "success" && `${entry.status.replaceAll("_", " ")}, `}${fields.map((name, i) => `${name} ${numberWords(entry.values[i])}`).join(", ")}${entry.repeats > 1 && ` (mean of ${entry.repeats})`}</p><p dir="auto">${entry.text === "" ? "no output" : compared(entry.text, first)}</p></div>`,
  );
  return html`<section><p class="kicker"><a href="${link(["run", run.id, "items"])}">Items</a></p><h2 dir="auto">${item.id}</h2>
<nav class="pager" aria-label="Items">${at(number - 1, "Previous item")} ${at(number + 1, "Next item")}</nav>
<div class="side">${item.input !== undefined && html`<div class="whole"><h3>Input</h3><p dir="auto">${item.input}</p></div>`}${item.target !== undefined && html`<div class="whole"><h3>Target</h3><p dir="auto">${item.target}</p></div>`}${answers}</div></section>`;
}

const numberWords = (value: number | null | undefined): string =>
  value === null || value === undefined ? "–" : valueWords(value);

/** A text in which words that another one has not are marked. */
function compared(text: string, other: string): Markup {
  if (text === other) return html`${text}`;
  const known = new Set(other.split(/\s+/));
  return html`${text.split(/(\s+)/).map((word) => (word.trim() && !known.has(word) ? html`<mark>${word}</mark>` : word))}`;
}
