import Mustache from "mustache";
import { mapInSteps, type Steps } from "#src/kernel/steps";
import { count, minus } from "./cell.ts";
import { escapeXml, jsonForHtml } from "./escape.ts";
import { script } from "./html-script.ts";
import { style } from "./html-style.ts";
import {
  atOnce,
  type Block,
  type Cell,
  type Column,
  type Figure,
  type Renderer,
  type Report,
  type ReportTable,
  sectionTexts,
  type TableRow,
} from "./report.ts";
import { sha256Base64 } from "./sha256.ts";
import { drawSvgInSteps } from "./svg.ts";
import { verdictHtml } from "./verdict-html.ts";

const template = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{{policy}}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="crucible-harness">
<title>{{title}}: report</title>
<style>{{{style}}}</style>
</head>
<body>
<a class="skip" href="#main">Skip to content</a>
<div class="page">
<nav aria-label="Sections"><ul>
<li><a href="#verdict">Verdict</a></li>
{{#sections}}
<li><a href="#{{id}}">{{title}}</a></li>
{{/sections}}
{{#hasItems}}
<li><a href="#items">Item by item</a></li>
{{/hasItems}}
</ul></nav>
<main id="main" tabindex="-1">
<header>
<div class="top"><span class="kicker">Experiment report</span><button type="button" id="theme" hidden>Theme: auto</button></div>
<h1 dir="auto">{{title}}</h1>
<p class="meta">{{meta}}</p>
</header>
{{{verdict}}}
<div class="abstract">
{{#abstract}}
<p dir="auto">{{.}}</p>
{{/abstract}}
</div>
{{#sections}}
<section id="{{id}}">
<h2>{{title}}</h2>
{{#blocks}}
{{{.}}}
{{/blocks}}
</section>
{{/sections}}
{{#hasItems}}
<section id="items">
<h2>Item by item</h2>
<p>{{itemsNote}}</p>
<button type="button" id="items-open">Show items</button>
</section>
{{/hasItems}}
<footer>Made by crucible-harness from run {{experimentId}}. One file, no network.</footer>
</main>
</div>
{{#hasItems}}
<script type="application/json" id="items-data">{{{items}}}</script>
{{/hasItems}}
<script>{{{script}}}</script>
</body>
</html>
`;

let madePolicy: string | undefined;

/** The policy allows this one script and this one style by their hashes, and nothing from anywhere else. */
export function policy(): string {
  madePolicy ??= [
    "default-src 'none'",
    `script-src 'sha256-${sha256Base64(script)}'`,
    `style-src 'sha256-${sha256Base64(style)}'`,
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  return madePolicy;
}

/** `html` in steps. */
export const htmlSteps = function* (report: Report): Steps<string> {
  const { title, experimentId, abstract, sections, items, verdict } = report;
  const view = {
    policy: policy(),
    style,
    script,
    title,
    experimentId,
    abstract,
    verdict: yield* verdictHtml(verdict),
    meta: metaOf(report),
    sections: yield* sectionTexts(sections, blockHtml),
    hasItems: items.items.length > 0,
    itemsNote: `${items.items.length} items${items.omitted > 0 ? `; ${items.omitted} more are not in this file` : ""}. Those on which conditions disagree most come first; open one to see all answers side by side.`,
    items: yield* itemsJson(items),
  };
  yield;
  return Mustache.render(template, view, {}, { escape: escapeXml });
};

/** One HTML file that needs no network: sortable and filtered tables, charts, items on demand, light, dark and paper. */
export const html: Renderer = atOnce(htmlSteps);

/** The items as JSON that a page can hold, in pieces of some items. */
function* itemsJson({ items, ...rest }: Report["items"]): Steps<string> {
  const pieces: string[] = [];
  for (let from = 0; from < items.length; from += AT_ONCE) {
    yield;
    pieces.push(jsonForHtml(items.slice(from, from + AT_ONCE)).slice(1, -1));
  }
  return `${jsonForHtml(rest).slice(0, -1)},"items":[${pieces.join(",")}]}`;
}

const AT_ONCE = 20;

const metaOf = ({ experimentId, date, author, version, status }: Report): string =>
  [date.slice(0, 10), author, version && `version ${version}`, status.replaceAll("_", " "), experimentId]
    .filter(Boolean)
    .join(" · ");

/** One block of a report as HTML, a row of a table a step. */
export function* blockHtml(block: Block): Steps<string> {
  switch (block.kind) {
    case "paragraph":
      return `<p dir="auto">${escapeXml(block.text)}</p>`;
    case "warning":
      return `<p class="warning" role="note">${escapeXml(block.text)}</p>`;
    case "list":
      return `${block.title === undefined ? "" : `<h3 dir="auto">${escapeXml(block.title)}</h3>\n`}<ul class="list">${block.items.map((item) => `<li dir="auto">${minus(escapeXml(item))}</li>`).join("\n")}</ul>`;
    case "code":
      return `<pre tabindex="0"><code>${escapeXml(block.text)}</code></pre>`;
    case "table":
      return block.folded
        ? foldedHtml(block.table.caption, yield* tableHtml(block.table))
        : yield* tableHtml(block.table);
    case "figure":
      return block.folded
        ? foldedHtml(block.figure.title, yield* figureHtml(block.figure))
        : yield* figureHtml(block.figure);
  }
}

function* figureHtml(figure: Figure): Steps<string> {
  const { id, title, description, chart } = figure;
  return `<figure id="${id}" class="${chart.type}"><figcaption><h3>${escapeXml(title)}</h3></figcaption>\n<div class="scroll" tabindex="0" role="region" aria-label="${escapeXml(title)}">${yield* drawSvgInSteps(figure)}</div>\n<p class="notes">${escapeXml(description)}</p></figure>`;
}

const foldedHtml = (title: string, body: string): string =>
  `<details><summary>${escapeXml(title)}</summary>\n${body}\n</details>`;

/** Rows beyond which a table is cut to the first: a page with all pairs of fifty conditions takes seconds to open. */
const MOST_ROWS = 400;
const FIRST_ROWS = 50;

function* tableHtml({ id, caption, columns, rows: all, notes: own }: ReportTable): Steps<string> {
  const rows = all.length > MOST_ROWS ? all.slice(0, FIRST_ROWS) : all;
  const notes =
    rows.length < all.length
      ? [`The first ${rows.length} of ${count(all.length)} rows; all are in the CSV and JSON reports.`, ...own]
      : own;
  const bodies: string[] = [];
  for (const { group, members } of grouped(rows)) {
    const heading =
      group === undefined
        ? ""
        : `<tr class="group"><th colspan="${columns.length}" scope="rowgroup">${escapeXml(group)}</th></tr>\n`;
    const lines = yield* mapInSteps(members, (row) => rowHtml(row, columns));
    bodies.push(`<tbody>\n${heading}${lines.join("\n")}\n</tbody>`);
  }
  const head = columns.map(
    ({ label, align, description }) =>
      `<th scope="col"${align === "right" ? ' class="right"' : ""}${description ? ` title="${escapeXml(description)}"` : ""}>${escapeXml(label)}</th>`,
  );
  return [
    `<figure class="table" id="table-${id}"><figcaption><h3>${escapeXml(caption)}</h3></figcaption>`,
    `<div class="scroll" tabindex="0" role="region" aria-label="${escapeXml(caption)}"><table class="data" aria-label="${escapeXml(caption)}">`,
    `<thead><tr>${head.join("")}</tr></thead>`,
    ...bodies,
    "</table></div>",
    ...notes.map((note) => `<p class="notes">${minus(escapeXml(note))}</p>`),
    "</figure>",
  ].join("\n");
}

function grouped(rows: readonly TableRow[]): { group: string | undefined; members: TableRow[] }[] {
  const groups: { group: string | undefined; members: TableRow[] }[] = [];
  for (const row of rows) {
    const last = groups.at(-1);
    if (last && last.group === row.group) last.members.push(row);
    else groups.push({ group: row.group, members: [row] });
  }
  return groups.length > 0 ? groups : [{ group: undefined, members: [] }];
}

const rowHtml = ({ cells }: TableRow, columns: readonly Column[]): string =>
  `<tr>${cells.map((cell, i) => cellHtml(cell, columns[i]!.align, i === 0)).join("")}</tr>`;

/** Characters up to which a text stays on one line. */
const SHORT = 24;

function cellHtml(cell: Cell, align: Column["align"], first: boolean): string {
  const tone = cell.kind === "text" && cell.tone ? cell.tone : "";
  const short = cell.kind === "text" && cell.text.length <= SHORT;
  const classes = [align === "right" ? "right" : "", cell.kind === "absent" ? "absent" : "", tone, short ? "short" : ""]
    .filter(Boolean)
    .join(" ");
  const value = "value" in cell ? ` data-v="${cell.value}"` : "";
  const name = first ? 'th scope="row"' : "td";
  return `<${name}${classes ? ` class="${classes}"` : ""}${value}${cell.kind === "text" ? ' dir="auto"' : ""}>${cellText(cell)}</${first ? "th" : "td"}>`;
}

function cellText(cell: Cell): string {
  if (cell.kind === "text" || cell.kind === "absent") return escapeXml(cell.text);
  const [value, interval] =
    cell.kind === "estimate"
      ? [cell.text.slice(0, cell.text.indexOf(" [")), cell.text.slice(cell.text.indexOf(" [") + 1)]
      : [cell.text, ""];
  return interval
    ? `${minus(escapeXml(value))} <span class="ci">${minus(escapeXml(interval))}</span>`
    : minus(escapeXml(value));
}
