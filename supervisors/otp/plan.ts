import type { AnyActorRef } from "xstate";
import { type Exit, shutdown } from "#src/kernel/exit";
import { err } from "#src/kernel/result";
import { countRestart, verdictOn, withinBudget } from "#src/policy/restart";
import { endsSupervisor, restartPass, stopOrder } from "#src/policy/strategy";
import { startError, startedWith } from "./call.ts";
import type { CheckedFlags, CheckedSpec } from "./child-spec.ts";
import type { SupervisionFact } from "./facts.ts";
import { incarnationOf, remembered } from "./instances.ts";
import type { Settled } from "./launch.ts";
import {
  answer,
  type ChildRecord,
  change,
  childOf,
  drop,
  others,
  type Plan,
  post,
  recordOf,
  startingChild,
  stoppingChild,
  type Timestamps,
} from "./plan-records.ts";
import { countInTurn } from "./yielding.ts";

/** The plan of a supervisor whose flags and specs are valid. */
export const bootPlan = (name: string, flags: CheckedFlags, specs: readonly CheckedSpec[]): Plan =>
  conclude({
    ...emptyPlan(name, flags),
    children: specs.map(recordOf),
    stood: new Map(specs.map(({ id }, i) => [id, i])),
    job: { stop: [], start: specs.map(({ id }) => id), goal: { type: "boot" } },
  });

/** The plan of a supervisor that cannot boot: it ends at once. */
export const failedPlan = (name: string, exit: Exit): Plan => ({
  ...emptyPlan(name, { strategy: "one_for_one", intensity: 0, period: 1, autoShutdown: "never" }),
  boot: "failed",
  exit,
});

const emptyPlan = (name: string, flags: CheckedFlags): Plan => ({
  name,
  flags,
  children: [],
  stood: new Map(),
  stamps: [],
  job: undefined,
  outbox: [],
  boot: "booting",
  exit: undefined,
  isSuspended: false,
  spell: undefined,
  yieldsFor: undefined,
  tickets: 0,
});

// ---------------------------------------------------------------- messages

/** A child exited by itself. An exit of an earlier incarnation changes nothing. */
export function childExited(plan: Plan, actor: AnyActorRef, exit: Exit, moment: Timestamps): Plan {
  const child = childOf(plan, actor.id); // an actor has the id of its child
  if (child?.actor !== actor) return plan;
  const verdict = verdictOn(child.restart, exit);
  const willRestart = verdict === "restart" && withinBudget(child.restarts, child.spec.restartBudget);
  const delayMs = willRestart ? delayOf(child, exit) : 0;
  const told = report(plan, { type: "child.exited", id: child.id, actor, exit, willRestart, delayMs });
  const buried =
    verdict === "drop" ? drop(told, child.id) : change(told, child.id, { state: "stopped", actor: undefined });
  if (willRestart) return restart(remember(buried, child, exit, moment), child.id, moment, delayMs);
  return endedFor(buried, child);
}

/** A child stays down, and with it the supervisor if the child was significant. */
const endedFor = (plan: Plan, child: ChildRecord): Plan =>
  endsSupervisor(plan.flags.autoShutdown, child, others(plan, child.id)) ? stopAll(plan, shutdown()) : plan;

const report = (plan: Plan, fact: SupervisionFact): Plan => post(plan, { type: "fact", fact });

/** The message that a supervisor sends itself after a failed start, or that comes when a delay has passed. */
export function retry(plan: Plan, id: string, ticket: number | undefined, moment: Timestamps): Plan {
  const child = childOf(plan, id);
  if (child?.state !== "restarting" || child.waiting?.ticket !== ticket) return plan;
  if (child.waiting?.isCounted) return restartGroup(plan, id, moment);
  if (!withinBudget(child.restarts, child.spec.restartBudget)) return abandon(plan, child);
  return restart(change(plan, id, { restarts: child.restarts + 1 }), id, moment, 0);
}

const DOWN = { state: "stopped", waiting: undefined } as const;

/** Leaves a child down whose starts fail and whose own budget is spent. */
function abandon(plan: Plan, child: ChildRecord): Plan {
  const told = report(plan, { type: "child.abandoned", id: child.id });
  return endedFor(change(told, child.id, DOWN), child);
}

/** Counts a restart, and begins it, or puts it off, or gives up. */
function restart(plan: Plan, id: string, moment: Timestamps, delayMs: number): Plan {
  const { stamps, tolerated } = countRestart(plan.stamps, moment.nowMs, plan.flags);
  const counted = { ...plan, stamps };
  if (!tolerated) {
    const told = report(counted, { type: "supervisor.exhausted", id: plan.name });
    return stopAll(change(told, id, DOWN), shutdown());
  }
  return delayMs > 0 ? putOff(counted, id, delayMs, true) : restartGroup(counted, id, moment);
}

/** Begins a restart, unless it must wait for the event loop: nothing else is done meanwhile, as if the restart had taken so long. */
function restartGroup(plan: Plan, culprit: string, { turn }: Timestamps): Plan {
  const { spell, mustYield } = countInTurn(turn, plan.spell, childOf(plan, culprit)!.turn);
  if (mustYield)
    return post({ ...change(plan, culprit, { waiting: undefined }), yieldsFor: culprit }, { type: "yield" });
  return beginRestart({ ...change(plan, culprit, { turn }), spell }, culprit);
}

