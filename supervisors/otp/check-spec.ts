import { type AnyActorLogic, fromPromise } from "xstate";
import type { Result } from "#src/kernel/result";
import type { AutoShutdown } from "#src/policy/strategy";
import type { CheckedFlags, CheckedSpec, ChildSpec, Shutdown, SupervisorFlags } from "./child-spec.ts";
import { delayOf } from "./restart-delay.ts";
import { attempt, SpecError, type SpecReason } from "./spec-error.ts";
import {
  checkAll,
  FOREVER,
  isBoolean,
  isCount,
  isFunction,
  isObject,
  isText,
  optional,
  type Rule,
  whole,
  words,
} from "./spec-rules.ts";

const AUTO_SHUTDOWN = words("autoShutdown", "auto_shutdown", "never", "any_significant", "all_significant");
const LIST_LAW = "must be a list of child specs";
const LOGIC = "actor logic, or a function that returns { logic, input }";

/** In OTP's order. */
const FLAG_RULES: readonly Rule[] = [
  words("strategy", "strategy", "one_for_one", "one_for_all", "rest_for_one", "simple_one_for_one"),
  whole("intensity", "intensity", "restarts", 0, FOREVER),
  whole("period", "period", "seconds", 1),
  AUTO_SHUTDOWN,
];
const RESTART_RULES: readonly Rule[] = [
  words("restart", "restart_type", "permanent", "transient", "temporary"),
  { key: "significant", word: "significant", holds: isBoolean, law: "must be true or false" },
];
/** What OTP does not know comes last. */
const OTHER_RULES: readonly Rule[] = [
  words("type", "child_type", "worker", "supervisor"),
  {
    key: "shutdownMs",
    word: "shutdown",
    holds: (value) => isCount(value) || value === "infinity" || value === "brutal_kill",
    law: 'must be whole milliseconds, "infinity" or "brutal_kill"',
    words: ["infinity", "brutal_kill"],
  },
  { key: "id", word: "id", holds: isText, law: "must be a text" }, // OTP takes any term
  { key: "name", word: "name", holds: optional(isText), law: "must be a text" },
  whole("restartBudget", "restart_budget", "restarts", 0, FOREVER),
  { key: "killAfterMs", word: "kill_after", holds: optional(isCount), law: "must be whole milliseconds" },
  { key: "ready", word: "ready", holds: optional(isFunction), law: "must be a function of the snapshot" },
  {
    key: "readyMs",
    word: "ready_ms",
    holds: (value) => isCount(value) || value === FOREVER,
    law: "must be whole milliseconds, or Infinity",
  },
  {
    key: "restartDelay",
    word: "restart_delay",
    holds: (restartDelay) => delayOf("", restartDelay) !== "invalid",
    law: "must be a function, or backoff options",
  },
];

/** A child that is not ready by then is not expected to be. */
const READY_MS = 30_000;

/** What a template may say too: it has no name and no input, and no `run`, which takes no arguments. */
const TEMPLATE_KEYS =
  "id start restart shutdownMs shutdown significant type restartDelay restartBudget ready readyMs killAfterMs modules".split(
    " ",
  );
const FLAG_KEYS = ["intensity", "period", "autoShutdown", "onFact"];
/** The keys of a child spec; OTP's `modules` means nothing here. */
export const SPEC_KEYS = [...TEMPLATE_KEYS, "run", "input", "name"];
export const SUPERVISOR_KEYS = [...FLAG_KEYS, "strategy", "children"];
export const DYNAMIC_KEYS = [...TEMPLATE_KEYS, ...FLAG_KEYS, "restartDelayMs", "maxChildren", "whenFull", "otpRelease"];

/** Logic made by this package's supervisors: their children are of type supervisor by default. */
export const supervisorLogics = new WeakSet<object>();

/** Flags with OTP's defaults. @throws SpecError */
export function checkFlags(flags: SupervisorFlags | { strategy?: "simple_one_for_one" }): CheckedFlags {
  const { strategy = "one_for_one", intensity = 1, period = 5, autoShutdown = "never" } = flags as SupervisorFlags;
  const checked = { strategy, intensity, period, autoShutdown };
  checkAll(checked, FLAG_RULES, "", (reason) => ({ supervisor_data: reason }));
  return checked;
}

