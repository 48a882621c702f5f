import type { ActorLogic, AnyActorLogic, AnyActorRef, EventObject } from "xstate";
import { crash, type Exit } from "#src/kernel/exit";
import { err, ok, type Result } from "#src/kernel/result";
import type { AutoShutdown } from "#src/policy/strategy";
import { closePost, makePost, type Started, type StartsChildren } from "./call.ts";
import { checkFlags, checkSpec, isCount, isLogic, isObject, supervisorLogics } from "./check-spec.ts";
import type { CheckedFlags, ChildSpec, Incarnation, RestartDelay, StartResult } from "./child-spec.ts";
import type { TrapsExit } from "./exit.ts";
import { reporter } from "./facts.ts";
import type { PoolFact, PoolTemplate } from "./lives.ts";
import { Pool } from "./pool.ts";
import type { PoolEvent } from "./pool-job.ts";
import type { DynamicSupervisorSnapshot } from "./pool-view.ts";
import { type BootReason, noOptions, SpecError } from "./spec-error.ts";

export type { PoolFact } from "./lives.ts";
export type { PoolView } from "./pool-view.ts";

/** What all children of a dynamic supervisor have in common. */
export interface ChildTemplate<A> extends Omit<ChildSpec, "id" | "start" | "run" | "input" | "name" | "restartDelay"> {
  /** Actor logic whose input is the arguments, or a function of them that is asked at every start. */
  readonly start: AnyActorLogic | ((args: A, incarnation: Incarnation) => StartResult);
  /** What to call a child in facts and inspectors; a running number by default. */
  readonly id?: ((args: A) => string) | string;
  /** Not in OTP: milliseconds between an exit and the restart. */
  readonly restartDelayMs?: RestartDelay;
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
export type DynamicSupervisorLogic<A> = ActorLogic<DynamicSupervisorSnapshot, PoolEvent<A>, unknown>;

/** The states of a dynamic supervisor, for those who draw. Its children are not in it: there may be a hundred thousand. */
const chart = {
  id: "dynamicSupervisor",
  initial: "running",
  states: {
    running: {
      on: { "supervisor.suspend": "suspended", "actor.shutdown": "stopping", "supervisor.exhausted": "stopping" },
    },
    suspended: { on: { "supervisor.resume": "running" } },
    stopping: { on: { "children.gone": "exited" } },
    exited: { type: "final" },
  },
};

const pools = new WeakMap<object, Pool<unknown>>();

/**
 * A supervisor of any number of like children that come and go: OTP's simple_one_for_one. Starting and stopping one costs the same however many live.
 *
 * @example
 * const tasks = dynamicSupervisor<Task>({
 *   start: (task, { restarts }) => ({ logic: taskLogic, input: { task, attempt: restarts + 1 } }),
 *   restart: "transient", intensity: Infinity, restartBudget: 3, restartDelayMs: (exit, { restarts }) => 1000 * 2 ** restarts,
 * });
 */
export function dynamicSupervisor<A = unknown>(options: DynamicSupervisorOptions<A>): DynamicSupervisorLogic<A> {
  return dynamicLogic(options, () => checkDynamic(options));
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
  const bad = { bad_start_spec: children };
  const law = "must hold exactly one spec under simple_one_for_one: the template of all children";
  return dynamicLogic(options, () => {
    const checked = checkFlags(flags);
    if (!checked.ok) return checked;
    return Array.isArray(children) && children.length === 1
      ? checkDynamic({ ...flags, ...children[0]! })
      : err(new SpecError(bad, "children", law, children?.length));
  });
}

function dynamicLogic<A>(
  options: Pick<DynamicSupervisorOptions<A>, "onFact">,
  check: () => Result<PoolTemplate<A>, SpecError<BootReason>>,
): DynamicSupervisorLogic<A> {
  const logic: DynamicSupervisorLogic<A> & TrapsExit = {
    config: chart,
    trapsExit: true,
    getInitialSnapshot: (scope) => {
      const checked = check();
      if (!checked.ok) {
        const exit = crash(checked.error);
        reporter(scope, scope.self, options?.onFact)({ type: "supervisor.failed", id: scope.self.id, exit });
        return refused(scope.self, exit);
      }
      const pool = new Pool<A>(scope, checked.value);
      pools.set(scope.self, pool as Pool<unknown>);
      return pool.snapshot;
    },
    start: (_, { self }) => pools.get(self)?.open(),
    transition: (_, event, { self }) => (pools.get(self) as unknown as Pool<A>).receive(event),
    getPersistedSnapshot: (snapshot) => snapshot,
  };
  supervisorLogics.add(logic);
  return logic;
}

/** A supervisor whose flags or template are wrong ends before it begins. */
function refused(self: AnyActorRef, output: Exit): DynamicSupervisorSnapshot {
  closePost(makePost(self, () => "failed"));
  return {
    status: "done",
    output,
    error: undefined,
    value: "exited",
    context: { running: 0, restarting: 0, started: 0 },
  };
}

function checkDynamic<A>(options: DynamicSupervisorOptions<A>): Result<PoolTemplate<A>, SpecError<BootReason>> {
  if (!isObject(options)) return err(noOptions(options));
  const {
    start,
    id,
    restartDelayMs,
    maxChildren = Number.POSITIVE_INFINITY,
    onFact,
    intensity,
    period,
    autoShutdown,
    otpRelease,
    whenFull = "refuse",
    ...rest
  } = options;
  const flags = checkFlags({ intensity, period, autoShutdown } as CheckedFlags);
  if (!flags.ok) return flags;
  const { autoShutdown: mode } = flags.value;
  if (mode !== "never" && otpRelease !== 25) {
    const reason = { bad_combination: [{ auto_shutdown: mode }, { strategy: "simple_one_for_one" }] } as const;
    const law = "must be never in a dynamic supervisor: its children are all alike, and none is more significant";
    return err(new SpecError({ supervisor_data: reason }, "autoShutdown", law, mode));
  }
  if (maxChildren !== Number.POSITIVE_INFINITY && !isCount(maxChildren))
    return err(
      new SpecError(
        { supervisor_data: { invalid_max_children: maxChildren } },
        "maxChildren",
        "must be a whole number of children, 0 or more",
        maxChildren,
      ),
    );
  if (whenFull !== "refuse" && whenFull !== "wait")
    return err(
      new SpecError(
        { supervisor_data: { invalid_when_full: whenFull } },
        "whenFull",
        "must be one of refuse, wait",
        whenFull,
      ),
    );
  const template: ChildSpec = {
    ...rest,
    id: "template",
    ...(start !== undefined && { start: start as NonNullable<ChildSpec["start"]> }),
    ...(restartDelayMs && { restartDelay: restartDelayMs }),
  };
  if ("id" in options && id === undefined) Object.assign(template, { id });
  const spec = checkSpec(template, flags.value.autoShutdown, "");
  if (!spec.ok) return err(spec.error.because({ start_spec: spec.error.reason }));
  const startWith = isLogic(start) ? (args: A) => ({ logic: start, input: args }) : start;
  return ok({
    flags: flags.value,
    spec: spec.value,
    start: startWith,
    nameOf: typeof id === "function" ? id : undefined,
    maxChildren,
    whenFull,
    onFact,
  });
}

/**
 * Starts a child at once, without a promise and past the mail the supervisor has: the cheap way for its owner.
 *
 * @returns the actor; `ok(undefined)` if its start was ignored; `max_children`, `start_failed`, or `noproc` where the supervisor is dead or stopping
 */
export function spawn<A>(supervisor: StartsChildren<A>, args: A): Started {
  return (pools.get(supervisor) as Pool<A> | undefined)?.spawn(args) ?? err("noproc");
}

/** Sends an event to every live child. */
export function broadcast<E extends EventObject>(supervisor: AnyActorRef, event: E): void {
  pools.get(supervisor)?.broadcast(event);
}
