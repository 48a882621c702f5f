import type { AnyActorLogic, AnyActorRef } from "xstate";
import { ConfigError } from "#src/kernel/errors";
import { isCount, isLogic } from "./check-spec.ts";
import type { ChildSpec, StartResult, SupervisorFlags } from "./child-spec.ts";
import type { FactListener } from "./facts.ts";
import type { Plan } from "./plan-records.ts";
import { type SupervisorLogic, supervisor } from "./supervisor.ts";

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
 * @throws ConfigError where `partitions` or `withArguments` is wrong, as Elixir raises
 */
export function partitionSupervisor(options: PartitionOptions): SupervisorLogic {
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
  if (!isCount(partitions) || partitions === 0)
    throw new ConfigError("partitions", "must be a whole number of children, 1 or more", partitions);
  if (withArguments !== undefined && typeof withArguments !== "function")
    throw new ConfigError("withArguments", "must be a function of the input and the partition", withArguments);
  const childOf = (i: number): ChildSpec => ({
    ...spec,
    id: String(i),
    start: isLogic(start) || typeof start !== "function" ? start : () => start(i),
    input: withArguments ? withArguments(input, i) : input,
  });
  const flags = Object.entries({ intensity, period, autoShutdown, onFact }).filter(([, value]) => value !== undefined);
  return supervisor({
    ...Object.fromEntries(flags),
    children: Array.from({ length: partitions }, (_, i) => childOf(i)),
  });
}

const cores = (): number =>
  (globalThis.navigator as { hardwareConcurrency?: number } | undefined)?.hardwareConcurrency ?? 1;

const planOf = (supervisor: AnyActorRef): Plan =>
  (supervisor.getSnapshot() as { context: { plan: Plan } }).context.plan;

/** How many partitions a supervisor has. */
export const partitions = (supervisor: AnyActorRef): number => planOf(supervisor).children.length;

/**
 * The present actor of the partition that has a key: whole numbers by their remainder, other keys by a hash of their text.
 *
 * @returns undefined while it restarts
 */
export function partition(supervisor: AnyActorRef, key: unknown): AnyActorRef | undefined {
  const { children } = planOf(supervisor);
  return children[(Number.isSafeInteger(key) ? Math.abs(key as number) : hash(String(key))) % children.length]?.actor;
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h >>> 0;
}
