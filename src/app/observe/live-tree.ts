import { exitText } from "./exit-text.ts";
import type { TreeNode } from "./tree.ts";
import { isPool, nodeAt, stateCounts, waitingFor } from "./waiting.ts";

/** An actor of a live tree as plain JSON: for other processes. */
export interface LiveNode extends Pick<TreeNode, "id" | "kind" | "state" | "value" | "reason" | "restarts"> {
  /** What it waits for, in words. */
  readonly waitsFor?: string;
  /** Earlier lives, oldest first. */
  readonly history: readonly EarlierLife[];
  /** Of a task pool: how many of its workers are in each state, those left out included. */
  readonly tasks?: Readonly<Record<string, number>>;
  readonly children: readonly LiveNode[];
}

export interface EarlierLife {
  /** When it ended, milliseconds since 1970. */
  readonly at: number;
  readonly afterMs: number;
  readonly reason: string;
}

/** A tree for other processes. @param mostTasks workers of each pool that are listed one by one */
export function liveTree(tree: TreeNode, mostTasks = Number.POSITIVE_INFINITY): LiveNode {
  const limiter = nodeAt(tree, ["services", "limiter"])?.value;
  const live = (node: TreeNode, path: readonly string[]): LiveNode => {
    const { id, kind, state, value, reason, restarts } = node;
    const waitsFor = waitingFor(node, path, limiter);
    return {
      id,
      kind,
      state,
      ...(value === undefined ? {} : { value }),
      ...(reason === undefined ? {} : { reason }),
      restarts,
      ...(waitsFor === undefined ? {} : { waitsFor }),
      history: node.history.map(({ at, afterMs, exit }) => ({ at, afterMs, reason: exitText(exit) })),
      ...(isPool(path) ? { tasks: stateCounts(node.children) } : {}),
      children: (isPool(path) ? node.children.slice(0, mostTasks) : node.children).map((child) =>
        live(child, [...path, child.id]),
      ),
    };
  };
  return live(tree, []);
}
