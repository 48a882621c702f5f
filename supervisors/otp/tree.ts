import type { AnyActorRef } from "xstate";
import { mustBe } from "./arguments.ts";
import { type ChildCounts, type ChildInfo, countChildren, postOf, whichChildren } from "./call.ts";

/** A supervisor and everything below it, at one moment. */
export interface SupervisionTree {
  readonly id: string;
  readonly counts: ChildCounts;
  /** In start order. */
  readonly children: readonly TreeChild[];
}
export interface TreeChild extends ChildInfo {
  /** Where the child is a live supervisor. */
  readonly supervisor?: SupervisionTree;
}

/** The tree below a supervisor; undefined if it is dead. Supervisors that are busy stopping a child answer when they are done. */
export async function tree(supervisor: AnyActorRef): Promise<SupervisionTree | undefined> {
  const [children, counts] = await Promise.all([whichChildren(supervisor), countChildren(supervisor)]);
  if (!children.ok || !counts.ok) return undefined;
  const below = await Promise.all(
    children.value.map(({ actor }) => (actor && postOf(actor) ? tree(actor) : undefined)),
  );
  const nodes = children.value.map((child, i): TreeChild => ({ ...child, ...(below[i] && { supervisor: below[i] }) }));
  return { id: supervisor.id, counts: counts.value, children: nodes.reverse() };
}

/**
 * A tree as text.
 *
 * @example
 * app
 * |- cache    worker      alive
 * `- servers  supervisor  alive, 2 restarts
 *    `- a     worker      restarting, 1 restart
 */
export function printTree(root: SupervisionTree): string {
  mustBe(Array.isArray(Object(root).children), "what `tree` answered of a live supervisor", root);
  const rows = rowsOf(root, "");
  const width = Math.max(...rows.map(([label]) => label.length));
  return [root.id, ...rows.map(([label, text]) => `${label.padEnd(width)}  ${text}`)].join("\n");
}

function rowsOf({ children }: SupervisionTree, indent: string): [label: string, text: string][] {
  return children.flatMap((child, i) => {
    const isLast = i === children.length - 1;
    const restarts = child.restarts === 0 ? "" : `, ${child.restarts} restart${child.restarts === 1 ? "" : "s"}`;
    const label = `${indent}${isLast ? "`" : "|"}- ${child.id ?? child.actor?.id ?? "?"}`;
    const row: [string, string] = [label, `${child.type.padEnd(10)}  ${child.state}${restarts}`];
    return [row, ...(child.supervisor ? rowsOf(child.supervisor, `${indent}${isLast ? " " : "|"}  `) : [])];
  });
}
