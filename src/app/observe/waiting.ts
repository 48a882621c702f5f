import type { TreeNode } from "./tree.ts";

/** What workers wait for, by the state of their machine. */
const workers: Readonly<Record<string, string>> = {
  waiting: "a slot",
  reserving: "money from the budget",
  preparing: "the beforeCondition hook",
  running: "its attempt",
  answering: "its answer",
  keeping: "the commit of its answer",
  scoring: "its scorers",
  deciding: "the onError hook",
  storing: "its commit",
  reporting: "the afterCondition hook",
};

/** What the limiter's state means for those who wait for a slot. */
const intakes: Readonly<Record<string, string>> = {
  throttled: "the rate limit, or a server that says too many requests",
  closed: "the intake: paused, draining, or the circuit is open",
  trial: "the trial task",
};

/** The task pool of a condition. */
export const isPool = (path: readonly string[]): boolean => path.length === 3 && path[0] === "conditions";

/** A worker of a task: what hangs below a pool. */
export const isTask = (path: readonly string[]): boolean => path.length === 4 && path[0] === "conditions";

/**
 * What the actor at a place in the tree waits for, in words; nothing where it does not wait.
 *
 * @param path ids from below the root down to the actor
 */
export function waitingFor(node: TreeNode, path: readonly string[], limiter: unknown): string | undefined {
  if (node.state === "restarting") return isTask(path) ? "its retry" : "its restart";
  if (typeof node.value !== "string") return undefined;
  if (isTask(path)) return (node.value === "waiting" ? intakes[String(limiter)] : undefined) ?? workers[node.value];
  if (node.id === "breaker" && node.value === "open") return "the cool-down";
  if (node.id === "breaker" && node.value === "halfOpen") return "the trial task";
  if (node.id === "collector" && node.value === "refused") return "the end: its store refuses";
  if (node.id === "limiter") return intakes[node.value];
  return undefined;
}

/** The actor at a path below the root. */
export const nodeAt = (tree: TreeNode, path: readonly string[]): TreeNode | undefined =>
  path.reduce<TreeNode | undefined>((node, id) => node?.children.find((child) => child.id === id), tree);

/** Workers of each condition's pool by what they wait for. */
export function countWorkers(tree: TreeNode): Record<string, Record<string, number>> {
  const counts: Record<string, Record<string, number>> = {};
  for (const condition of nodeAt(tree, ["conditions"])?.children ?? []) {
    counts[condition.id] = stateCounts(condition.children.find(({ id }) => id === "tasks")?.children ?? []);
  }
  return counts;
}

/** How many workers are in each state. */
export function stateCounts(workers: readonly Pick<TreeNode, "state" | "value">[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { state, value } of workers) {
    const word = state === "alive" ? String(value) : state;
    counts[word] = (counts[word] ?? 0) + 1;
  }
  return counts;
}
