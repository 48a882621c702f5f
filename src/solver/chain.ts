import { described } from "./describe.ts";
import type { Generate, Solver } from "./solver.ts";
import type { TaskState } from "./state.ts";

/** Solvers, and lists of them as deep as you like. */
export type Steps = Solver | readonly Steps[];

/**
 * Runs solvers one after the other. Stops at the first that rejects, and after the first that leaves the state completed.
 * A chain is a solver, so chains nest.
 *
 * @example
 * const solve = chain([systemMessage("Be brief."), generate({ temperature: 0.7 })]);
 * const { output } = await solve(TaskState.from({ input: "What is 2 + 2?" }), generateWith(backend));
 */
export function chain(...steps: readonly Steps[]): (state: TaskState, generate: Generate) => Promise<TaskState> {
  const solvers = flatten(steps);
  const run = async (state: TaskState, generate: Generate): Promise<TaskState> => {
    let at = state;
    for (const solver of solvers) {
      if (at.completed) return at;
      generate.context?.signal?.throwIfAborted();
      at = await solver(at, generate);
    }
    return at;
  };
  return described(run, "chain", solvers);
}

const flatten = (steps: Steps): Solver[] => (typeof steps === "function" ? [steps] : steps.flatMap(flatten));
