import type { AnyActorLogic } from "xstate";
import type { Result } from "#src/kernel/result";
import type { AutoShutdown } from "#src/policy/strategy";
import type { CheckedFlags, CheckedSpec, ChildSpec, Shutdown, SupervisorFlags } from "./child-spec.ts";
import { asyncLogic } from "./object-logic.ts";
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

const AUTO_SHUTDOWN = words("autoShutdown", "never, any_significant, all_significant");
const LIST_LAW = "must be a list of child specs";
const LOGIC = "actor logic, or a function that returns { logic, input }";
const MS = "whole milliseconds";

/** In OTP's order. */
const FLAG_RULES: readonly Rule[] = [
  words("strategy", "one_for_one, one_for_all, rest_for_one, simple_one_for_one"),
  whole("intensity", "restarts", 0, FOREVER),
  whole("period", "seconds", 1),
  AUTO_SHUTDOWN,
];
const RESTART_RULES: readonly Rule[] = [
  words("restart", "permanent, transient, temporary", "restart_type"),
  ["significant", isBoolean, "true or false"],
];
const UNTIMED = ["infinity", "brutal_kill"];
/** What OTP does not know comes last. */
const OTHER_RULES: readonly Rule[] = [
  words("type", "worker, supervisor", "child_type"),
  [
    "shutdownMs",
    (value) => isCount(value) || UNTIMED.includes(value as string),
    `${MS}, "infinity" or "brutal_kill"`,
    UNTIMED,
    "shutdown",
  ],
  ["id", isText, "a text"], // OTP takes any term
  ["name", optional(isText), "a text"],
  whole("restartBudget", "restarts", 0, FOREVER),
  ["killAfterMs", optional(isCount), MS],
  ["ready", optional(isFunction), "a function of the snapshot"],
  ["readyMs", (value) => isCount(value) || value === FOREVER, `${MS}, or Infinity`],
  ["restartDelay", (value) => delayOf("", value) !== "invalid", "a function, or backoff options"],
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

/** OTP's reason for a wrong flag. */
export const supervisorData = (reason: object) => ({ supervisor_data: reason });

/** Flags with OTP's defaults. @throws SpecError */
export function checkFlags(flags: SupervisorFlags | { strategy?: "simple_one_for_one" }): CheckedFlags {
  const { strategy = "one_for_one", intensity = 1, period = 5, autoShutdown = "never" } = flags as SupervisorFlags;
  const checked = { strategy, intensity, period, autoShutdown };
  checkAll(checked, FLAG_RULES, "", supervisorData);
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
  const logic = runs ? asyncLogic(run!) : isLogic(given) ? given : undefined;
  const type = spec.type ?? (supervisorLogics.has(Object(given)) ? "supervisor" : "worker");
  const shutdownMs = spec.shutdownMs ?? spec.shutdown ?? (type === "supervisor" ? "infinity" : 5000);
  checkAll({ ...spec, type, shutdownMs, readyMs }, OTHER_RULES, path);
  return {
    id,
    start: logic ? () => ({ logic, input }) : (given as CheckedSpec["start"]),
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
  try {
    return check();
  } catch (error) {
    if (error instanceof SpecError) error.reason = { start_spec: error.reason };
    throw error;
  }
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

/** Whether a value is XState actor logic. */
export const isLogic = (value: unknown): value is AnyActorLogic =>
  isObject(value) && "transition" in value && "getInitialSnapshot" in value;

/** Whether a value may hold options or a spec. Actor logic has an `id` and a `start` of its own, and is none. */
export const isOptions = (value: unknown): value is object => isObject(value) && !isLogic(value);

const deadline = (shutdown: Shutdown, killAfterMs = FOREVER): Shutdown =>
  shutdown === "brutal_kill" || killAfterMs === FOREVER
    ? shutdown
    : Math.min(shutdown === "infinity" ? FOREVER : shutdown, killAfterMs);
