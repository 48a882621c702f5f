import type { AnyActorRef } from "xstate";
import type { Exit } from "#src/kernel/exit";
import type { Stamps } from "#src/policy/restart";
import type { Member } from "#src/policy/strategy";
import type { Answer, Reply, RestartEntry } from "./call.ts";
import type { CheckedFlags, CheckedSpec } from "./child-spec.ts";
import type { Delivery } from "./messenger.ts";
import type { Spell } from "./yielding.ts";

/** A child's record. The order of a plan's records is the start order. */
export interface ChildRecord extends Member {
  readonly spec: CheckedSpec;
  readonly actor: AnyActorRef | undefined;
  readonly startedMs: number;
  readonly restarts: number;
  readonly history: readonly RestartEntry[];
  /** Set while a delayed restart is awaited; a delay that elapses with another number is stale. */
  readonly waiting: Waiting | undefined;
  /** The turn of the event loop in which it was restarted last. */
  readonly turn: number | undefined;
}
interface Waiting {
  readonly ticket: number;
  /** Whether the restart that is waited for is counted already. */
  readonly isCounted: boolean;
}

/** What is left to do for the message that is being handled: stop these, then start those, then conclude. */
export interface Job {
  readonly stop: readonly string[];
  readonly start: readonly string[];
  /** How many of them are done: a cursor, since a list without its first costs as much as it is long. */
  readonly stopped?: number;
  readonly started?: number;
  readonly goal:
    | { readonly type: "boot" | "restart" }
    | { readonly type: "answer"; readonly reply: Reply; readonly answer: Answer }
    | { readonly type: "start"; readonly reply: Reply; readonly isNew: boolean }
    | { readonly type: "exit"; readonly exit: Exit };
}

/** Everything an ordinary supervisor decides with. Changed only by the functions below, which have no effects. */
export interface Plan {
  readonly name: string;
  readonly flags: CheckedFlags;
  readonly children: readonly ChildRecord[];
  /** Where each record stood when it was last looked for: a cache, shared by all versions of the plan. */
  readonly stood: Map<string, number>;
  readonly stamps: Stamps;
  readonly job: Job | undefined;
  readonly outbox: readonly Delivery[];
  readonly boot: "booting" | "up" | "failed";
  readonly exit: Exit | undefined;
  readonly isSuspended: boolean;
  /** The restarts of the present turn of the event loop. */
  readonly spell: Spell | undefined;
  /** The child whose restart waits for the event loop to have its turn. */
  readonly yieldsFor: string | undefined;
  readonly tickets: number;
}

/** When something happens: milliseconds since 1970, and of a clock that never goes back; and the turn of the event loop. */
export interface Timestamps {
  readonly at: number;
  readonly nowMs: number;
  readonly turn: number;
}

export const recordOf = (spec: CheckedSpec): ChildRecord => ({
  id: spec.id,
  restart: spec.restart,
  significant: spec.significant,
  state: "stopped",
  spec,
  actor: undefined,
  startedMs: 0,
  restarts: 0,
  history: [],
  waiting: undefined,
  turn: undefined,
});

export const childOf = (plan: Plan, id: string): ChildRecord | undefined => plan.children[positionOf(plan, id)];

/** Where a record stands, or -1. Remembers where it stood last: that only saves the search, and may be wrong. */
function positionOf({ children, stood }: Plan, id: string): number {
  const last = stood.get(id);
  if (last !== undefined && children[last]?.id === id) return last;
  const at = children.findIndex((child) => child.id === id);
  if (at >= 0) stood.set(id, at);
  return at;
}

/** The child that is being stopped, or started, at this moment. */
export const stoppingChild = (plan: Plan): ChildRecord | undefined =>
  recordAt(plan, plan.job?.stop[plan.job.stopped ?? 0]);
export const startingChild = (plan: Plan): ChildRecord | undefined =>
  recordAt(plan, plan.job?.start[plan.job.started ?? 0]);
const recordAt = (plan: Plan, id: string | undefined): ChildRecord | undefined =>
  id === undefined ? undefined : childOf(plan, id);

export const post = (plan: Plan, delivery: Delivery): Plan => ({ ...plan, outbox: [...plan.outbox, delivery] });
export const answer = (plan: Plan, reply: Reply, said: Answer): Plan =>
  post(plan, { type: "answer", reply, answer: said });
export const drop = (plan: Plan, id: string): Plan => ({ ...plan, children: others(plan, id) });
export function change(plan: Plan, id: string, changes: Partial<ChildRecord>): Plan {
  const at = positionOf(plan, id);
  return at < 0 ? plan : { ...plan, children: plan.children.with(at, { ...plan.children[at]!, ...changes }) };
}
export const others = (plan: Plan, id: string): ChildRecord[] => plan.children.filter((child) => child.id !== id);
