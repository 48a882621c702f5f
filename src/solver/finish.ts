import { chain, type Steps } from "./chain.ts";
import { described } from "./describe.ts";
import type { Solver } from "./solver.ts";
import type { TaskState } from "./state.ts";

export interface FinishOptions {
  /** Runs after the steps, also after those that completed the state early; not after a failure. */
  readonly finish?: Solver | undefined;
  /** Runs last in any case, with the last state; what it throws is logged with `console.warn` and changes nothing. */
  readonly cleanup?: ((state: TaskState) => void | Promise<void>) | undefined;
}

/**
 * Steps with an end that is never left out, as `finish` and `cleanup` of a plan in inspect_ai. A state that was completed, by a step or by a
 * limit, is still completed after `finish`.
 *
 * @example withFinish([useTools([shell]), generate()], { finish: userMessage("Done."), cleanup: () => sandbox.close() })
 */
export function withFinish(steps: Steps, { finish, cleanup }: FinishOptions): Solver {
  const work = chain(steps);
  const solve: Solver = async (state, callModel) => {
    let at = state;
    try {
      at = await work(at, callModel);
      if (finish) at = again(at, await finish(at.with({ completed: false }), callModel));
      return at;
    } finally {
      try {
        await cleanup?.(at);
      } catch (thrown) {
        console.warn(`cleanup failed: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
      }
    }
  };
  return described(solve, "withFinish", { steps: work, finish, cleanup });
}

/** What was completed stays so, and keeps the limit that was reached first. */
const again = (before: TaskState, after: TaskState): TaskState =>
  before.completed ? after.with({ completed: true, limit: before.limit ?? after.limit }) : after;
