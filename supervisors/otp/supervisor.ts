import {
  type ActorLogic,
  type AnyActorRef,
  type AnyStateMachine,
  assign,
  type EventObject,
  type Snapshot,
  sendTo,
  setup,
} from "xstate";
import { crash, type Exit, shutdown } from "#src/kernel/exit";
import { currentTurn } from "#src/kernel/turns";
import type { SupervisorCall } from "./call.ts";
import { checkFlags, checkSpecs, isOptions, SPEC_KEYS, SUPERVISOR_KEYS, supervisorLogics } from "./check-spec.ts";
import type { ChildSpec, SupervisorFlags } from "./child-spec.ts";
import { clockOf } from "./delay.ts";
import { type DynamicSupervisorLogic, type SimpleOneForOneOptions, simpleOneForOne } from "./dynamic.ts";
import type { ShutdownRequest } from "./exit.ts";
import { type FactListener, reporter } from "./facts.ts";
import { incarnationOf } from "./instances.ts";
import { messengerLogic, type RetryReminder } from "./messenger.ts";
import { type NurseryFact, nurseryLogic } from "./nursery.ts";
import { bootPlan, childExited, failedPlan, retry, settled, stopAll, stopped, yielded } from "./plan.ts";
import { type Plan, post, startingChild, stoppingChild, type Timestamps } from "./plan-records.ts";
import { take } from "./requests.ts";
import { attempt, noOptions } from "./spec-error.ts";
import type { CheckedOptions, Knows } from "./typed.ts";
import { unknownKeys, type Warning } from "./warnings.ts";

/** An ordinary supervisor: its flags, and its children in start order. */
export interface SupervisorOptions extends SupervisorFlags {
  readonly children: readonly ChildSpec[];
  /** Called at every start, exit and restart of a child, at once. What it throws is logged and changes nothing. */
  readonly onFact?: FactListener | null;
}

type Mail =
  | NurseryFact
  | SupervisorCall
  | ShutdownRequest
  | RetryReminder
  | { readonly type: "supervisor.yielded" }
  | { readonly type: "supervisor.suspend" | "supervisor.resume" };

export interface SupervisorContext {
  readonly plan: Plan;
  /** Mail that came while something else was being done, oldest first. */
  readonly inbox: readonly Mail[];
  readonly onFact: FactListener | null | undefined;
}

const momentOf = (self: AnyActorRef): Timestamps => {
  const clock = clockOf(self.system);
  return { at: clock.now(), nowMs: clock.monotonic(), turn: currentTurn() };
};

/** Handles one message of the inbox. Everything it causes is done before the next is taken out. */
function handle(plan: Plan, mail: Mail, moment: Timestamps): Plan {
  switch (mail.type) {
    case "child.exited":
      return childExited(plan, mail.actor, mail.exit, moment);
    case "supervisor.call":
      return take(plan, mail);
    case "supervisor.retry":
      return retry(plan, mail.id, mail.ticket, moment);
    case "actor.shutdown":
      return stopAll(plan, mail.exit ?? shutdown()); // a stranger may leave it out
    case "supervisor.suspend":
      return { ...plan, isSuspended: true };
    case "supervisor.resume":
    case "supervisor.yielded":
    case "start.settled":
      return plan; // each means something only in a state that waits for it
  }
}

const isResume = (mail: Mail): boolean => mail.type === "supervisor.resume";

/** Checks what OTP checks before anything starts. */
function planOf(name: string, options: SupervisorOptions): Plan {
  const checked = attempt(() => {
    if (!isOptions(options)) throw noOptions(options);
    const flags = checkFlags(options);
    return bootPlan(name, flags, checkSpecs(options.children, flags.autoShutdown));
  });
  if (!checked.ok) return failedPlan(name, crash(checked.error));
  const warnings = [...unknownKeys(options, SUPERVISOR_KEYS), ...options.children.flatMap(unknownSpecKeys)];
  return warnings.reduce((plan: Plan, warning) => post(plan, { type: "warning", warning }), checked.value);
}

const unknownSpecKeys = (spec: ChildSpec, i: number): Warning[] => unknownKeys(spec, SPEC_KEYS, `children[${i}]`);