/** The event loop has had its turn. */
export function yielded(plan: Plan, { turn }: Timestamps): Plan {
  const id = plan.yieldsFor;
  if (id === undefined) return plan;
  return beginRestart({ ...change(plan, id, { turn }), yieldsFor: undefined, spell: { turn, restarts: 1 } }, id);
}

function beginRestart(plan: Plan, culprit: string): Plan {
  const { stop, start } = restartPass(plan.flags.strategy, plan.children, culprit);
  const cleared = start.reduce((at, id) => (childOf(at, id)?.state === "alive" ? at : change(at, id, DOWN)), plan);
  return conclude({ ...cleared, job: { stop, start, goal: { type: "restart" } } });
}

/** Marks a child as restarting and has the supervisor remind itself: at once, behind the mail it has, or after a delay. */
function putOff(plan: Plan, id: string, delayMs: number, isCounted: boolean): Plan {
  const ticket = delayMs > 0 ? plan.tickets + 1 : undefined;
  const waiting = ticket === undefined ? undefined : { ticket, isCounted };
  const marked = change({ ...plan, tickets: ticket ?? plan.tickets }, id, { state: "restarting", waiting });
  return post(marked, { type: "reminder", reminder: { type: "supervisor.retry", id, ticket }, delayMs });
}

/** Stops every child in reverse start order and then exits. */
export const stopAll = (plan: Plan, exit: Exit): Plan =>
  conclude({ ...plan, job: { stop: stopOrder(plan.children), start: [], goal: { type: "exit", exit } } });

// ---------------------------------------------------------------- jobs

/** The child that was being stopped is gone. */
export function stopped(plan: Plan): Plan {
  const { id, restart } = stoppingChild(plan)!;
  const forgotten = restart === "temporary" ? drop(plan, id) : change(plan, id, { state: "stopped", actor: undefined });
  return conclude({ ...forgotten, job: { ...plan.job!, stopped: (plan.job!.stopped ?? 0) + 1 } });
}

/** The start of a child has completed. */
export function settled(plan: Plan, outcome: Settled, { nowMs }: Timestamps): Plan {
  const job = plan.job!;
  const { id, restart, spec } = startingChild(plan)!;
  const rest = { ...plan, job: { ...job, started: (job.started ?? 0) + 1 } };
  switch (outcome.type) {
    case "started":
      return concludeWith(
        change(rest, id, { state: "alive", actor: outcome.actor, startedMs: nowMs, spec: withoutStart(spec) }),
        outcome.actor,
        outcome.info,
      );
    case "ignored":
      return concludeWith(restart === "temporary" ? drop(rest, id) : rest, undefined);
    case "failed":
      return startFailed(plan, id, outcome.reason);
  }
}

/** A temporary child is never started again: what its start function holds may go. */
const withoutStart = (spec: CheckedSpec): CheckedSpec =>
  spec.restart === "temporary" ? { ...spec, start: () => "ignore", given: undefined } : spec;

/** The caller of startChild or restartChild gets the actor, or nothing where the start was ignored. */
const concludeWith = (plan: Plan, actor: AnyActorRef | undefined, info?: unknown): Plan =>
  conclude(plan.job?.goal.type === "start" ? answer(plan, plan.job.goal.reply, startedWith(actor, info)) : plan);

function startFailed(plan: Plan, id: string, reason: unknown): Plan {
  const { goal } = plan.job!;
  const idle = { ...plan, job: undefined };
  switch (goal.type) {
    case "boot":
      return failBoot({ ...idle, boot: "failed" }, shutdown({ failed_to_start_child: id, reason }));
    case "restart":
      return putOff(idle, id, delayOf(childOf(plan, id)!, undefined), false);
    case "start":
      return answer(goal.isNew ? drop(idle, id) : idle, goal.reply, err(startError(reason)));
    case "answer":
    case "exit":
      return idle; // never: neither starts a child
  }
}

const failBoot = (plan: Plan, exit: Exit): Plan =>
  stopAll(report(plan, { type: "supervisor.failed", id: plan.name, exit }), exit);

/** Ends the job if nothing is left of it. */
export function conclude(plan: Plan): Plan {
  const { job } = plan;
  if (!job || job.stop.length > (job.stopped ?? 0) || job.start.length > (job.started ?? 0)) return plan;
  const idle = { ...plan, job: undefined };
  switch (job.goal.type) {
    case "boot":
      return { ...idle, boot: "up" };
    case "restart":
    case "start":
      return idle;
    case "answer":
      return answer(idle, job.goal.reply, job.goal.answer);
    case "exit":
      return { ...idle, exit: job.goal.exit };
  }
}

const remember = (plan: Plan, child: ChildRecord, exit: Exit, { at, nowMs }: Timestamps): Plan =>
  change(plan, child.id, {
    restarts: child.restarts + 1,
    history: remembered(child.history, at, exit, nowMs - child.startedMs),
  });

/** Milliseconds before a restart of `child`; after a failed start by the exit that led to it. */
function delayOf({ spec, history, restarts }: ChildRecord, exit: Exit | undefined): number {
  const last = exit ?? history.at(-1)?.exit;
  return spec.delayMs && last ? spec.delayMs(last, incarnationOf({ restarts, history })) : 0;
}
