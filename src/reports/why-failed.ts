import { type FailureGroup, type FailureSummary, failureWords } from "#src/experiment/failure-groups";
import { count, countCell, textCell } from "./cell.ts";
import { cut } from "./cut.ts";
import type { Block, ReportTable } from "./report.ts";

/** Id of the table. */
export const WHY_FAILED = "why-failed";

/** Why tasks failed: the most frequent messages, with how many tasks had them. Nothing where no task failed. */
export function whyFailedBlocks({ groups, others }: FailureSummary): Block[] {
  if (groups.length === 0) return [];
  const table: ReportTable = {
    id: WHY_FAILED,
    caption: "Messages of failed tasks; those that differ in numbers and ids alone are counted under the first of them",
    columns: [
      { id: "message", label: "Kind and message", align: "left" },
      { id: "tasks", label: "Tasks", align: "right" },
      { id: "conditions", label: "Conditions", align: "left" },
    ],
    rows: groups.map((group) => ({
      key: {},
      cells: [textCell(failureWords(group)), countCell(group.times), textCell(whereWords(group))],
    })),
    notes: others > 0 ? [othersWords(others)] : [],
  };
  return [{ kind: "table", table }];
}

/** @example othersWords(1) // => "1 more task failed with another message." */
export const othersWords = (others: number): string =>
  `${count(others)} more ${others === 1 ? "task" : "tasks"} failed with another message.`;

/** Conditions that are named. */
const NAMED = 6;

/** @example whereWords({ kind: "timeout", message: "", times: 3, conditions: { a: 2, b: 1 } }) // => "a: 2; b: 1" */
export function whereWords({ conditions }: FailureGroup): string {
  const all = Object.entries(conditions).sort(([, m], [, n]) => n - m);
  const shown = all.slice(0, NAMED).map(([name, times]) => `${cut(name, 80)}: ${count(times)}`);
  return [...shown, ...(all.length > NAMED ? [`${all.length - NAMED} more`] : [])].join("; ");
}
