import type { BudgetInput, Reservation } from "#actors/budget";
import type { Task } from "#src/experiment/task";
import { forget, settle, spend } from "#src/policy/book";
import type { RunScope } from "./run-scope.ts";

/** What the budget begins with: the book outlives it, and what it promises and settles is in the store before the work continues. */
export const budgetInput = (scope: RunScope): BudgetInput => ({
  options: scope.limits,
  book: scope.book,
  share: scope.share,
  commit: (promise) => written(scope, () => scope.store.reserve(promise)),
  commitCost: (spent) => written(scope, () => scope.store.settle(spent)),
});

/** Replaces what was promised to an attempt by its cost, whether or not the budget is up; nothing where it was settled already. */
export function settleAtOnce(scope: RunScope, spent: Reservation): void {
  const promised = settle(scope.book, spent, spent.amount);
  if (promised === undefined) return;
  try {
    if (promised > 0 || spent.amount > 0) written(scope, () => scope.store.settle(spent));
  } catch {
    return; // the run has been told
  }
  scope.service("budget")?.send({ type: "budget.review" });
  scope.share?.changed();
}

/** Counts what an attempt charged after its end, beyond what was counted for it; below 0 where it is given back. After the run nothing is counted. */
export function chargeLate(scope: RunScope, { ordinal, condition }: Task, amount: number): void {
  if (scope.book.closed) return;
  scope.tally.spend(condition, amount);
  try {
    written(scope, () => scope.store.lose({ ordinal, condition, amount }));
  } catch {
    return; // the run has been told; who charges late is a condition, or no one that could wait for an answer
  }
  scope.service("budget")?.send({ type: "budget.review" });
  scope.share?.changed();
}

/**
 * Writes off the cost of the earlier attempts at a task, before it begins again after its pool broke: its row will not include it. Where the book and
 * the store differ, the larger amount is spent: one may have missed what the other did.
 */
export function writeOff({ book, tally, store, run, answers }: RunScope, { ordinal, condition }: Task): void {
  const answer = answers.get(ordinal);
  const kept = answers.paidFor(ordinal); // its answer accounts for it
  const known = Math.max(0, forget(book, ordinal) - kept);
  if (answer && kept > 0) spend(book, { ordinal, attempt: answer.attempts, condition, amount: kept });
  if (known > 0) tally.spend(condition, known);
  written({ run }, () => {
    const count = (amount: number): void => tally.spend(condition, Math.max(0, amount - known));
    const amount = store.abandon(ordinal);
    if (amount instanceof Promise) return amount.then(count);
    count(amount);
  });
}

/** A store that refuses a promise of money ends the run, as one that refuses results does: else it would be spent and forgotten. */
function written({ run }: Pick<RunScope, "run">, write: () => void | Promise<void>): void {
  const refuse = (error: unknown): void => {
    const reason = `${error instanceof Error ? error.message : error}; what was stored before is safe`;
    run.send({ type: "run.stop", request: { status: "aborted", reason, cause: "store" } });
  };
  try {
    const writing = write();
    if (writing instanceof Promise) writing.catch(refuse);
  } catch (error) {
    refuse(error);
    throw error;
  }
}
