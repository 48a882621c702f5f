import type { ActorLogic, AnyActorRef, EventObject } from "xstate";
import { err } from "#src/kernel/result";
import type { AutoShutdown } from "#src/policy/strategy";
import type { Started, StartsChildren } from "./call.ts";
import {
  checkFlags,
  checkSpec,
  DYNAMIC_KEYS,
  isLogic,
  isOptions,
  SUPERVISOR_KEYS,
  startSpec,
  supervisorData,
} from "./check-spec.ts";
import type { ChildSpec, Incarnation, RestartBackoff, RestartDelay, StartResult } from "./child-spec.ts";
import type { PoolFact } from "./facts.ts";
import type { Kind, Mail, SupervisorSnapshot, Template } from "./kind.ts";
import { noOptions, SpecError } from "./spec-error.ts";
import { checkAll, FOREVER, type Rule, whole, words } from "./spec-rules.ts";
import { coreOf, supervisorLogic } from "./supervisor-logic.ts";
import type { CheckedResult, LogicFor } from "./typed.ts";
import type { Given } from "./warnings.ts";

export type { PoolFact } from "./facts.ts";
export type { PoolView } from "./kind.ts";

/** What all children of a dynamic supervisor have in common. */
export interface ChildTemplate<A> extends Omit<ChildSpec, "id" | "start" | "run" | "input" | "name"> {
  /** Actor logic whose input is the arguments, or a function of them that is asked at every start. */
  readonly start: LogicFor<A> | ((args: A, incarnation: Incarnation) => StartResult);
  /** What to call a child in facts and inspectors; a running number by default. */
  readonly id?: ((args: A) => string) | string;
  /** Another name of `restartDelay`, which is taken where both are given. */
  readonly restartDelayMs?: RestartBackoff | RestartDelay;
}

/** A dynamic supervisor: OTP's simple_one_for_one. */
export interface DynamicSupervisorOptions<A> extends ChildTemplate<A> {
  /** 1 by default. `Infinity` where each child has its own `restartBudget`. */
  readonly intensity?: number;
  /** Seconds; 5 by default. */
  readonly period?: number;
  readonly autoShutdown?: AutoShutdown;
  /** Not in OTP's supervisor: children at a time, those that wait for a restart included. */
  readonly maxChildren?: number;
  /** What `startChild` and `child.start` do where there are `maxChildren`: `refuse` (default) as Elixir does, or `wait` for room. */
  readonly whenFull?: "refuse" | "wait";
  /** 25 allows `autoShutdown` here, as OTP 25 does; OTP 27 and later refuse it, and so does this package by default. */
  readonly otpRelease?: 25;
  /** Called at every start, exit and restart, at once, with the child's arguments. It may start more children. */
  readonly onFact?: ((fact: PoolFact<A>) => void) | null;
}

/** Logic of a dynamic supervisor, for `createActor` or as a child's `start`. It takes no input. */
export type DynamicSupervisorLogic<A> = ActorLogic<SupervisorSnapshot, Mail<A>, unknown>;

/**
 * A supervisor of any number of like children that come and go: OTP's simple_one_for_one. Starting and stopping one costs the same however many live.
 *
 * @example
 * const tasks = dynamicSupervisor<Task>({
 *   start: (task, { restarts }) => ({ logic: taskLogic, input: { task, attempt: restarts + 1 } }),
 *   restart: "transient", intensity: Infinity, restartBudget: 3, restartDelayMs: (exit, { restarts }) => 1000 * 2 ** restarts,
 * });
 */
export function dynamicSupervisor<A = unknown, R extends StartResult = StartResult>(
  options: DynamicSupervisorOptions<A> & {
    readonly start: LogicFor<A> | ((args: A, incarnation: Incarnation) => R & CheckedResult<R>);
  },
): DynamicSupervisorLogic<A> {
  return supervisorLogic(options, () => checkDynamic(options, [[options, DYNAMIC_KEYS]]));
}

/** OTP's spelling of a dynamic supervisor: strategy simple_one_for_one, and exactly one child spec, the template. */
export interface SimpleOneForOneOptions<A>
  extends Pick<
    DynamicSupervisorOptions<A>,
    "intensity" | "period" | "autoShutdown" | "maxChildren" | "whenFull" | "otpRelease" | "onFact"
  > {
  readonly strategy: "simple_one_for_one";
  readonly children: readonly ChildTemplate<A>[];
}

export function simpleOneForOne<A>(options: SimpleOneForOneOptions<A>): DynamicSupervisorLogic<A> {
  const { children, ...flags } = options;
  const law = "must hold exactly one spec under simple_one_for_one: the template of all children";
  return supervisorLogic(options, () => {
    checkFlags(flags);
    if (!Array.isArray(children) || children.length !== 1)
      throw new SpecError({ bad_start_spec: children }, "children", law, children?.length);
    const [template] = children;
    return checkDynamic({ ...flags, ...template }, [
      [options, [...DYNAMIC_KEYS, ...SUPERVISOR_KEYS]],
      [template, DYNAMIC_KEYS, "children[0]"],
    ]);
  });
}

const POOL_RULES: readonly Rule[] = [whole("maxChildren", "children", 0, FOREVER), words("whenFull", "refuse, wait")];

/** @throws SpecError */
function checkDynamic<A>(options: DynamicSupervisorOptions<A>, given: readonly Given[]): Kind<A> {
  if (!isOptions(options)) throw noOptions(options);
  const { id = "template", start, maxChildren = FOREVER, whenFull = "refuse", otpRelease } = options;
  const { restartDelayMs, restartDelay = restartDelayMs } = options;
  const flags = checkFlags({ ...options, strategy: "one_for_one" });
  const { autoShutdown: mode } = flags;
  if (mode !== "never" && otpRelease !== 25) {
    const reason = { bad_combination: [{ auto_shutdown: mode }, { strategy: "simple_one_for_one" }] };
    const law = "must be never in a dynamic supervisor, whose children are all alike";
    throw new SpecError(supervisorData(reason), "autoShutdown", law, mode);
  }
  checkAll({ maxChildren, whenFull }, POOL_RULES, "", supervisorData);
  const isMissing = "id" in options && options.id === undefined;
  const raw = {
    ...options,
    restartDelay,
    id: isMissing ? undefined : "template",
    run: undefined,
    name: undefined,
  } as object as ChildSpec;
  const template: Template<A> = {
    raw,
    spec: startSpec(() => checkSpec(raw, mode)),
    start: start as Template<A>["start"],
    logic: isLogic(start) ? start : undefined,
    nameOf: typeof id === "function" ? id : undefined,
    maxChildren,
    whenFull,
  };
  return { flags, specs: [], given, template };
}

/**
 * Starts a child at once, without a promise and past the mail the supervisor has: the cheap way for its owner.
 *
 * @returns the actor; `ok(undefined)` if its start was ignored; `max_children`, `start_failed`, or `noproc` where the supervisor is dead or stopping
 */
export function spawn<A>(supervisor: StartsChildren<A>, args: A): Started {
  return coreOf(supervisor)?.spawn(args) ?? err("noproc");
}

/** Sends an event to every live child. */
export function broadcast<E extends EventObject>(supervisor: AnyActorRef, event: E): void {
  for (const actor of coreOf(supervisor)?.children.actors() ?? []) actor.send(event);
}
