import { lineageIn, toBeShown, toScore } from "#actors/worker-attempt";
import { type Answer, nextAttempt, returnedOutcome } from "#src/experiment/attempts";
import type { Outcome } from "#src/experiment/outcome";
import type { Task } from "#src/experiment/task";
import { intakeFor } from "#src/policy/intake";
import type { RunScope } from "./run-scope.ts";

/**
 * Scores an answer of an earlier run without a worker, where its scorers answer at once: they wait for nothing and cost nothing, so that there is
 * no slot to wait for, no money to promise, and no attempt to be restarted. One that fails is left to a worker.
 *
 * @returns the row; `later` where the event loop must get its turn first; nothing where the task needs a worker
 */
export function scoredAtOnce(scope: RunScope, task: Task, answer: Answer | undefined): Outcome | "later" | undefined {
  const { answers, executor, hooks, intake, limits, money, share } = scope;
  if (!answer || !answers.areRecalled || !executor.atOnce) return undefined;
  const isWatched = hooks.beforeTask ?? hooks.afterTask ?? money.reservationOf ?? limits.rateLimit ?? share;
  if (isWatched !== undefined || intakeFor(intake) !== "open") return undefined;
  const { ordinal } = task;
  const { attempt } = nextAttempt(answer.earlier, answer);
  const late = (amount: number): void => money.chargedLate(task, amount);
  const ended = executor.atOnce({ ...task, answer: toScore(answer) }, attempt, late);
  if (ended === undefined || ended === "later") return ended;
  answers.delete(ordinal); // the run has it: it need not be held until its row is stored
  const lineage = lineageIn(scope, task);
  scope.facts({ type: "task.started", ordinal, attempt, stage: "scoring", ...lineage });
  return returnedOutcome({ task, earlier: answer.earlier, answer, ...lineage }, toBeShown(ended));
}
