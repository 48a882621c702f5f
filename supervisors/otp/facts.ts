import type { ActorScope, AnyActorRef } from "xstate";
import { ConfigError, show } from "#src/kernel/errors";
import { type Exit, isNormal } from "#src/kernel/exit";
import { memo } from "#src/kernel/memo";
import { parentOf } from "#src/xstate-internals";
import { actorGiven, mustBeFunction } from "./arguments.ts";
import { isExit } from "./exit.ts";

/** What a supervisor reports about its children, to `onFact`. Called at once, on the supervisor's stack. */
export type SupervisionFact =
  | { readonly type: "child.started"; readonly id: string; readonly actor: AnyActorRef; readonly restarts: number }
  | { readonly type: "child.ignored"; readonly id: string }
  | { readonly type: "child.failed"; readonly id: string; readonly reason: unknown }
  | ChildExited
  /** Its starts failed until its own restart budget was spent: it stays down. */
  | { readonly type: "child.abandoned"; readonly id: string }
  /** Too many restarts: it stops its children and exits with `shutdown`. `id` is the supervisor's own. */
  | { readonly type: "supervisor.exhausted"; readonly id: string }
  /** It did not boot, and ends with `exit`. `id` is the supervisor's own. */
  | { readonly type: "supervisor.failed"; readonly id: string; readonly exit: Exit };

/** A child ended by itself, and what its supervisor decided. */
export interface ChildExited {
  readonly type: "child.exited";
  readonly id: string;
  readonly actor: AnyActorRef;
  readonly exit: Exit;
  readonly willRestart: boolean;
  /** Milliseconds until the restart; 0 is at once. */
  readonly delayMs: number;
}

/** A fact about a child of a dynamic supervisor, with the arguments it was started with. */
export type PoolFact<A> =
  | (Exclude<SupervisionFact, { type: `supervisor.${string}` }> & { readonly args: A })
  | Extract<SupervisionFact, { type: `supervisor.${string}` }>;

export type FactListener = (fact: SupervisionFact) => void;

/** A fact of any supervisor of a tree, with the supervisor that reports it. */
export type TreeFact = SupervisionFact & { readonly supervisor: AnyActorRef };

interface Listening {
  readonly root: AnyActorRef;
  readonly listener: (fact: TreeFact) => void;
}

const listening = new WeakMap<object, Set<Listening>>();
const listenersIn = (system: object): Set<Listening> => memo(listening, system, () => new Set());

/**
 * Calls `listener` with every fact of `root` and of every supervisor below it, also of those that start later.
 *
 * @returns as XState's `subscribe`: `unsubscribe()` ends it
 * @example observe(app, ({ supervisor, type, id }) => console.log(supervisor.id, type, id));
 */
export function observe(root: AnyActorRef, listener: (fact: TreeFact) => void): { unsubscribe: () => void } {
  mustBeFunction(listener);
  const all = listenersIn(actorGiven(root).system);
  const entry: Listening = { root, listener };
  all.add(entry);
  return { unsubscribe: () => void all.delete(entry) };
}

type Scope = Pick<ActorScope<never, never>, "system" | "logger">;

/**
 * Where the facts of one supervisor go: to its own listener and to those that observe the tree. Without a listener of its own, a crash, a
 * start that failed, an exhausted supervisor and a failed boot are one line each in the actor system's logger; `null` is silence.
 */
export function reporter<F extends SupervisionFact>(
  { system, logger }: Scope,
  supervisor: AnyActorRef,
  onFact: ((fact: F) => void) | null | undefined,
): (fact: F, isLogged?: boolean) => void {
  const listeners = listenersIn(system);
  return (fact, isLogged = true) => {
    if (onFact) guarded(logger, () => onFact(fact));
    else if (onFact === undefined && isLogged) logLine(logger, supervisor, fact);
    for (const { root, listener } of listeners)
      if (isBelow(supervisor, root)) guarded(logger, () => listener({ ...fact, supervisor }));
  };
}

function isBelow(actor: AnyActorRef, root: AnyActorRef): boolean {
  for (let at: AnyActorRef | undefined = actor; at; at = parentOf(at)) if (at === root) return true;
  return false;
}

function logLine(logger: (...args: unknown[]) => void, { id: own }: AnyActorRef, fact: SupervisionFact): void {
  const line = lineOf(fact);
  if (line) logger(`supervisor ${own}: ${line}`);
}

function lineOf(fact: SupervisionFact): string | undefined {
  switch (fact.type) {
    case "child.exited": {
      if (isNormal(fact.exit)) return undefined;
      const after = fact.delayMs > 0 ? ` in ${fact.delayMs} ms` : "";
      return `child ${fact.id} ${reasonText(fact.exit)}, ${fact.willRestart ? `restarts${after}` : "stays down"}`;
    }
    case "child.failed":
      return `child ${fact.id} did not start: ${reasonText(fact.reason)}`;
    case "child.abandoned":
      return `child ${fact.id} stays down: its restart budget is spent`;
    case "supervisor.exhausted":
      return "more restarts than its intensity allows; it stops its children and exits";
    case "supervisor.failed":
      return `did not boot: ${reasonText(fact.exit)}`;
    case "child.started":
    case "child.ignored":
      return undefined;
  }
}

/** Why something ended or did not start, in one line: the innermost cause last. */
export function reasonText(reason: unknown): string {
  if (isExit(reason)) {
    if (reason.kind === "crash")
      return `${reason.error instanceof ConfigError ? "" : "crashed: "}${reasonText(reason.error)}`;
    return reason.kind === "shutdown" && reason.reason !== undefined ? reasonText(reason.reason) : reason.kind;
  }
  if (reason instanceof ConfigError) return reason.message;
  if (reason instanceof Error) return String(reason).split("\n", 1)[0]!;
  const { failed_to_start_child: id, reason: inner, EXIT: thrown } = Object(reason) as Record<string, unknown>;
  if (id !== undefined) return `child ${id} did not start: ${reasonText(inner)}`;
  if (thrown !== undefined) return reasonText(thrown);
  return typeof reason === "string" ? reason : show(reason);
}

/** Runs a stranger's callback on our stack. What it throws is logged and changes nothing. */
export function guarded(logger: (error: unknown) => void, callback: () => void): void {
  try {
    callback();
  } catch (error) {
    logger(error);
  }
}
