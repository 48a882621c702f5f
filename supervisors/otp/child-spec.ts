import { type AnyActorLogic, type AnyActorRef, fromPromise, type Snapshot } from "xstate";
import { ConfigError, nearest } from "#src/kernel/errors";
import type { Exit } from "#src/kernel/exit";
import { stream } from "#src/kernel/random";
import { err, ok, type Result } from "#src/kernel/result";
import { type BackoffOptions, delayMs, readBackoff } from "#src/policy/backoff";
import type { RestartLimit, RestartType } from "#src/policy/restart";
import type { AutoShutdown, Strategy } from "#src/policy/strategy";

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
  readonly run?: (scope: { readonly signal: AbortSignal; readonly self: AnyActorRef }) => unknown;
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
  readonly delayMs?: RestartDelay | undefined;
  readonly restartBudget?: number | undefined;
  readonly ready?: ((snapshot: AnySnapshot) => boolean) | undefined;
  readonly readyMs: number;
}

/** Flags with everything decided. */
export interface CheckedFlags extends RestartLimit {
  readonly strategy: Strategy;
  readonly autoShutdown: AutoShutdown;
}

/** OTP's word for what is wrong with a child spec. */
export type SpecReason =
  | "missing_id"
  | "missing_start"
  | { readonly [word: `invalid_${string}`]: unknown }
  | { readonly duplicate_child_name: string }
  | { readonly bad_combination: readonly [object, object] };

/** OTP's word for why a supervisor did not start. */
export type BootReason =
  | { readonly supervisor_data: { readonly [word: `invalid_${string}`]: unknown } }
  | { readonly supervisor_data: { readonly bad_combination: readonly [object, object] } }
  | { readonly start_spec: SpecReason }
  | { readonly bad_start_spec: unknown }
  | { readonly bad_return: unknown };

/** A wrong flag or child spec: OTP's reason, and a sentence with path, law and value. */
export class SpecError<R = SpecReason> extends ConfigError {
  /** The reason as OTP gives it. */
  readonly reason: R;

  constructor(reason: R, path: string, law: string, value?: unknown, suggestion?: string) {
    super(path, law, value, suggestion);
    this.reason = reason;
  }

