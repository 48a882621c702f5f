import { type AnyActorLogic, fromPromise } from "xstate";
import { nearest } from "#src/kernel/errors";
import { err, ok, type Result } from "#src/kernel/result";
import type { AutoShutdown } from "#src/policy/strategy";
import type { CheckedFlags, CheckedSpec, ChildSpec, Shutdown, SupervisorFlags } from "./child-spec.ts";
import { delayOf } from "./restart-delay.ts";
import { type BootReason, SpecError, type SpecReason } from "./spec-error.ts";

const STRATEGIES = ["one_for_one", "one_for_all", "rest_for_one", "simple_one_for_one"];
const RESTARTS = ["permanent", "transient", "temporary"];
const TYPES = ["worker", "supervisor"];
const AUTO_SHUTDOWNS = ["never", "any_significant", "all_significant"];

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
