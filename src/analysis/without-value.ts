import type { Metric } from "#src/experiment/metrics";
import { nearest, show } from "#src/kernel/errors";
import type { Table } from "./table.ts";

/** How the sentences below begin. */
export const WITHOUT_VALUE = "Without a value";

/**
 * Says of each metric how many tasks that returned have no value of it, where these are not just the unscored ones, which are counted as such.
 *
 * @returns `Without a value: "precision" in 60 of 60 tasks that returned.`
 */
export function withoutValue(table: Table, metrics: readonly Metric[]): string[] {
  const all = table.conditions.map((_, condition) => table.counts(condition));
  const unscored = all.reduce((sum, counts) => sum + counts.unscored, 0);
  const returned = all.reduce((sum, counts) => sum + counts.succeeded, unscored);
  return metrics.flatMap(({ name, from }) => {
    const values = table.conditions.reduce((sum, _, condition) => sum + table.column(condition, from).values.length, 0);
    const missing = returned - values;
    if (missing <= 0 || (missing <= unscored && values > 0)) return [];
    const near = values === 0 ? nearest(from, table.fields) : undefined;
    const meant = near === undefined ? "" : ` Did you mean ${show(near)}?`;
    const tasks = returned === 1 ? "task" : "tasks";
    return [`${WITHOUT_VALUE}: ${show(name)} in ${missing} of ${returned} ${tasks} that returned.${meant}`];
  });
}
