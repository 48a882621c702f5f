import { cut } from "#src/reports/cut";
import type { ItemEntry, Report, ReportItem } from "#src/reports/report";
import { gradeOf, has, isOfKind, itemKinds, kindWords, shown } from "./item-cells.ts";
import { readyReport } from "./items-page.ts";
import { link, numberIn, wordIn } from "./links.ts";
import { html, type Markup } from "./markup.ts";
import type { Page } from "./page.ts";
import { choice, pager, table, th } from "./parts.ts";
import { runPage } from "./run-frame.ts";
import type { Runs, RunView } from "./runs.ts";
import { count } from "./words.ts";

const PAGE = 200;
const orders = ["disagreement", "hardest", "easiest", "name"] as const;
const orderWords: Readonly<Record<(typeof orders)[number], string>> = {
  disagreement: "most disagreement first",
  hardest: "hardest first",
  easiest: "easiest first",
  name: "by name",
};

/** An item with its place in the report. */
interface Placed {
  readonly item: ReportItem;
  readonly place: number;
}

/** All items against all conditions, a coloured cell each: what is hard for everybody, and on what conditions part. */
export function matrixPage(runs: Runs, run: RunView, query: URLSearchParams): Page {
  const report = readyReport(runs, run, "matrix");
  return "page" in report ? report.page : runPage(run, "matrix", matrix(run, report.value, query), { live: false });
}

function matrix(run: RunView, { items: all }: Report, query: URLSearchParams): Markup {
  const conditions = run.manifest.experiment.conditions.map(({ name }) => name);
  const search = query.get("q") ?? "";
  const kind = wordIn(query, "kind", itemKinds) ?? "all";
  const order = wordIn(query, "order", orders) ?? "disagreement";
  const offset = numberIn(query, "offset") ?? 0;
  const found = all.items.flatMap((item, place) =>
    isOfKind(item, kind) && has(item, search.toLowerCase()) ? [{ item, place }] : [],
  );
  const sorted = inOrder(found, order, all.directions?.[0] === "lower");
  const path = ["run", run.id, "matrix"];
  const here = {
    q: search,
    kind: kind === "all" ? undefined : kind,
    order: order === "disagreement" ? undefined : order,
  };
  const places = { offset, limit: PAGE, total: found.length, noun: "items" };
  const grade = gradeOf(all);
  const rows = sorted.slice(offset, offset + PAGE).map(({ item, place }) => {
    const byCondition = new Map(item.entries.map((entry) => [entry.condition, entry]));
    const cells = conditions.map((name) => cell(run, byCondition.get(name), grade));
    return html`<tr><th scope="row" dir="auto"><a href="${link(["run", run.id, "items", place])}">${cut(item.id, 60)}</a>${item.input !== undefined && html` <span class="input">${cut(item.input, 60).replace(/ … .*/, "…")}</span>`}</th>${cells}</tr>`;
  });
  const [field] = all.fields;
  return html`<section class="matrix wide"><h2>Matrix</h2>
<p class="sub">${field !== undefined && `By ${field}. `}A cell leads to its task, a name to all answers side by side.${all.omitted > 0 && ` ${count(all.omitted)} more items are not read.`}</p>
<form class="filter" method="get" role="search" aria-label="Filter items">
<label>Find <input type="search" name="q" value="${search}" placeholder="item, input, answer"></label>
${choice(
  "kind",
  "Which",
  itemKinds.map((name): [string, string] => [name, kindWords[name]]),
  kind,
)}
${choice(
  "order",
  "Order",
  orders.map((name): [string, string] => [name, orderWords[name]]),
  order,
)}
<button type="submit">Filter</button>
</form>
${pager(path, here, places)}
${table("Matrix", [th("Item"), ...conditions.map(heading)], rows, "No item matches.")}
${rows.length > 15 && pager(path, here, places, "Pages, at the end")}</section>`;
}

const heading = (name: string): Markup =>
  html`<th scope="col" class="upright"><span dir="auto">${cut(name, 40).replace(/ … .*/, "…")}</span></th>`;

/** Mean over conditions of the first field; nothing where no condition has a value. */
function meanOf({ entries }: ReportItem): number | undefined {
  const values = entries.flatMap(({ values: [value] }) => (value === null || value === undefined ? [] : [value]));
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Those without a value come last where values decide. */
function inOrder(found: readonly Placed[], order: (typeof orders)[number], isLowerBetter: boolean): readonly Placed[] {
  if (order === "disagreement") return found;
  if (order === "name")
    return found.toSorted((a, b) => a.item.id.localeCompare(b.item.id, "en", { numeric: true }) || a.place - b.place);
  const sign = (order === "hardest") === isLowerBetter ? -1 : 1;
  const means = new Map(found.map(({ item, place }) => [place, meanOf(item)]));
  const rank = ({ place }: Placed): number => {
    const mean = means.get(place);
    return mean === undefined ? Number.POSITIVE_INFINITY : sign * mean;
  };
  return found.toSorted((a, b) => (rank(a) < rank(b) ? -1 : rank(a) > rank(b) ? 1 : a.place - b.place));
}

function cell(run: RunView, entry: ItemEntry | undefined, gradeOfValue: ReturnType<typeof gradeOf>): Markup {
  if (!entry) return html`<td class="answer">–</td>`;
  const isFailed = entry.values[0] === null && entry.status !== "success";
  const grade = isFailed ? "failed" : gradeOfValue(entry.values[0]);
  const text = isFailed
    ? html`<abbr title="${entry.status.replaceAll("_", " ")}">!</abbr>`
    : html`${shown(entry, grade)}`;
  const title = `${entry.condition}: ${cut(entry.text, 200)}`;
  return html`<td class="answer ${grade}" title="${title}">${entry.ordinal === undefined ? text : html`<a href="${link(["run", run.id, "tasks", entry.ordinal])}">${text}</a>`}</td>`;
}
