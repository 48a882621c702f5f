import {
  type ChangeKind,
  changeKinds,
  type ItemChange,
  type ItemChanges,
  type ItemSide,
} from "#src/app/results/item-changes";
import { valueWords } from "#src/reports/cell";
import { cut } from "#src/reports/cut";
import { link, numberIn, wordIn } from "./links.ts";
import { html, type Markup } from "./markup.ts";
import { choice, pager, table, th } from "./parts.ts";
import { count, plural } from "./words.ts";

const PAGE = 50;

const words: Readonly<Record<ChangeKind, string>> = {
  better: "B better",
  worse: "B worse",
  higher: "B higher",
  lower: "B lower",
  answer: "other answer, same value",
  alone: "in one run alone",
};

/** Two runs item by item: how many changed under each condition, and each of them with both answers, those that changed most first. */
export function changesSection(ids: readonly [string, string], changed: ItemChanges, query: URLSearchParams): Markup {
  const { metric, counts, changes, omitted, unread } = changed;
  const kinds = changeKinds.filter((kind) => counts.some((own) => own[kind] > 0));
  const kind = wordIn(query, "change", kinds);
  const condition = query.get("condition") ?? "";
  const search = query.get("q") ?? "";
  const offset = numberIn(query, "offset") ?? 0;
  const found = changes.filter(
    (change) =>
      (kind === undefined || change.kind === kind) &&
      (condition === "" || change.condition === condition) &&
      has(change, search.toLowerCase()),
  );
  const here = { run: ids, change: kind, condition, q: search };
  const summary = counts.map(
    (own) =>
      html`<tr><th scope="row" dir="auto">${own.condition}</th>${kinds.map((one) => html`<td class="right">${own[one] > 0 ? html`<a href="${link(["compare"], { run: ids, change: one, condition: own.condition })}">${count(own[one])}</a>` : "0"}</td>`)}<td class="right">${count(own.same)}</td></tr>`,
  );
  const rows = found.slice(offset, offset + PAGE).map((change) => rowOf(ids, change));
  const places = { offset, limit: PAGE, total: found.length, noun: "changes" };
  const several = counts.length > 1;
  return html`<section class="items wide"><h2>Item by item</h2>
<p class="sub">By ${metric}; items are matched by their ids.${unread > 0 && ` ${plural(unread, "more item")} not read.`}</p>
${table("Items that changed", [th("Condition"), ...kinds.map((one) => th(sentence(words[one]), true)), th("Same", true)], summary, "There is nothing to compare.")}
<form class="filter" method="get" role="search" aria-label="Filter changes">
${ids.map((id) => html`<input type="hidden" name="run" value="${id}">`)}
<label>Find <input type="search" name="q" value="${search}" placeholder="item, input, answer"></label>
${choice("change", "Which", [["", "all changes"], ...kinds.map((one): [string, string] => [one, words[one]])], kind ?? "")}
${several && choice("condition", "Condition", [["", "all"], ...counts.map(({ condition: name }): [string, string] => [name, cut(name, 40)])], condition)}
<button type="submit">Filter</button>
</form>
${pager(["compare"], here, places)}
${table(
  "Changed items",
  [th("Item"), ...(several ? [th("Condition")] : []), th("A"), th("B")],
  rows.map((row) => row(several)),
  "No item changed so.",
)}
${rows.length > 15 && pager(["compare"], here, places, "Pages, at the end")}
${omitted > 0 && html`<p class="notes">${plural(omitted, "more change")} in neither page nor filter.</p>`}</section>`;
}

const sentence = (text: string): string => text[0]!.toUpperCase() + text.slice(1);

const has = ({ item, input = "", target = "", sides }: ItemChange, wanted: string): boolean =>
  wanted === "" ||
  [item, input, target, ...sides.map((side) => side?.text ?? "")].some((text) => text.toLowerCase().includes(wanted));

/** The classes of both sides: which of the two is ahead. */
const grades: Readonly<Record<ChangeKind, readonly [string, string]>> = {
  better: ["worst", "best"],
  worse: ["best", "worst"],
  higher: ["", ""],
  lower: ["", ""],
  answer: ["", ""],
  alone: ["", ""],
};

const rowOf =
  (ids: readonly [string, string], { item, condition, kind, sides, input, target }: ItemChange) =>
  (withCondition: boolean): Markup =>
    html`<tr><th scope="row" dir="auto">${cut(item, 60)}${input !== undefined && html`<div class="input" dir="auto">${cut(input, 80)}</div>`}${target !== undefined && html`<div class="target" dir="auto">target: ${cut(target, 60)}</div>`}</th>${withCondition && html`<td dir="auto">${cut(condition, 40)}</td>`}${sides.map((side, run) => cell(ids[run]!, side, grades[kind][run]!))}</tr>`;

function cell(run: string, side: ItemSide | undefined, grade: string): Markup {
  if (!side) return html`<td class="answer">–</td>`;
  const { value, text, status, ordinal } = side;
  const shown = html`<b>${value === null ? status.replaceAll("_", " ") : valueWords(value)}</b>`;
  const isFailed = value === null && status !== "success";
  return html`<td class="answer ${isFailed ? "failed" : grade}" dir="auto">${ordinal === undefined ? shown : html`<a href="${link(["run", run, "tasks", ordinal])}">${shown}</a>`} ${cut(text, 120)}</td>`;
}
