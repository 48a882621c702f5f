import type { FailureGroup } from "#src/experiment/failure-groups";
import { count } from "./cell.ts";
import { cut } from "./cut.ts";

/** @example othersWords(1) // => "1 more task failed with another message." */
export const othersWords = (others: number): string =>
  `${count(others)} more ${others === 1 ? "task" : "tasks"} failed with another message.`;

/** Conditions that are named. */
const NAMED = 6;

/** @example whereWords({ kind: "timeout", message: "", times: 3, conditions: { a: 2, b: 1 } }) // => "a: 2; b: 1" */
export function whereWords({ conditions }: Pick<FailureGroup, "conditions">): string {
  const all = Object.entries(conditions).sort(([, m], [, n]) => n - m);
  const shown = all.slice(0, NAMED).map(([name, times]) => `${cut(name, 80)}: ${count(times)}`);
  return [...shown, ...(all.length > NAMED ? [`${all.length - NAMED} more`] : [])].join("; ");
}
