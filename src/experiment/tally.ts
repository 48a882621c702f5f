import { type Accounting, type Outcome, place } from "./outcome.ts";
import { type OrdinalSet, ordinalSet, type Plan } from "./plan.ts";
import { type Ended, emptySummary, type StoreSummary } from "./store-summary.ts";

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
  /** The most expensive attempt so far, as the mean of its task: what the next is expected to cost where it is not given. */
  maxCostPerAttempt: number;
}

/**
 * What the stored rows add up to, kept up to date with every commit: the memory from which services are rebuilt when they restart. It
 * counts nothing that is not stored, so a new process builds the same one from where the store stands.
 */
export interface Tally {
  readonly conditions: ReadonlyMap<string, ConditionTally>;
  readonly finished: OrdinalSet;
  /** Batches that the store was given and has not answered for: their rows may be stored, and are not counted. */
  readonly unanswered: Set<readonly Outcome[]>;
  /** The tasks that were added last, oldest first, at most `recentRows`. */
  recent(): readonly Ended[];
  add(outcome: Outcome): void;
  /** Counts an amount that is in no row: charged after its attempt had ended, or by a task that was begun again; below 0 where it is given back. */
  spend(condition: string, amount: number): void;
  /** All that is in no row, by condition, as the store has it: replaces what `spend` counted. */
  setLost(lost: readonly { readonly condition: string; readonly cost: number }[]): void;
  accounting(): Accounting;
  /** Amount of all ended tasks, and of what is in no row. */
  cost(): number;
  /** The same of one condition. */
  costOf(condition: string): number;
  /** Amount of what is in no row. */
  lostCost(): number;
}

/**
 * The tally of a plan.
 *
 * @param recentRows rows to remember: the breaker's window
 * @param summary where the rows that are stored leave it
 */
export function makeTally(plan: Plan, recentRows: number, summary: StoreSummary = emptySummary): Tally {
  const conditions = new Map<string, ConditionTally>(
    plan.conditions.map((name) => [
      name,
      {
        get planned() {
          return plan.perCondition;
        },
        succeeded: 0,
        failed: 0,
        skipped: 0,
        unscored: 0,
        retries: 0,
        cost: 0,
        maxCostPerAttempt: 0,
      },
    ]),
  );
  let total = 0;
  const lost = new Map<string, number>();
  const pay = (own: ConditionTally, amount: number): void => {
    own.cost += amount;
    total += amount;
  };
  const lose = (condition: string, amount: number): void => {
    const own = conditions.get(condition);
    if (own) pay(own, amount);
    lost.set(condition, (lost.get(condition) ?? 0) + amount);
  };
  for (const { condition, finalStatus, tasks, retries, cost, maxCostPerAttempt } of summary.sums) {
    const own = conditions.get(condition);
    if (!own) continue;
    own[place[finalStatus]] += tasks;
    own.retries += retries;
    pay(own, cost);
    own.maxCostPerAttempt = Math.max(own.maxCostPerAttempt, maxCostPerAttempt);
  }
  const finished = ordinalSet(plan.size);
  for (const { first, last } of summary.finished)
    for (let ordinal = first; ordinal <= last; ordinal++) finished.add(ordinal);
  let late = [...summary.recent];
  return {
    conditions,
    finished,
    unanswered: new Set(),
    recent: () => late.slice(-recentRows),
    add(outcome) {
      const own = conditions.get(outcome.condition);
      if (!own || finished.has(outcome.ordinal)) return;
      finished.add(outcome.ordinal);
      own[place[outcome.finalStatus]] += 1;
      own.retries += outcome.attempts - 1;
      pay(own, outcome.cost ?? 0);
      own.maxCostPerAttempt = Math.max(own.maxCostPerAttempt, (outcome.cost ?? 0) / outcome.attempts);
      late.push({ finalStatus: outcome.finalStatus, ...(outcome.error ? { error: outcome.error } : {}) });
      if (late.length >= 2 * recentRows) late = late.slice(-recentRows);
    },
    spend(condition, amount) {
      lose(condition, amount);
      const own = conditions.get(condition);
      if (own) own.maxCostPerAttempt = Math.max(own.maxCostPerAttempt, amount);
    },
    setLost(all) {
      for (const { condition, cost } of all) lose(condition, cost - (lost.get(condition) ?? 0));
    },
    accounting() {
      const sum = { succeeded: 0, failed: 0, skipped: 0, unscored: 0 };
      for (const own of conditions.values()) {
        for (const word of ["succeeded", "failed", "skipped", "unscored"] as const) sum[word] += own[word];
      }
      const ended = sum.succeeded + sum.failed + sum.skipped + sum.unscored; // tasks of a scoring that have no answer are finished without having ended
      return { planned: plan.size, ...sum, pending: plan.size - ended, ...(plan.isOpen ? { open: true } : {}) };
    },
    lostCost: () => [...lost.values()].reduce((sum, amount) => sum + amount, 0),
    cost: () => total,
    costOf: (condition) => conditions.get(condition)?.cost ?? 0,
  };
}
