import { exitText } from "./exit-text.ts";
import type { TreeNode } from "./tree.ts";
import { isTask } from "./waiting.ts";

/** An actor of the tree that is there, has another state, or is gone, since the look before. */
export type TreeChange =
  | {
      readonly type: "actor.changed";
      readonly path: string;
      readonly value: unknown;
      readonly restarts: number;
      /** Why it was restarted last, where that is news. */
      readonly reason?: string;
    }
  | { readonly type: "actor.gone"; readonly path: string };

/** What changed between two looks at a tree. Tasks are left out: they have facts of their own. */
export function changesBetween(before: TreeNode | undefined, after: TreeNode): TreeChange[] {
  const old = before ? actors(before) : new Map<string, TreeNode>();
  const now = actors(after);
  const gone = [...old.keys()].filter((path) => !now.has(path));
  return [
    ...[...now].flatMap(([path, node]): TreeChange[] =>
      signature(node) === signature(old.get(path))
        ? []
        : [
            {
              type: "actor.changed",
              path,
              value: stateOf(node),
              restarts: node.restarts,
              ...newsOf(node, old.get(path)),
            },
          ],
    ),
    ...gone.map((path): TreeChange => ({ type: "actor.gone", path })),
  ];
}

/** The state of its machine, or where its supervisor has it. */
const stateOf = ({ state, value }: TreeNode): unknown => (state === "alive" ? (value ?? state) : state);

/** How its last life ended, where that was since the look before. */
function newsOf({ restarts, history }: TreeNode, before: TreeNode | undefined): { reason?: string } {
  const last = history.at(-1);
  return last && restarts > (before?.restarts ?? 0) ? { reason: exitText(last.exit) } : {};
}

const signature = (node: TreeNode | undefined): string | undefined =>
  node && JSON.stringify([stateOf(node), node.restarts]);

function actors(tree: TreeNode): Map<string, TreeNode> {
  const found = new Map<string, TreeNode>();
  const visit = (node: TreeNode, path: readonly string[]): void => {
    if (isTask(path)) return;
    if (path.length > 0) found.set(path.join("/"), node);
    for (const child of node.children) visit(child, [...path, child.id]);
  };
  visit(tree, []);
  return found;
}