/** A child spec with what it leaves open filled in; checked in OTP's order. @throws SpecError */
export function checkSpec(spec: ChildSpec, autoShutdown?: AutoShutdown, path = ""): CheckedSpec {
  const at = (key: string) => (path ? `${path}.${key}` : key);
  if (!isOptions(spec))
    throw new SpecError(
      { invalid_child_spec: spec },
      path || "the child",
      `must be a child spec: { id, start, ... }${isLogic(spec) ? ", not actor logic itself" : ""}`,
      isLogic(spec) ? undefined : spec,
    );
  const { id, run, input, restart = "permanent", significant = false, readyMs = READY_MS } = spec;
  const runs = spec.start === undefined;
  const given = runs ? run : spec.start;
  if (id === undefined) throw new SpecError("missing_id", at("id"), "is missing");
  if (given === undefined) throw new SpecError("missing_start", at("start"), "is missing", undefined, `It is ${LOGIC}`);
  if (!isFunction(given) && (runs || !isLogic(given)))
    throw new SpecError({ invalid_mfa: given }, at("start"), `must be ${LOGIC}`, given);
  checkAll({ restart, significant }, RESTART_RULES, path);
  if (significant && (autoShutdown === "never" || restart === "permanent")) {
    const [other, law] =
      autoShutdown === "never"
        ? [{ auto_shutdown: "never" }, "can only be true where the supervisor's autoShutdown is not never"]
        : [{ restart }, "cannot be true for a permanent child, since that never ends permanently"];
    throw new SpecError({ bad_combination: [other, { significant }] }, at("significant"), law);
  }
  const type = spec.type ?? (supervisorLogics.has(Object(given)) ? "supervisor" : "worker");
  const shutdownMs = spec.shutdownMs ?? spec.shutdown ?? (type === "supervisor" ? "infinity" : 5000);
  checkAll({ ...spec, type, shutdownMs, readyMs }, OTHER_RULES, path);
  return {
    id,
    start: runs ? startOf(run!) : isLogic(given) ? () => ({ logic: given, input }) : (given as CheckedSpec["start"]),
    given,
    restart,
    shutdown: deadline(shutdownMs, spec.killAfterMs),
    significant,
    type,
    name: spec.name,
    delayMs: delayOf(id, spec.restartDelay) as CheckedSpec["delayMs"],
    restartBudget: spec.restartBudget,
    ready: spec.ready,
    readyMs,
  };
}

/** All specs in order, as a supervisor checks them that starts. @throws SpecError */
export function checkSpecs(specs: readonly ChildSpec[], autoShutdown: AutoShutdown): CheckedSpec[] {
  if (!Array.isArray(specs)) throw new SpecError({ bad_start_spec: specs }, "children", LIST_LAW, specs);
  return startSpec(() => checkEach(specs, autoShutdown));
}

/** Runs a check whose fault is OTP's `start_spec`. */
export function startSpec<T>(check: () => T): T {
  const checked = attempt(check);
  if (checked.ok) return checked.value;
  throw checked.error.because({ start_spec: checked.error.reason });
}

/**
 * Checks child specs without starting anything: OTP's `check_childspecs`.
 *
 * @param autoShutdown also checks whether `significant` is allowed under it; left out, that is not checked
 * @returns the first fault, with OTP's reason
 */
export const checkChildSpecs = (
  specs: readonly ChildSpec[],
  autoShutdown?: AutoShutdown,
): Result<undefined, SpecError<SpecReason | { readonly badarg: unknown }>> =>
  attempt(() => {
    if (!Array.isArray(specs)) throw new SpecError({ badarg: specs }, "the specs", LIST_LAW, specs);
    if (autoShutdown !== undefined) checkAll({ autoShutdown }, [AUTO_SHUTDOWN], "", () => ({ badarg: autoShutdown }));
    checkEach(specs, autoShutdown);
    return undefined;
  });

/** An id must not have been seen before. */
function checkEach(specs: readonly ChildSpec[], autoShutdown: AutoShutdown | undefined): CheckedSpec[] {
  const ids = new Set<string>();
  return specs.map((spec, i) => {
    const checked = checkSpec(spec, autoShutdown, `children[${i}]`);
    const { id } = checked;
    if (ids.has(id))
      throw new SpecError({ duplicate_child_name: id }, `children[${i}].id`, "must differ from the ids before it", id);
    ids.add(id);
    return checked;
  });
}

function startOf(run: NonNullable<ChildSpec["run"]>): CheckedSpec["start"] {
  const logic = fromPromise(async ({ signal, self }) => run({ signal, self }));
  return () => ({ logic });
}

/** Whether a value is XState actor logic. */
export const isLogic = (value: unknown): value is AnyActorLogic =>
  isObject(value) && "transition" in value && "getInitialSnapshot" in value;

/** Whether a value may hold options or a spec. Actor logic has an `id` and a `start` of its own, and is none. */
export const isOptions = (value: unknown): value is object => isObject(value) && !isLogic(value);

const deadline = (shutdown: Shutdown, killAfterMs = FOREVER): Shutdown =>
  shutdown === "brutal_kill" || killAfterMs === FOREVER
    ? shutdown
    : Math.min(shutdown === "infinity" ? FOREVER : shutdown, killAfterMs);
