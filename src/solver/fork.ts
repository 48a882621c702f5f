import { addUsage, type Usage } from "#src/backends/backend";
import { chain, type Steps } from "./chain.ts";
import type { Generate } from "./solver.ts";
import type { TaskState } from "./state.ts";

/**
 * Sends copies of a state down several ways at once. Each copy knows its branch, so caches and cassettes tell their equal requests apart.
 * Token and cost limits hold for all copies together, also in forks of forks: they end at the same call as if they came one after the other.
 * When a branch fails, the others are waited for, and the first failure is thrown: nothing runs on behind the caller's back.
 *
 * @param ways solvers, or lists of solvers that make a chain
 * @returns the states in the order of the ways
 * @example const [plain, reasoned] = await fork(state, [generate(), [chainOfThought(), generate()]], callModel);
 */
export async function fork(state: TaskState, ways: readonly Steps[], callModel: Generate): Promise<TaskState[]> {
  const trunk = state.sharingLimits();
  const branches = await Promise.allSettled(
    ways.map((way, i) =>
      chain(way)(trunk.with({ branch: trunk.branch === "" ? `${i}` : `${trunk.branch}.${i}` }), callModel),
    ),
  );
  return branches.map((branch) => {
    if (branch.status === "rejected") throw branch.reason;
    return branch.value;
  });
}

/**
 * Continues with one branch of a fork, back on the trunk, and accounts for what all branches spent. A message, token or cost limit that any
 * branch reached completes the state; `maxTurns` only in the branch that continues.
 *
 * @param trunk the state that was forked
 * @param chosen the branch to continue with
 */
export function join(trunk: TaskState, chosen: TaskState, branches: readonly TaskState[]): TaskState {
  const usage = branches.map((branch) => without(branch.usage, trunk.usage)).reduce(addUsage, undefined);
  const costs = branches.flatMap(({ cost }) => (cost === undefined ? [] : [cost - (trunk.cost ?? 0)]));
  const cost = costs.length === 0 ? undefined : costs.reduce((sum, each) => sum + each, 0);
  const joined = chosen
    .with({ branch: trunk.branch, usage: trunk.usage, cost: trunk.cost })
    .account({ usage, cost })
    .keepLimits();
  const limit = joined.limit ?? branches.find((branch) => branch.limit && branch.limit.type !== "turn")?.limit;
  return limit ? joined.reachLimit(limit) : joined;
}

function without(usage: Usage | undefined, spentBefore: Usage | undefined): Usage | undefined {
  if (!usage || !spentBefore) return usage;
  const negative = Object.fromEntries(Object.entries(spentBefore).map(([key, tokens]) => [key, -Number(tokens ?? 0)]));
  return addUsage(usage, negative as unknown as Usage);
}
