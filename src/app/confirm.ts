import type { SummaryRow } from "#src/experiment/store-summary";
import { ConfigError } from "#src/kernel/errors";
import { count, money } from "#src/reports/cell";
import { type Amount, estimateCosts, tasksOf } from "./estimate/estimate-cost.ts";
import type { Prepared } from "./prepare.ts";
import type { RunOptions } from "./run-options.ts";

/** What a stored run has done that is not done again, and why it has more to do now. */
export interface Done {
  readonly sums: readonly SummaryRow[];
  /** Tasks that failed, and are planned again. */
  readonly failed: number;
  readonly isLarger: boolean;
}

/**
 * Asks before money is spent, when `confirm` is set and what is left to do costs more than nothing, or an unknown amount.
 *
 * @param done of a run that grows, or does failed tasks again: what its tasks have cost says more than an estimate
 * @throws ConfigError when the answer is no, or there is no terminal to ask
 */
export async function confirmSpending(prepared: Prepared, { ask }: RunOptions, done?: Done): Promise<void> {
  if (!prepared.settings.confirm) return;
  const { tasks, cost } = await leftToDo(prepared, done);
  if (cost === 0) return;
  const amount =
    cost === "unknown" ? "an unknown amount" : `about ${money(cost, prepared.experiment.costBudget.currency)}`;
  const what = done ? whatIsLeft(done, tasks) : "the run";
  if (!ask)
    throw new ConfigError(
      "confirm",
      `cannot be asked where there is no terminal; ${what} would cost ${amount}`,
      undefined,
      "Pass --yes to go ahead",
    );
  const question = done ? what : tasksWords(tasks);
  if (!(await ask(`${question} will cost ${amount}. Go ahead?`)))
    throw new ConfigError("", "the run was not confirmed, so nothing was run");
}

const tasksWords = (tasks: Amount): string =>
  tasks === "unknown" ? "a stream of tasks" : `${count(tasks)} ${tasks === 1 ? "task" : "tasks"}`;

function whatIsLeft({ failed, isLarger }: Done, tasks: Amount): string {
  if (isLarger && tasks !== "unknown") return `the ${count(tasks)} tasks that the larger run has left`;
  if (tasks === "unknown") return "what the stream has left";
  const again = failed === 1 ? "the failed task" : `the ${count(failed)} failed tasks`;
  return tasks === failed ? again : `${again} and the ${count(tasks - failed)} still to run`;
}

async function leftToDo(prepared: Prepared, done?: Done): Promise<{ tasks: Amount; cost: Amount }> {
  const { plan } = prepared;
  const { conditionCosts } = await estimateCosts(prepared);
  const planned = tasksOf(prepared);
  let tasks: Amount = 0;
  let cost: Amount = 0;
  for (const name of plan.conditions) {
    const own = done?.sums.filter(({ condition }) => condition === name) ?? [];
    const ended = own.reduce((sum, each) => sum + each.tasks, 0);
    const spent = own.reduce((sum, each) => sum + each.cost, 0);
    const left = planned === "unknown" ? planned : Math.max(0, planned - ended);
    const estimated = conditionCosts[name]!;
    const isFree = spent === 0 && estimated === 0;
    const each =
      spent > 0 ? spent / ended : estimated === "unknown" || planned === "unknown" ? "unknown" : estimated / planned;
    if (left === "unknown") {
      tasks = left;
      if (!isFree) cost = left;
      continue;
    }
    if (tasks !== "unknown") tasks += left;
    if (left > 0) cost = cost === "unknown" || each === "unknown" ? "unknown" : cost + left * each;
  }
  return { tasks, cost };
}
