import type { AnyActorRef, Snapshot } from "xstate";
import { type RestartEntry, whichChildren } from "#supervisors/otp/index";

/** An actor of a run at one moment, and everything below it. */
export interface TreeNode {
  readonly id: string;
  readonly kind: "supervisor" | "worker";
  /** `alive`, or where its supervisor has it. */
  readonly state: "alive" | "stopped" | "restarting";
  /** The state of its machine: `closed`, `{ running: "feeding" }`; absent for actors without states. */
  readonly value?: unknown;
  /** Of the root: why the run stops, where it does. */
  readonly reason?: string;
  readonly restarts: number;
  /** The last restarts: when, why, and how long the life before had lasted. */
  readonly history: readonly RestartEntry[];
  /** In start order. */
  readonly children: readonly TreeNode[];
}

/**
 * The live tree below a root; undefined when it has ended.
 *
 * @param shutDown whether it may have been shut down: while its supervisor stops its children it answers no question, and it stands here alone
 */
export async function treeOf(root: AnyActorRef, shutDown: boolean): Promise<TreeNode | undefined> {
  const { status, value } = root.getSnapshot() as Snapshot<unknown> & { readonly value?: unknown };
  if (status !== "active") return undefined;
  if (shutDown && value === "stopping") return rootAlone(root.id, "alive");
  return node(root.id, root, { kind: "supervisor", state: "alive", restarts: 0, history: [] });
}

/** A root whose children are not known. */
export const rootAlone = (id: string, state: TreeNode["state"]): TreeNode => ({
  id,
  kind: "supervisor",
  state,
  restarts: 0,
  history: [],
  children: [],
});

type About = Pick<TreeNode, "kind" | "state" | "restarts" | "history">;

async function node(id: string, actor: AnyActorRef | undefined, about: About): Promise<TreeNode> {
  if (!actor) return { id, ...about, children: [] };
  const { value } = actor.getSnapshot() as { value?: unknown };
  return { id, ...about, ...(value === undefined ? {} : { value }), children: await childrenOf(actor) };
}

/** Supervised children, or those that a machine invokes: a condition owns its pool itself. */
async function childrenOf(actor: AnyActorRef): Promise<TreeNode[]> {
  const supervised = await whichChildren(actor);
  if (supervised.ok) {
    const nodes = supervised.value.map((child) =>
      node(child.id ?? child.actor?.id ?? "(restarting)", child.actor, {
        kind: child.type,
        state: child.state,
        restarts: child.restarts,
        history: child.history,
      }),
    );
    return (await Promise.all(nodes)).reverse();
  }
  const { children } = actor.getSnapshot() as { children?: Record<string, AnyActorRef | undefined> };
  const invoked = Object.entries(children ?? {}).flatMap(([id, child]) => (child ? [{ id, child }] : []));
  return Promise.all(
    invoked.map(({ id, child }) => node(id, child, { kind: "supervisor", state: "alive", restarts: 0, history: [] })),
  );
}

/** Children printed before the rest is only counted. */
const PRINTED_CHILDREN = 20;

/**
 * A tree as text:
 *
 *     experiment  running
 *     |- services
 *     |  |- collector  idle
 */
export function printRunTree({ id, value, reason, children }: TreeNode): string {
  const state = `${valueText(value)}${reason === undefined ? "" : `: ${reason}`}`;
  return [`${id}${state && `  ${state}`}`, ...lines(children, "")].join("\n");
}

function lines(nodes: readonly TreeNode[], indent: string): string[] {
  const shown = nodes.slice(0, PRINTED_CHILDREN);
  const omitted = nodes.length - shown.length;
  const printed = shown.flatMap((child, i) => {
    const isLast = i === shown.length - 1 && omitted === 0;
    const restarts = child.restarts > 0 ? `, ${child.restarts} restart${child.restarts === 1 ? "" : "s"}` : "";
    const state = child.state === "alive" ? valueText(child.value) : child.state;
    return [
      `${indent}${isLast ? "`" : "|"}- ${child.id}${state || restarts ? `  ${state}${restarts}` : ""}`,
      ...lines(child.children, `${indent}${isLast ? " " : "|"}  `),
    ];
  });
  return omitted > 0 ? [...printed, `${indent}\`- (${omitted} more)`] : printed;
}

const valueText = (value: unknown): string =>
  value === undefined ? "" : typeof value === "string" ? value : JSON.stringify(value);
