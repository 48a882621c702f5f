import type { FinalStatus, Outcome } from "./outcome.ts";

/** A task that ended, as the breaker remembers it. */
export type Ended = Pick<Outcome, "finalStatus" | "error">;

/** Sums over the rows of a store: all that a resumed run needs to know of them, in memory that does not grow with their number. */
export interface StoreSummary {
  /** Ordinals that have a row: ranges in ascending order, both ends included. */
  readonly finished: readonly { readonly first: number; readonly last: number }[];
  readonly sums: readonly SummaryRow[];
  /** The tasks that ended last, oldest first. */
  readonly recent: readonly Ended[];
}

/** Tasks of one condition that ended in one way. */
export interface SummaryRow {
  readonly condition: string;
  readonly finalStatus: FinalStatus;
  readonly tasks: number;
  /** Attempts beyond the first. */
  readonly retries: number;
  /** Of all of them, as far as it is known. */
  readonly cost: number;
  /** The most that one of them cost, by attempt. */
  readonly maxCostPerAttempt: number;
}

export const emptySummary: StoreSummary = { finished: [], sums: [], recent: [] };

/**
 * Where the rows leave a run, for stores that have no faster way to find out than to read them.
 *
 * @param outcomes in ascending order of their ordinals, each once
 * @param recentRows how many of those that ended last to give
 * @example summarizeOutcomes([], 100) // => { finished: [], sums: [], recent: [] }
 */
export function summarizeOutcomes(outcomes: Iterable<Outcome>, recentRows: number): StoreSummary {
  const finished: { first: number; last: number }[] = [];
  const sums = new Map<string, { -readonly [K in keyof SummaryRow]: SummaryRow[K] }>();
  const ends: { endedAt: number; task: Ended }[] = [];
  for (const { ordinal, condition, finalStatus, attempts, cost = 0, error, startedAt, elapsedMs } of outcomes) {
    const range = finished.at(-1);
    if (range && range.last + 1 === ordinal) range.last = ordinal;
    else finished.push({ first: ordinal, last: ordinal });
    const key = JSON.stringify([condition, finalStatus]);
    const sum = sums.get(key) ?? { condition, finalStatus, tasks: 0, retries: 0, cost: 0, maxCostPerAttempt: 0 };
    sum.tasks += 1;
    sum.retries += attempts - 1;
    sum.cost += cost;
    sum.maxCostPerAttempt = Math.max(sum.maxCostPerAttempt, cost / attempts);
    sums.set(key, sum);
    ends.push({ endedAt: startedAt + elapsedMs, task: { finalStatus, ...(error ? { error } : {}) } });
  }
  ends.sort((a, b) => a.endedAt - b.endedAt);
  const recent = ends.slice(Math.max(0, ends.length - recentRows)).map(({ task }) => task);
  return { finished, sums: [...sums.values()], recent };
}
