import type { AnyActorLogic, Snapshot } from "xstate";
import type { Exit } from "#src/kernel/exit";
import type { BackoffOptions } from "#src/policy/backoff";
import type { RestartLimit, RestartType } from "#src/policy/restart";
import type { AutoShutdown, Strategy } from "#src/policy/strategy";
import type { AsyncScope } from "./object-logic.ts";

/** What a start function answers. Anything else, and an exception, is a failed start with that value as its reason. */
export type StartResult =
  | {
      readonly logic: AnyActorLogic;
      readonly input?: unknown;
      /** OTP's `{ok, Pid, Info}`: handed to the caller of `startChild` or `restartChild`. */
      readonly info?: unknown;
      /** Under a dynamic supervisor: what differs from its template for this child. */
      readonly restart?: RestartType;
      readonly shutdownMs?: Shutdown;
      readonly type?: "worker" | "supervisor";
      readonly restartBudget?: number;
    }
  | "ignore"
  | { readonly error: unknown };

/** How long a child may take to stop: milliseconds, without limit, or no time at all. */
export type Shutdown = number | "infinity" | "brutal_kill";

/** What a start function or a delay may know about the life that begins or the one that ended. */
export interface Incarnation {
  /** Automatic restarts so far: 0 for the first life. */
  readonly restarts: number;
  /** How the earlier lives ended, oldest first; at most the last 32. */
  readonly exits: readonly Exit[];
}

/** The snapshot of whatever actor it is: of a machine it has `value`, `context` and `matches`. */
// biome-ignore lint/suspicious/noExplicitAny: what there is to look at depends on the actor
export type AnySnapshot = Snapshot<unknown> & Record<string, any>;

/** One child of a supervisor, in OTP's words. */
export interface ChildSpec {
  /** Unique among its siblings. */
  readonly id: string;
  /** What to run: XState actor logic, or a function that is asked at every start. */
  readonly start?: AnyActorLogic | ((incarnation: Incarnation) => StartResult);
  /** In the place of `start`: an async function, done when it returns, and crashed when it throws. It heeds `signal`, which is aborted when it is stopped. */
  readonly run?: (scope: AsyncScope) => unknown;
  /** The input of `start` where that is actor logic. */
  readonly input?: unknown;
  /** When it is restarted: always (default), after an abnormal exit, or never. */
  readonly restart?: RestartType;
  /** Time to stop in; 5000 ms for a worker and `infinity` for a supervisor by default. `shutdown` is OTP's name for it. */
  readonly shutdownMs?: Shutdown;
  readonly shutdown?: Shutdown;
  /** Whether its end may end the supervisor: see `autoShutdown`. */
  readonly significant?: boolean;
  /** For counting, and for the default of `shutdownMs`. `supervisor` by default where `start` is a supervisor's logic. */
  readonly type?: "worker" | "supervisor";
  /** The name by which `system.get(name)` finds the present incarnation. OTP's registered name, XState's `systemId`. */
  readonly name?: string;
  /** Not in OTP: milliseconds between an exit and the restart. */
  readonly restartDelay?: RestartBackoff | RestartDelay;
  /** Not in OTP: automatic restarts allowed in the life of this child; then it stays down alone. */
  readonly restartBudget?: number;
  /** Not in OTP: whether the child is up, given its snapshot; the next child waits for it, as it does for OTP's init. At once by default. */
  readonly ready?: (snapshot: AnySnapshot) => boolean;
  /** Milliseconds that `ready` may take; then the child is killed and its start has failed with `timeout`. 30,000 by default. */
  readonly readyMs?: number;
  /** Not in OTP: kills it after this time even where `shutdownMs` is `infinity`. */
  readonly killAfterMs?: number;
}

/** Backoff options; jitter differs from process to process unless a `seed` is given, so that a fleet that fails together does not return together. */
export interface RestartBackoff extends Partial<BackoffOptions> {
  readonly seed?: number | string;
}

/** Milliseconds to wait before a restart. `incarnation.restarts` counts the restarts before this one. */
export type RestartDelay = (exit: Exit, incarnation: Incarnation) => number;

/** A `RestartDelay` as it is decided; `child` where a template is that of many. */
export type DelayOfChild = (exit: Exit, incarnation: Incarnation, child?: string) => number;

/** The flags of a supervisor. */
export interface SupervisorFlags extends Partial<RestartLimit> {
  /** `one_for_one` by default. */
  readonly strategy?: Strategy;
  /** Whether the end of significant children ends the supervisor: `never` by default. */
  readonly autoShutdown?: AutoShutdown;
}

/** A child spec with everything decided. */
export interface CheckedSpec {
  readonly id: string;
  readonly start: (incarnation: Incarnation) => StartResult;
  /** `start` as it was given; undefined where it is not needed any more. */
  readonly given: ChildSpec["start"] | ChildSpec["run"];
  readonly restart: RestartType;
  readonly shutdown: Shutdown;
  readonly significant: boolean;
  readonly type: "worker" | "supervisor";
  readonly name?: string | undefined;
  readonly delayMs?: DelayOfChild | undefined;
  readonly restartBudget?: number | undefined;
  readonly ready?: ((snapshot: AnySnapshot) => boolean) | undefined;
  readonly readyMs: number;
}

/** Flags with everything decided. */
export interface CheckedFlags extends RestartLimit {
  readonly strategy: Strategy;
  readonly autoShutdown: AutoShutdown;
}

/** A spec as `getChildSpec` shows it: with all that was left open. `shutdown` is OTP's name for `shutdownMs`. */
export const shownSpec = ({ start: _, given, delayMs, shutdown, ...spec }: CheckedSpec): ShownSpec => ({
  ...spec,
  start: given,
  shutdown,
  shutdownMs: shutdown,
  ...(delayMs && { restartDelay: delayMs }),
});

/** What OTP's `get_childspec` answers. `start` of a temporary child is forgotten once it has started. */
export interface ShownSpec extends Omit<CheckedSpec, "start" | "given" | "delayMs"> {
  readonly start: ChildSpec["start"] | ChildSpec["run"];
  readonly shutdownMs: Shutdown;
  readonly restartDelay?: RestartDelay;
}
