import Mustache from "mustache";
import { finish, mapInSteps, type Steps } from "#src/kernel/steps";
import { escapeMarkdown, escapeXml } from "./escape.ts";
import {
  atOnce,
  type Block,
  type Cell,
  type Renderer,
  type Report,
  type ReportTable,
  sectionTexts,
  shortOf,
} from "./report.ts";
import type { VerdictPanel } from "./verdict-panel.ts";
import { verdictSentences } from "./verdict-words.ts";

const template = `# {{title}}

{{meta}}

{{#verdict}}
{{{.}}}

{{/verdict}}
{{#abstract}}
{{.}}

{{/abstract}}
{{#sections}}
## {{title}}

{{#blocks}}
{{{.}}}

{{/blocks}}
{{/sections}}
{{#itemsNote}}
{{.}}
{{/itemsNote}}
`;

/** `markdown` in steps. */
export const markdownSteps = function* (report: Report): Steps<string> {
  const { title, experimentId, date, author, version, status, abstract, sections, items, verdict } = report;
  const meta = [
    `Run ${experimentId}`,
    date.slice(0, 10),
    author,
    version && `version ${version}`,
    status.replaceAll("_", " "),
  ];
  const view = {
    title,
    meta: meta.filter(Boolean).join(" · "),
    verdict: verdictMarkdown(verdict),
    abstract,
    sections: yield* sectionTexts(sections, blockText),
    itemsNote:
      items.items.length > 0
        ? [`Item by item: ${items.items.length} items in the HTML, CSV and JSON reports of this run.`]
        : [],
  };
  return `${Mustache.render(template, view, {}, { escape: escapeMarkdown }).trimEnd()}\n`;
};

/** GitHub-flavoured Markdown that renders in a pull request. */
export const markdown: Renderer = atOnce(markdownSteps);

/** The verdict as a short list under what it rests on. */
export function verdictMarkdown(verdict: VerdictPanel): string[] {
  const [head, ...sentences] = verdictSentences(verdict);
  const facts = verdict.facts.map(({ text, warning }) =>
    warning ? `**${escapeMarkdown(text)}**` : escapeMarkdown(text),
  );
  return [
    facts.join(" · "),
    ...(head === undefined
      ? []
      : [[`**${escapeMarkdown(head)}**`, "", ...sentences.map((one) => `- ${escapeMarkdown(one)}`)].join("\n")]),
  ];
}

/** Characters that a comment on a pull request may have; GitHub refuses 65,536. */
const COMMENT = 60_000;

/**
 * The short form for a comment: verdict, ranked results and gates in sight, findings and comparisons folded. Tables lose rows, and say so, where they
 * would not fit.
 */
export const markdownShort: Renderer = (report) => {
  const short = { ...shortOf(report), abstract: [] };
  for (const rows of [Number.POSITIVE_INFINITY, 60, 30, 15, 5]) {
    const text = folded(withRows(short, rows));
    if (text.length <= COMMENT) return text;
  }
  return markdown({ ...short, sections: [] }).slice(0, COMMENT);
};

const inSight: ReadonlySet<string> = new Set(["results", "gates", "faulted"]);

/** Whether a section stays in sight; the others open on a click. Most runs have wrong tasks, and are not read for them; failed ones are seen. */
const isInSight = (id: string, { digest }: Report): boolean =>
  inSight.has(id) || (id === "digest" && digest !== undefined && digest.outcomes.failed > 0);

/** The sections in sight, the ranked results first, then all others folded. */
function folded(report: Report): string {
  const open = report.sections
    .filter(({ id }) => isInSight(id, report))
    .sort((a, b) => Number(b.id === "results") - Number(a.id === "results"));
  const closed = report.sections.filter(({ id }) => !isInSight(id, report));
  const warnings = closed.flatMap(({ blocks }) => blocks.filter(({ kind }) => kind === "warning"));
  const shown = markdown({
    ...report,
    sections: [
      ...(warnings.length > 0 ? [{ id: "notes", title: "To be noted", blocks: warnings, inShort: true }] : []),
      ...open,
    ],
    items: { ...report.items, items: [] },
  });
  const rest = closed.map((section) => {
    const text = section.blocks.map((block) => finish(blockText(block))).filter((one) => one !== "");
    return `<details><summary>${escapeXml(section.title)}</summary>\n\n${text.join("\n\n")}\n\n</details>\n`;
  });
  return [shown, ...rest].join("\n");
}

/** The report with at most the given rows in each table. */
const withRows = (report: Report, most: number): Report => ({
  ...report,
  sections: report.sections.map((section) => ({
    ...section,
    blocks: section.blocks.flatMap((block): Block[] => {
      if (block.kind !== "table") return [block];
      const { rows, notes } = block.table;
      if (rows.length <= most) return [block];
      const more = `${rows.length - most} more rows in the full report.`;
      return [{ ...block, table: { ...block.table, rows: rows.slice(0, most), notes: [more, ...notes] } }];
    }),
  })),
});

/** One block as Markdown, a row of a table a step; a figure is nothing, since its numbers stand in the tables. */
export function* blockText(block: Block): Steps<string> {
  switch (block.kind) {
    case "paragraph":
      return escapeMarkdown(block.text);
    case "warning":
      return `> **Note:** ${escapeMarkdown(block.text)}`;
    case "list":
      return [
        ...(block.title === undefined ? [] : [`**${escapeMarkdown(block.title)}**`, ""]),
        ...block.items.map((item) => `- ${escapeMarkdown(item)}`),
      ].join("\n");
    case "code":
      return `${fence(block.text)}${block.language}\n${block.text}\n${fence(block.text)}`;
    case "table":
      return yield* tableText(block.table);
    case "figure":
      return ""; // pictures are in the HTML report; their numbers stand in the tables
  }
}

/** Backticks enough that the text cannot end the block. */
const fence = (text: string): string =>
  "`".repeat(Math.max(3, ...[...text.matchAll(/`+/g)].map(([run]) => run.length + 1)));

function* tableText({ caption, columns, rows, notes }: ReportTable): Steps<string> {
  const grouped = rows.some(({ group }) => group !== undefined);
  const head = [...(grouped ? ["Within"] : []), ...columns.map(({ label }) => label)].map(escapeMarkdown);
  const rule = [...(grouped ? [":--"] : []), ...columns.map(({ align }) => (align === "right" ? "--:" : ":--"))];
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  const body = yield* mapInSteps(rows, ({ group, cells }) =>
    line([...(grouped ? [escapeMarkdown(group ?? "")] : []), ...cells.map(cellText)]),
  );
  return [
    `**${escapeMarkdown(caption)}**`,
    "",
    line(head),
    line(rule),
    ...body,
    ...(notes.length > 0 ? ["", ...notes.map((note) => `<sub>${escapeMarkdown(note)}</sub>  `)] : []),
  ].join("\n");
}

/** Our own number texts hold no markup but `<`; all else is escaped. */
const cellText = (cell: Cell): string =>
  cell.kind === "number" || cell.kind === "estimate" ? cell.text.replaceAll("<", "\\<") : escapeMarkdown(cell.text);