  /** The same fault under a reason that holds this one, as OTP nests them. */
  because<Outer>(reason: Outer): SpecError<Outer> {
    return new SpecError(reason, this.path, this.law, this.value, this.suggestion);
  }
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

const STRATEGIES = ["one_for_one", "one_for_all", "rest_for_one", "simple_one_for_one"];
const RESTARTS = ["permanent", "transient", "temporary"];
const TYPES = ["worker", "supervisor"];
const AUTO_SHUTDOWNS = ["never", "any_significant", "all_significant"];

let drawn: string | undefined;
/** What makes the jitter of this process its own; drawn when it is first needed, so that importing this file does nothing. */
function processSeed(): string {
  drawn ??= crypto.getRandomValues(new Uint32Array(2)).join();
  return drawn;
}

/** A child that is not ready by then is not expected to be. */
const READY_MS = 30_000;

/** The keys of a child spec; OTP's `modules` means nothing here. */
export const SPEC_KEYS = [
  "id",
  "start",
  "run",
  "input",
  "restart",
  "shutdownMs",
  "shutdown",
  "significant",
  "type",
  "name",
  "restartDelay",
  "restartBudget",
  "ready",
  "readyMs",
  "killAfterMs",
  "modules",
];
export const SUPERVISOR_KEYS = ["strategy", "intensity", "period", "autoShutdown", "onFact", "children"];

export const isObject = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** What a supervisor without options says, in the word that OTP has for an init that returns none. */
export const noOptions = (options: unknown): SpecError<BootReason> =>
  new SpecError(
    { bad_return: options },
    "the options of a supervisor",
    "must be an object: { strategy, children, ... }",
    options,
  );

/** Logic made by this package's supervisors: their children are of type supervisor by default. */
export const supervisorLogics = new WeakSet<object>();

/** Checks flags in OTP's order: strategy, intensity, period, autoShutdown. */
export function checkFlags(
  flags: SupervisorFlags | { strategy?: "simple_one_for_one" },
): Result<CheckedFlags, SpecError<BootReason>> {
  const { strategy = "one_for_one", intensity = 1, period = 5, autoShutdown = "never" } = flags as SupervisorFlags;
  const wrong = (word: string, path: string, law: string, value: unknown, allowed: readonly string[] = []) =>
    err(new SpecError({ supervisor_data: { [`invalid_${word}`]: value } }, path, law, value, suggest(value, allowed)));
  if (!STRATEGIES.includes(strategy)) return wrong("strategy", "strategy", oneOf(STRATEGIES), strategy, STRATEGIES);
  if (!isCount(intensity) && intensity !== Number.POSITIVE_INFINITY)
    return wrong("intensity", "intensity", "must be a whole number of restarts, 0 or more", intensity);
  if (!isCount(period) || period === 0)
    return wrong("period", "period", "must be a whole number of seconds, 1 or more", period);
  if (!AUTO_SHUTDOWNS.includes(autoShutdown))
    return wrong("auto_shutdown", "autoShutdown", oneOf(AUTO_SHUTDOWNS), autoShutdown, AUTO_SHUTDOWNS);
  return ok({ strategy, intensity, period, autoShutdown });
}

/** Checks a child spec in OTP's order, what OTP does not know last, and fills in what it leaves open. */
export function checkSpec(
  spec: ChildSpec,
  autoShutdown: AutoShutdown | undefined,
  path: string,
): Result<CheckedSpec, SpecError> {
  const at = (key: string) => (path ? `${path}.${key}` : key);
  const wrong = (
    word: `invalid_${string}`,
    key: string,
    law: string,
    value: unknown,
    allowed: readonly string[] = [],
  ) => err(new SpecError({ [word]: value }, at(key), law, value, suggest(value, allowed)));
  const conflict = (reason: readonly [object, object], law: string) =>
    err(new SpecError({ bad_combination: reason }, at("significant"), law));

  if (typeof spec !== "object" || spec === null || Array.isArray(spec)) {
    const law = "must be a child spec: { id, start, ... }";
    return err(new SpecError({ invalid_child_spec: spec }, path || "the child", law, spec));
  }
  const { restart = "permanent", significant = false } = spec;
  if (spec.id === undefined) return err(new SpecError("missing_id", at("id"), "is missing"));
  if (spec.start === undefined && spec.run === undefined)
    return err(
      new SpecError(
        "missing_start",
        at("start"),
        "is missing",
        undefined,
        "It is actor logic, or a function that returns { logic, input }",
      ),
    );
  const start = startOf(spec);
  if (!start)
    return wrong(
      "invalid_mfa",
      "start",
      "must be actor logic, or a function that returns { logic, input }",
      spec.start,
    );
  if (!RESTARTS.includes(restart)) return wrong("invalid_restart_type", "restart", oneOf(RESTARTS), restart, RESTARTS);
  if (typeof significant !== "boolean")
    return wrong("invalid_significant", "significant", "must be true or false", significant);
  if (significant && autoShutdown === "never") {
    return conflict(
      [{ auto_shutdown: "never" }, { significant: true }],
      "can only be true where the supervisor's autoShutdown is not never",
    );
  }
  if (significant && restart === "permanent") {
    return conflict(
      [{ restart: "permanent" }, { significant: true }],
      "cannot be true for a permanent child, since that never ends permanently",
    );
  }
  const type = spec.type ?? (supervisorLogics.has(Object(spec.start)) ? "supervisor" : "worker");
  if (!TYPES.includes(type)) return wrong("invalid_child_type", "type", oneOf(TYPES), type, TYPES);
  const shutdown = spec.shutdownMs ?? spec.shutdown ?? (type === "supervisor" ? "infinity" : 5000);
  if (!isCount(shutdown) && shutdown !== "infinity" && shutdown !== "brutal_kill") {
    return wrong(
      "invalid_shutdown",
      "shutdownMs",
      'must be whole milliseconds, "infinity" or "brutal_kill"',
      shutdown,
      ["infinity", "brutal_kill"],
    );
  }
  const { id, name, restartBudget, killAfterMs } = spec;
  if (typeof id !== "string") return wrong("invalid_id", "id", "must be a text", id); // OTP takes any term
  if (name !== undefined && typeof name !== "string") return wrong("invalid_name", "name", "must be a text", name);
  if (restartBudget !== undefined && !isCount(restartBudget) && restartBudget !== Number.POSITIVE_INFINITY) {
    return wrong(
      "invalid_restart_budget",
      "restartBudget",
      "must be a whole number of restarts, 0 or more",
      restartBudget,
    );
  }
  if (killAfterMs !== undefined && !isCount(killAfterMs))
    return wrong("invalid_kill_after", "killAfterMs", "must be whole milliseconds", killAfterMs);
  const { ready, readyMs = READY_MS } = spec;
  if (ready !== undefined && typeof ready !== "function")
    return wrong("invalid_ready", "ready", "must be a function of the snapshot", ready);
  if (!isCount(readyMs) && readyMs !== Number.POSITIVE_INFINITY)
    return wrong("invalid_ready_ms", "readyMs", "must be whole milliseconds, or Infinity", readyMs);
  const delay = delayOf(spec);
  if (delay === "invalid")
    return wrong("invalid_restart_delay", "restartDelay", "must be a function, or backoff options", spec.restartDelay);
  return ok({
    id,
    start,
    given: spec.start ?? spec.run,
    restart,
    shutdown: deadline(shutdown, killAfterMs),
    significant,
    type,
    name,
    delayMs: delay,
    restartBudget,
    ready,
    readyMs,
  });
}

type OwnSpec = Pick<ChildSpec, "restart" | "shutdownMs" | "type" | "restartBudget">;

/** Whether a start function of a dynamic supervisor returned more than the logic. */
export function hasOwnSpec(started: StartResult): started is StartResult & OwnSpec {
  if (typeof started !== "object" || started === null) return false;
  const { restart, shutdownMs, type, restartBudget } = started as OwnSpec;
  return (restart ?? shutdownMs ?? type ?? restartBudget) !== undefined;
}

/** The spec of one dynamic child: the template, and what its start function returned beside the logic. */
export function ownSpec(template: CheckedSpec, own: OwnSpec): Result<CheckedSpec, SpecError> {
  const { restart, shutdownMs, type, restartBudget } = own;
  const kept = Object.entries({ restart, shutdownMs, type, restartBudget }).filter(([, value]) => value !== undefined);
  const given = Object.fromEntries(kept);
  const checked = checkSpec({ id: template.id, start: template.start, ...given } as ChildSpec, undefined, "");
  return checked.ok
    ? ok({ ...template, ...given, shutdown: own.shutdownMs ?? template.shutdown } as CheckedSpec)
    : checked;
}

/** Checks all specs in order, as a supervisor does that starts. */
export function checkSpecs(
  specs: readonly ChildSpec[],
  autoShutdown: AutoShutdown,
): Result<CheckedSpec[], SpecError<BootReason>> {
  if (!Array.isArray(specs))
    return err(new SpecError({ bad_start_spec: specs }, "children", "must be a list of child specs", specs));
  const checked = checkAll(specs, autoShutdown);
  return checked.ok ? checked : err(checked.error.because({ start_spec: checked.error.reason }));
}

/**
 * Checks child specs without starting anything: OTP's `check_childspecs`.
 *
 * @param autoShutdown also checks whether `significant` is allowed under it; left out, that is not checked
 * @returns the first fault, with OTP's reason
 */
export function checkChildSpecs(
  specs: readonly ChildSpec[],
  autoShutdown?: AutoShutdown,
): Result<undefined, SpecError<SpecReason | { readonly badarg: unknown }>> {
  if (!Array.isArray(specs))
    return err(new SpecError({ badarg: specs }, "the specs", "must be a list of child specs", specs));
  if (autoShutdown !== undefined && !AUTO_SHUTDOWNS.includes(autoShutdown))
    return err(new SpecError({ badarg: autoShutdown }, "autoShutdown", oneOf(AUTO_SHUTDOWNS), autoShutdown));
  const checked = checkAll(specs, autoShutdown);
  return checked.ok ? ok(undefined) : checked;
}

/** An id must not have been seen before. */
function checkAll(
  specs: readonly ChildSpec[],
  autoShutdown: AutoShutdown | undefined,
): Result<CheckedSpec[], SpecError> {
  const ids = new Set<string>();
  const checked: CheckedSpec[] = [];
  for (const [i, spec] of specs.entries()) {
    const result = checkSpec(spec, autoShutdown, `children[${i}]`);
    if (!result.ok) return result;
    if (ids.has(spec.id)) {
      const reason = { duplicate_child_name: spec.id };
      return err(new SpecError(reason, `children[${i}].id`, "must differ from the ids before it", spec.id));
    }
    ids.add(spec.id);
    checked.push(result.value);
  }
  return ok(checked);
}

function startOf({ start, run, input }: ChildSpec): CheckedSpec["start"] | undefined {
  if (typeof run === "function" && start === undefined) {
    const logic = fromPromise(async ({ signal, self }) => run({ signal, self }));
    return () => ({ logic });
  }
  if (typeof start === "function") return start;
  return isLogic(start) ? () => ({ logic: start, input }) : undefined;
}

/** Whether a value is XState actor logic. */
export const isLogic = (value: unknown): value is AnyActorLogic =>
  typeof value === "object" && value !== null && "transition" in value && "getInitialSnapshot" in value;

function delayOf({ id, restartDelay }: ChildSpec): RestartDelay | undefined | "invalid" {
  if (restartDelay === undefined || typeof restartDelay === "function") return restartDelay;
  if (typeof restartDelay !== "object" || restartDelay === null) return "invalid";
  const { seed = processSeed(), ...given } = restartDelay;
  const options = readBackoff(given);
  if (!options || !(typeof seed === "string" || Number.isFinite(seed))) return "invalid";
  return (_, { restarts }) => delayMs(restarts, options, stream(seed, "restart", id, restarts));
}

const deadline = (shutdown: Shutdown, killAfterMs = Number.POSITIVE_INFINITY): Shutdown => {
  if (shutdown === "brutal_kill" || killAfterMs === Number.POSITIVE_INFINITY) return shutdown;
  return shutdown === "infinity" ? killAfterMs : Math.min(shutdown, killAfterMs);
};

/** Whether a value is a whole number, 0 or more. */
export const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const oneOf = (words: readonly string[]): string => `must be one of ${words.join(", ")}`;
const suggest = (value: unknown, words: readonly string[]): string | undefined => {
  const near = nearest(String(value), words);
  return near && `Did you mean ${JSON.stringify(near)}?`;
};
