import type { ActorLogic, EventObject } from "xstate";
import { checkFlags, checkSpecs, isOptions, SPEC_KEYS, SUPERVISOR_KEYS } from "./check-spec.ts";
import type { ChildSpec, SupervisorFlags } from "./child-spec.ts";
import { type DynamicSupervisorLogic, type SimpleOneForOneOptions, simpleOneForOne } from "./dynamic.ts";
import type { FactListener } from "./facts.ts";
import type { Kind, SupervisorSnapshot } from "./kind.ts";
import { noOptions } from "./spec-error.ts";
import { supervisorLogic } from "./supervisor-logic.ts";
import type { CheckedOptions, Knows } from "./typed.ts";
import type { Given } from "./warnings.ts";

/** An ordinary supervisor: its flags, and its children in start order. */
export interface SupervisorOptions extends SupervisorFlags {
  readonly children: readonly ChildSpec[];
  /** Called at every start, exit and restart of a child, at once. What it throws is logged and changes nothing. */
  readonly onFact?: FactListener | null;
}

/** Checks what OTP checks before anything starts. */
function checkOrdinary(options: SupervisorOptions): Kind<unknown> {
  if (!isOptions(options)) throw noOptions(options);
  const flags = checkFlags(options);
  const { children } = options;
  return {
    flags,
    specs: checkSpecs(children, flags.autoShutdown),
    given: [[options, SUPERVISOR_KEYS], ...children.map((spec, i): Given => [spec, SPEC_KEYS, `children[${i}]`])],
  };
}

/** Logic of a supervisor, for `createActor` or as a child's `start`. It takes no input. */
export type SupervisorLogic<C extends readonly ChildSpec[] = readonly ChildSpec[]> = ActorLogic<
  SupervisorSnapshot,
  EventObject,
  unknown
> &
  Knows<C>;

/**
 * A supervisor: an actor whose work is to start, watch, restart and stop others, by the rules of Erlang/OTP.
 * Wrong flags and specs do not throw: the actor ends at once with `crash(SpecError)`, or makes the start of its parent fail.
 *
 * @example
 * const app = createActor(supervisor({
 *   strategy: "rest_for_one",
 *   children: [
 *     { id: "cache", start: cacheLogic, name: "cache" },
 *     { id: "server", start: serverLogic, shutdownMs: 10_000 },
 *   ],
 * })).start();
 */
export function supervisor<A>(options: SimpleOneForOneOptions<A>): DynamicSupervisorLogic<A>;
export function supervisor<const C extends readonly ChildSpec[]>(
  options: Omit<SupervisorOptions, "children"> & { readonly children: C } & CheckedOptions<C>,
): SupervisorLogic<C>;
export function supervisor<A>(
  options: SupervisorOptions | SimpleOneForOneOptions<A>,
): SupervisorLogic | DynamicSupervisorLogic<A> {
  if (options?.strategy === "simple_one_for_one") return simpleOneForOne(options);
  return supervisorLogic(options, () => checkOrdinary(options)) as SupervisorLogic;
}
