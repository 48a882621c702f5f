import type { MachineKind } from "#src/app/observe/charts";
import type { LiveNode } from "#src/app/observe/live-tree";
import type { RunDigest, SeenActor } from "#src/app/observe/run-digest";
import type { RunView } from "./runs.ts";
import { stateText } from "./words.ts";

/** An actor of a run's tree, live or as it was last seen. */
export interface ViewNode {
  readonly id: string;
  /** Which chart it is in; none for actors without states. */
  readonly kind: MachineKind | undefined;
  readonly state: string;
  readonly restarts: number;
  readonly waitsFor?: string | undefined;
  /** Of the root: why the run stops. */
  readonly reason?: string | undefined;
  /** How earlier lives ended, oldest first. */
  readonly lives: readonly { readonly at: number; readonly reason: string | undefined; readonly afterMs?: number }[];
  /** Of a task pool: its workers by state. */
  readonly tasks?: Readonly<Record<string, number>> | undefined;
  readonly children: readonly ViewNode[];
}

/** Which machine the actor at a place in the tree is. @param path ids from below the root */
export function kindAt(path: readonly string[]): MachineKind | undefined {
  const [branch, name] = path;
  if (path.length === 0) return "run";
  if (path.length === 1) return "supervisor";
  if (branch === "conditions") return (["condition", "pool", "worker"] as const)[path.length - 2];
  return name === "breaker" || name === "limiter" || name === "collector" ? name : undefined;
}

/** The tree of a run: as it answers, else as its recording saw it last; undefined where neither is. */
export function treeView(run: Pick<RunView, "live" | "digest">): ViewNode | undefined {
  return run.live ? run.live.tree && fromLive(run.live.tree, []) : seenTree(run.digest);
}

function fromLive(node: LiveNode, path: readonly string[]): ViewNode {
  return {
    id: node.id,
    kind: kindAt(path),
    state: node.state === "alive" ? stateText(node.value) : node.state,
    restarts: node.restarts,
    waitsFor: node.waitsFor,
    reason: node.reason,
    lives: node.history,
    tasks: node.tasks,
    children: node.children.map((child) => fromLive(child, [...path, child.id])),
  };
}

/** A name may have slashes of its own: what stands below a condition is its pool, and nothing else. */
function pathOf(text: string): readonly string[] {
  const [branch, ...rest] = text.split("/");
  if (rest.length === 0) return [branch!];
  if (branch !== "conditions") return [branch!, rest.join("/")];
  const isPool = rest.length > 1 && rest.at(-1) === "tasks";
  return isPool ? [branch, rest.slice(0, -1).join("/"), "tasks"] : [branch, rest.join("/")];
}

function seenTree({ actors, restarts, workers }: RunDigest): ViewNode | undefined {
  if (actors.size === 0) return undefined;
  const seen = [...actors].map(([text, actor]) => ({ text, actor, path: pathOf(text) }));
  const node = (path: readonly string[], found?: { text: string; actor: SeenActor }): ViewNode => {
    const kind = kindAt(path);
    const below = seen.filter(
      (one) => one.path.length === path.length + 1 && path.every((id, i) => one.path[i] === id),
    );
    return {
      id: path.at(-1) ?? "experiment",
      kind,
      state: found ? (found.actor.gone ? "ended" : stateText(found.actor.value)) : "",
      restarts: found?.actor.restarts ?? 0,
      lives: restarts.filter((one) => one.path === found?.text).map(({ t, reason }) => ({ at: t, reason })),
      tasks: kind === "pool" ? workers[path[1]!] : undefined,
      children: below.map((one) => node(one.path, one)),
    };
  };
  return node([]);
}

/** How many actors of each kind are in each of its states. */
export function stateCounts(tree: ViewNode | undefined): Partial<Record<MachineKind, Record<string, number>>> {
  const counts: Partial<Record<MachineKind, Record<string, number>>> = {};
  const add = (kind: MachineKind, state: string, n: number): void => {
    const own = counts[kind] ?? {};
    counts[kind] = { ...own, [state]: (own[state] ?? 0) + n };
  };
  const visit = (node: ViewNode): void => {
    if (node.kind && node.state !== "") add(node.kind, node.state, 1);
    for (const [state, tasks] of Object.entries(node.tasks ?? {})) add("worker", state, tasks);
    if (node.kind !== "pool") for (const child of node.children) visit(child); // its workers are counted already, all of them
  };
  if (tree) visit(tree);
  return counts;
}