const machine = setup({
  types: {
    input: {} as SupervisorOptions,
    context: {} as SupervisorContext,
    events: {} as Mail,
    output: {} as Exit,
  },
  actors: { nursery: nurseryLogic, messenger: messengerLogic },
  actions: {
    defer: assign({ inbox: ({ context, event }) => [...context.inbox, event] }),
    takeOldest: assign(({ context, self }) => ({
      plan: handle(context.plan, context.inbox[0]!, momentOf(self)),
      inbox: context.inbox.slice(1),
    })),
    deliver: sendTo("messenger", ({ context }) => ({ type: "messenger.deliver", outbox: context.plan.outbox })),
    emptyOutbox: assign({ plan: ({ context }) => ({ ...context.plan, outbox: [] }) }),
    startNext: sendTo("nursery", ({ context }) => {
      const child = startingChild(context.plan)!;
      const { id, spec, restarts } = child;
      const start = () => spec.start(incarnationOf(child));
      return { type: "nursery.start", id, name: spec.name, start, readiness: spec, restarts };
    }),
    settle: assign({
      plan: ({ context, event, self }) =>
        event.type === "start.settled" ? settled(context.plan, event.outcome, momentOf(self)) : context.plan,
    }),
    stopNext: sendTo("nursery", ({ context }) => {
      const { actor, spec } = stoppingChild(context.plan)!;
      return { type: "nursery.stop", actor: actor!, shutdown: spec.shutdown };
    }),
    forgetChild: assign({ plan: ({ context }) => stopped(context.plan) }),
    restart: assign({ plan: ({ context, self }) => yielded(context.plan, momentOf(self)) }),
    resume: assign(({ context }) => ({
      plan: { ...context.plan, isSuspended: false },
      inbox: context.inbox.toSpliced(context.inbox.findIndex(isResume), 1),
    })),
  },
  guards: {
    hasMail: ({ context }) => context.inbox.length > 0,
    mustDeliver: ({ context }) => context.plan.outbox.length > 0,
    mustStop: ({ context }) => stoppingChild(context.plan) !== undefined,
    mustStart: ({ context }) => startingChild(context.plan) !== undefined,
    mustYield: ({ context }) => context.plan.yieldsFor !== undefined,
    mustExit: ({ context }) => context.plan.exit !== undefined,
    mustSuspend: ({ context }) => context.plan.isSuspended,
    mayResume: ({ context }) => context.inbox.some(isResume),
    isAwaited: ({ context, event }) =>
      event.type === "child.exited" && event.actor === stoppingChild(context.plan)?.actor,
  },
}).createMachine({
  id: "supervisor",
  context: ({ input, self }) => ({ plan: planOf(self.id, input), inbox: [], onFact: input?.onFact }),
  invoke: [
    {
      src: "nursery",
      id: "nursery",
      input: ({ self, context }) => ({ owner: self, boot: () => bootOf(self), onFact: context.onFact }),
    },
    { src: "messenger", id: "messenger", input: ({ self, context }) => ({ owner: self, onFact: context.onFact }) },
  ],
  on: {
    "child.exited": { actions: "defer" },
    "supervisor.call": { actions: "defer" },
    "supervisor.retry": { actions: "defer" },
    "supervisor.suspend": { actions: "defer" },
    "supervisor.resume": { actions: "defer" },
    "actor.shutdown": { actions: "defer" },
  },
  output: ({ context }) => context.plan.exit!,
  initial: "deciding",
  states: {
    deciding: {
      always: [
        { guard: "mustDeliver", actions: ["deliver", "emptyOutbox"] },
        { guard: "mustYield", target: "yielding" },
        { guard: "mustStop", target: "stopping" },
        { guard: "mustStart", target: "starting" },
        { guard: "mustExit", target: "exited" },
        { guard: "mustSuspend", target: "suspended" },
        { target: "idle" },
      ],
    },
    idle: { always: { guard: "hasMail", actions: "takeOldest", target: "deciding" } },
    starting: { entry: "startNext", on: { "start.settled": { actions: "settle", target: "deciding" } } },
    stopping: {
      entry: "stopNext",
      on: {
        "child.exited": [{ guard: "isAwaited", actions: "forgetChild", target: "deciding" }, { actions: "defer" }],
      },
    },
    yielding: { on: { "supervisor.yielded": { actions: "restart", target: "deciding" } } },
    suspended: { always: { guard: "mayResume", actions: "resume", target: "idle" } },
    exited: { type: "final" },
  },
});

/** The machine of an ordinary supervisor, for tools that draw. It decides, without effects; its nursery acts. */
export const supervisorMachine: AnyStateMachine = machine;

const bootOf = (self: AnyActorRef): Plan["boot"] =>
  (self.getSnapshot() as { context: SupervisorContext }).context.plan.boot;

/** What a supervisor's snapshot shows. */
export type SupervisorSnapshot = Snapshot<Exit> & { readonly context: SupervisorContext };

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
  const logic: SupervisorLogic = Object.create(machine, {
    getInitialSnapshot: {
      value: ((scope) => {
        const snapshot = machine.getInitialSnapshot(scope as never, options);
        const { exit } = snapshot.context.plan; // it ends before its messenger could say so
        if (exit) reporter(scope, scope.self, options?.onFact)({ type: "supervisor.failed", id: scope.self.id, exit });
        return snapshot;
      }) as SupervisorLogic["getInitialSnapshot"],
    },
  });
  supervisorLogics.add(logic);
  return logic;
}
