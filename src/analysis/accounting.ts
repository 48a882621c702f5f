import { type Accounting, account } from "#src/experiment/outcome";
import type { Table } from "./table.ts";

/** How all tasks of a table ended. @param planned tasks; as many as there are rows when absent */
export function accountingOf(table: Table, planned: number | undefined): Accounting {
  const counts = table.conditions.map((_, i) => table.counts(i));
  const sum = (word: "succeeded" | "failed" | "skipped" | "unscored"): number =>
    counts.reduce((total, count) => total + count[word], 0);
  const ended = {
    succeeded: sum("succeeded"),
    failed: sum("failed"),
    skipped: sum("skipped"),
    unscored: sum("unscored"),
  };
  return withPending(ended, planned);
}

/** The same for one of several conditions, each of which has an equal share of the plan. */
export function conditionAccounting(
  table: Table,
  condition: number,
  planned: number | undefined,
  conditions: number,
): Accounting {
  return withPending(table.counts(condition), planned === undefined ? undefined : planned / conditions);
}

function withPending(ended: Omit<Accounting, "planned" | "pending">, planned: number | undefined): Accounting {
  const rows = ended.succeeded + ended.failed + ended.skipped + ended.unscored;
  return { ...account(planned ?? rows, []), ...ended, pending: (planned ?? rows) - rows };
}
