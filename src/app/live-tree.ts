import type { Exit } from "#src/kernel/exit";
import type { TreeNode } from "./tree.ts";
import { nodeAt, waitingFor } from "./waiting.ts";

/** An actor of a live tree as plain JSON: for other processes. */
export interface LiveNode extends Pick<TreeNode, "id" | "kind" | "state" | "value" | "restarts"> {
  /** What it waits for, in words. */
  readonly waitsFor?: string;
  /** Earlier lives, oldest first. */
  readonly history: readonly EarlierLife[];
  readonly children: readonly LiveNode[];
}

export interface EarlierLife {
  /** When it ended, milliseconds since 1970. */
  readonly at: number;
  readonly afterMs: number;
  readonly reason: string;
}

/** A tree for other processes. */
export function liveTree(tree: TreeNode): LiveNode {
  const limiter = nodeAt(tree, ["services", "limiter"])?.value;
  const live = (node: TreeNode, path: readonly string[]): LiveNode => {
    const { id, kind, state, value, restarts } = node;
    const waitsFor = waitingFor(node, path, limiter);
    return {
      id,
      kind,
      state,
      ...(value === undefined ? {} : { value }),
      restarts,
      ...(waitsFor === undefined ? {} : { waitsFor }),
      history: node.history.map(({ at, afterMs, exit }) => ({ at, afterMs, reason: exitText(exit) })),
      children: node.children.map((child) => live(child, [...path, child.id])),
    };
  };
  return live(tree, []);
}

/** Longest reason that is handed on. */
const REASON_CHARACTERS = 500;

/** How an incarnation ended, in words: `crash: connection reset`. */
export function exitText(exit: Exit): string {
  const about = exit.kind === "crash" ? exit.error : exit.kind === "shutdown" ? exit.reason : undefined;
  const words = about === undefined ? "" : `: ${causeText(about)}`;
  return `${exit.kind}${words}`.slice(0, REASON_CHARACTERS);
}

/** An error by its message, a failed attempt by its failure, anything else as JSON. */
function causeText(cause: unknown): string {
  if (cause instanceof Error) return cause.message;
  if (typeof cause === "string") return cause;
  const { failure } = (cause ?? {}) as { failure?: { kind?: unknown; message?: unknown } };
  if (failure) return `${failure.kind}: ${failure.message}`;
  try {
    return JSON.stringify(cause) ?? String(cause);
  } catch {
    return String(cause);
  }
}
