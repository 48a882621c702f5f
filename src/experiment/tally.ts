import { type Accounting, type Outcome, place } from "./outcome.ts";
import { type OrdinalSet, ordinalSet, type Plan } from "./plan.ts";

/** How a task ended, without what it returned: all that a tally needs of a row. */
export type Ending = Pick<
  Outcome,
  "ordinal" | "condition" | "finalStatus" | "attempts" | "cost" | "error" | "startedAt" | "elapsedMs"
>;

/** Ended tasks of one condition. */
export interface ConditionTally {
  readonly planned: number;
  succeeded: number;
  failed: number;
  skipped: number;
  unscored: number;
  /** Attempts beyond the first. */
  retries: number;
  /** Amount spent, as far as it is known: on ended tasks, and on attempts whose result was lost. */
  cost: number;
  /** The dearest task so far: what the next is expected to cost where nobody said. */
  dearest: number;
}

/**
 * What the stored rows add up to, kept up to date with every commit: the memory from which services are rebuilt when they restart. It
 * holds nothing that is not stored, so a new process builds the same one by reading the rows.
 */
export interface Tally {
  readonly conditions: ReadonlyMap<string, ConditionTally>;
  readonly finished: OrdinalSet;
  /** The tasks that ended last, oldest first, at most `recentRows`, in whatever order they were added. */
  recent(): readonly Pick<Outcome, "finalStatus" | "error">[];
  add(outcome: Ending): void;
  accounting(): Accounting;
  /** Amount of all ended tasks. */
  cost(): number;
}

/**
 * An empty tally of a plan.
 *
 * @param recentRows rows to remember: the breaker's window
 * @param lost amounts by condition that were spent on attempts whose result was lost
 */
export function emptyTally(
  plan: Plan,
  recentRows: number,
  lost: readonly { condition: string; cost: number }[] = [],
): Tally {
  const conditions = new Map<string, ConditionTally>(
    plan.conditions.map((name) => [
      name,
      { planned: plan.perCondition, succeeded: 0, failed: 0, skipped: 0, unscored: 0, retries: 0, cost: 0, dearest: 0 },
    ]),
  );
  for (const { condition, cost } of lost) {
    const own = conditions.get(condition);
    if (own) own.cost += cost;
  }
  const finished = ordinalSet(plan.size);
  let late: (Pick<Outcome, "finalStatus" | "error"> & { readonly endedAt: number })[] = [];
  const latest = () => late.sort((a, b) => a.endedAt - b.endedAt).slice(-recentRows);
  return {
    conditions,
    finished,
    recent: () => latest().map(({ endedAt: _, ...row }) => row),
    add(outcome) {
      const own = conditions.get(outcome.condition);
      if (!own || finished.has(outcome.ordinal)) return;
      finished.add(outcome.ordinal);
      own[place[outcome.finalStatus]] += 1;
      own.retries += outcome.attempts - 1;
      own.cost += outcome.cost ?? 0;
      own.dearest = Math.max(own.dearest, outcome.cost ?? 0);
      late.push({
        finalStatus: outcome.finalStatus,
        ...(outcome.error ? { error: outcome.error } : {}),
        endedAt: outcome.startedAt + outcome.elapsedMs,
      });
      if (late.length >= 2 * recentRows) late = latest(); // stored rows come by ordinal, not by their end
    },
    accounting() {
      const sum = { succeeded: 0, failed: 0, skipped: 0, unscored: 0 };
      for (const own of conditions.values()) {
        for (const word of ["succeeded", "failed", "skipped", "unscored"] as const) sum[word] += own[word];
      }
      return { planned: plan.size, ...sum, pending: plan.size - finished.count };
    },
    cost: () => [...conditions.values()].reduce((sum, own) => sum + own.cost, 0),
  };
}
