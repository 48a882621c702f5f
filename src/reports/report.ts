import type { FailureDigest } from "#src/analysis/failure-digest";
import type { DecidedReading } from "#src/experiment/decided";
import type { Direction } from "#src/experiment/direction";
import { finish, type Steps } from "#src/kernel/steps";
import type { Chart } from "./chart.ts";
import type { VerdictPanel } from "./verdict-panel.ts";

/** What a table holds in one place: the text that every format prints, made once by `cell.ts`, and the number behind it. */
export type Cell =
  | { readonly kind: "text"; readonly text: string; readonly tone?: "up" | "down" | "none" }
  | { readonly kind: "number"; readonly text: string; readonly value: number }
  | {
      readonly kind: "estimate";
      readonly text: string;
      readonly value: number;
      readonly low: number;
      readonly high: number;
      /** A difference: the interval of the pair by itself, where that of its family is another one. CSV and JSON have it; tables do not. */
      readonly alone?: { readonly low: number; readonly high: number; readonly level: number };
    }
  /** There is no number, and why. */
  | { readonly kind: "absent"; readonly text: string; readonly reason: string };

export interface Column {
  readonly id: string;
  readonly label: string;
  readonly align: "left" | "right";
  /** What the column holds, in a sentence. */
  readonly description?: string;
  /** The metric, where each column has its own. */
  readonly metric?: string;
}

/** What a row is about, for those who read it by program. */
export interface RowKey {
  readonly metric?: string;
  /** Field of the results that the metric reads. */
  readonly field?: string;
  readonly condition?: string;
  readonly against?: string;
  /** Test behind the p of the row. */
  readonly test?: string;
}

export interface TableRow {
  readonly key: RowKey;
  readonly cells: readonly Cell[];
  /** Rows of one group stand together under its name. */
  readonly group?: string;
}

export interface ReportTable {
  /** Unique in the report, lower case with hyphens. */
  readonly id: string;
  readonly caption: string;
  readonly columns: readonly Column[];
  readonly rows: readonly TableRow[];
  /** Sentences under the table. */
  readonly notes: readonly string[];
}

export interface Figure {
  readonly id: string;
  readonly title: string;
  /** What a reader who cannot see it should know. */
  readonly description: string;
  readonly chart: Chart;
}

export type Block =
  | { readonly kind: "paragraph"; readonly text: string }
  /** A title stands over the items it sums up. */
  | { readonly kind: "list"; readonly title?: string; readonly items: readonly string[] }
  /** What is folded says at length what stands open beside it: formats that can show it closed do so. */
  | { readonly kind: "table"; readonly table: ReportTable; readonly folded?: boolean }
  | { readonly kind: "figure"; readonly figure: Figure; readonly folded?: boolean }
  | { readonly kind: "code"; readonly text: string; readonly language: string }
  /** Must not be overlooked. */
  | { readonly kind: "warning"; readonly text: string };

export interface Section {
  readonly id: string;
  readonly title: string;
  readonly blocks: readonly Block[];
  /** Whether the short form keeps it. */
  readonly inShort: boolean;
}

/** The value of one condition on one item: numbers by metric, output or error as text. */
export interface ItemEntry {
  readonly condition: string;
  readonly status: string;
  /** Mean over repeats, one per field of `ItemTable.fields`; null where there is none. */
  readonly values: readonly (number | null)[];
  /** What it returned or why it failed, cut at a few hundred characters. */
  readonly text: string;
  readonly repeats: number;
  /** Place of its first task in the plan. */
  readonly ordinal?: number;
}

/** One item: what was asked, and what came of it under each condition. */
export interface ReportItem extends ItemTexts {
  readonly id: string;
  readonly entries: readonly ItemEntry[];
}

/** What an item is, where the store kept it: cut at a few hundred characters. */
export interface ItemTexts {
  readonly input?: string;
  readonly target?: string;
}

/** Item by item, for those who want to look: bounded, with a count of what was left out. */
export interface ItemTable {
  readonly fields: readonly string[];
  /** Which way is better, of each field. */
  readonly directions?: readonly Direction[];
  /** Those on which conditions disagree most first, by the first field. */
  readonly items: readonly ReportItem[];
  readonly omitted: number;
}

/** A report before it has a format: plain JSON. Every renderer prints the same cells. */
export interface Report {
  readonly format: "crucible-report/1";
  readonly title: string;
  readonly experimentId: string;
  /** ISO 8601, UTC. */
  readonly date: string;
  readonly author: string;
  readonly version: string;
  readonly status: string;
  /** Whether tasks are still to run: numbers may change. */
  readonly partial: boolean;
  /** What was decided before the first task, and each option that is another one now. */
  readonly decided: DecidedReading;
  /** The answer in short, decided once: every format prints it first. */
  readonly verdict: VerdictPanel;
  readonly abstract: readonly string[];
  readonly sections: readonly Section[];
  readonly items: ItemTable;
  /** Tasks that are not right, by what is said of them; absent where there is none. */
  readonly digest?: FailureDigest;
}

/** Turns a report into the text of one format. */
export type Renderer = (report: Report) => string;

/** The same in steps, a block at a time, so that a long report holds nothing up. */
export type SteppedRenderer = (report: Report) => Steps<string>;

/** All steps of a renderer at once. */
export const atOnce =
  (stepped: SteppedRenderer): Renderer =>
  (report) =>
    finish(stepped(report));

/** The blocks of each section as texts; those without one are left out. */
export const sectionTexts = function* (
  sections: readonly Section[],
  textOf: (block: Block) => Steps<string>,
): Steps<{ readonly id: string; readonly title: string; readonly blocks: readonly string[] }[]> {
  const texts: { id: string; title: string; blocks: string[] }[] = [];
  for (const { id, title, blocks } of sections) {
    const made: string[] = [];
    for (const block of blocks) {
      yield;
      const text = yield* textOf(block);
      if (text !== "") made.push(text);
    }
    texts.push({ id, title, blocks: made });
  }
  return texts;
};

/** All tables in the order of the report. */
export const tablesOf = (report: Report): ReportTable[] =>
  report.sections.flatMap(({ blocks }) => blocks.flatMap((block) => (block.kind === "table" ? [block.table] : [])));

/** The rows of the table of results as the verdict ranks them, groups together; those without a value last. */
export function ranked(table: ReportTable, { ranks }: VerdictPanel): ReportTable {
  const places = new Map(ranks.map(({ label }, i) => [label, i]));
  const placeOf = ({ key }: TableRow): number => places.get(key.condition ?? "") ?? ranks.length;
  const groups = [...new Set(table.rows.map(({ group }) => group))];
  const rows = groups.flatMap((group) =>
    table.rows.filter((row) => row.group === group).sort((a, b) => placeOf(a) - placeOf(b)),
  );
  return { ...table, rows };
}

/** The sections of the short form. */
export const shortOf = (report: Report): Report => ({
  ...report,
  sections: report.sections.filter(({ inShort }) => inShort),
});
