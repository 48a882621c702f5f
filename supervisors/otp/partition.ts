import type { AnyActorLogic, AnyActorRef } from "xstate";
import { fnv1a } from "#src/kernel/digest";
import { isOptions } from "./check-spec.ts";
import type { ChildSpec, StartResult, SupervisorFlags } from "./child-spec.ts";
import type { FactListener } from "./facts.ts";
import { noOptions } from "./spec-error.ts";
import { checkAll, isFunction, optional, type Rule, whole } from "./spec-rules.ts";
import { type SupervisorLogic, type SupervisorOptions, supervisor } from "./supervisor.ts";
import { coreOf } from "./supervisor-logic.ts";

/** A supervisor of like children, each for a part of the keys. */
export interface PartitionOptions
  extends Omit<SupervisorFlags, "strategy">,
    Omit<ChildSpec, "id" | "start" | "name" | "input"> {
  /** Actor logic, or a function of the partition, 0 and up: give each what is its own. */
  readonly start: AnyActorLogic | ((partition: number) => StartResult);
  readonly input?: unknown;
  /** The input of one partition, made of `input`. */
  readonly withArguments?: (input: unknown, partition: number) => unknown;
  /** How many; as many as the machine has cores by default. */
  readonly partitions?: number;
  readonly onFact?: FactListener | null;
}

/**
 * As many like children as there are partitions, ids "0" and up: Elixir's PartitionSupervisor. `partition(supervisor, key)` finds the one
 * that has a key.
 *
 * @throws SpecError where `partitions` or `withArguments` is wrong, as Elixir raises
 */
export function partitionSupervisor(options: PartitionOptions): SupervisorLogic {
  if (!isOptions(options)) throw noOptions(options);
  const {
    start,
    input,
    partitions = cores(),
    withArguments,
    intensity,
    period,
    autoShutdown,
    onFact,
    ...spec
  } = options;
  checkAll({ partitions, withArguments }, RULES, "");
  const children = Array.from({ length: partitions }, (_, i) => ({
    ...spec,
    id: String(i),
    start: typeof start === "function" ? () => start(i) : start,
    input: withArguments ? withArguments(input, i) : input,
  }));
  return supervisor({ intensity, period, autoShutdown, onFact, children } as SupervisorOptions);
}

const RULES: readonly Rule[] = [
  whole("partitions", "children", 1),
  ["withArguments", optional(isFunction), "a function of the input and the partition"],
];

const cores = (): number =>
  (globalThis.navigator as { hardwareConcurrency?: number } | undefined)?.hardwareConcurrency ?? 1;

/** How many partitions a supervisor has. */
export const partitions = (supervisor: AnyActorRef): number => coreOf(supervisor)?.children.size ?? 0;

/**
 * The present actor of the partition that has a key: whole numbers by their remainder, other keys by a hash of their text.
 *
 * @returns undefined while it restarts
 */
export function partition(supervisor: AnyActorRef, key: unknown): AnyActorRef | undefined {
  const children = coreOf(supervisor)?.children;
  const number = Number.isSafeInteger(key) ? Math.abs(key as number) : fnv1a(String(key));
  const child = children?.get(String(number % children.size));
  return child && children?.info(child).actor;
}
