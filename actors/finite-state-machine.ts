import type { ActorLogic, ActorScope, ActorSystem, AnyActorRef, EventObject, Snapshot } from "xstate";
import { ConfigError, didYouMean } from "#src/kernel/errors";
import { type Exit, isNormal } from "#src/kernel/exit";
import { isRunning, showAction } from "#src/xstate-internals";
import {
  type Assign,
  type Choice,
  type CompiledState,
  compileChart,
  type Effect,
  type FsmChart,
  type FsmFunctions,
  type FsmState,
  type FsmTransition,
  type FsmTransitions,
  type Guard,
  type Step,
} from "./fsm-chart.ts";
import { choose, type FsmSnapshot, snapshotsOf } from "./fsm-snapshot.ts";

/**
 * A finite state machine as XState actor logic, for actors on the way of every task: XState's interpreter of statecharts costs about seven times
 * as much for each of them. The idea is XState's own: `@xstate/fsm` was such a machine for version 4, and version 6 has `createFSM`, which
 * can take the place of this one. `test/actors/finite-state-machine.test.ts` proves both interpreters equal over every simple path of the
 * worker's chart and over random charts.
 *
 * | | `createMachine` | `createFsm` |
 * |---|---|---|
 * | states | nested, parallel, with history | flat |
 * | entry, `always`, `after`, guards, `on` of the whole machine, final states, tags | yes | yes |
 * | exit actions, `invoke`, `spawn`, `"*"`, parameters of guards and actions | yes | no |
 * | names of states, events, guards, actions, delays | checked by `setup` | checked by types, and when the machine is made |
 * | change of the context | `assign()` among the actions | functions in `assigns`; actions return nothing |
 * | `matches`, `can`, `hasTag` of a snapshot | its own | on the prototype: lost when a snapshot is spread, as XState does to one whose actor threw |
 * | `children`, `getMeta`, `historyValue` of a snapshot | yes | no |
 * | actions | performed by the actor | the same: none in `transition`, `getNextSnapshot` and other pure calls |
 * | a context that actions change in place | next snapshots see it | the same: pure calls leave such changes out |
 * | `createActor(logic, { snapshot })` | resumes, sets no delay again | the same |
 * | inspection | events, snapshots, actions, microsteps | all but microsteps |
 * | end | `output`, or an error that was thrown | an `Exit`: normal ones are the output, others the error |
 */
export interface Fsm<
  Context extends object,
  Event extends EventObject,
  Input,
  State extends string,
  Guards extends string,
  Assigns extends string,
  Actions extends string,
  Delays extends string,
> {
  /** For the compiler, as in XState's `setup`. */
  readonly types: { readonly context: Context; readonly events: Event; readonly input: Input };
  readonly chart: {
    readonly id: string;
    readonly initial: NoInfer<State>;
    readonly on?: FsmTransitions<
      NoInfer<Event>["type"],
      FsmTransition<`.${NoInfer<State>}`, NoInfer<Guards>, NoInfer<Assigns | Actions>>
    >;
    readonly states: {
      readonly [Name in State]: FsmState<
        NoInfer<State>,
        NoInfer<Event>["type"],
        NoInfer<Guards>,
        NoInfer<Assigns | Actions>,
        NoInfer<Delays>
      >;
    };
  };
  readonly context: (input: NoInfer<Input>) => NoInfer<Context>;
  /** Pure. */
  readonly guards?: { readonly [Name in Guards]: Guard<NoInfer<Context>, NoInfer<Event>> };
  /** Pure: what they return is merged into the context. */
  readonly assigns?: { readonly [Name in Assigns]: Assign<NoInfer<Context>, NoInfer<Event>> };
  /** Effects, performed in order, between assigns and before the next snapshot is seen; those of the start when the actor is started. */
  readonly actions?: { readonly [Name in Actions]: Effect<NoInfer<Context>, NoInfer<Event>> };
  /** Milliseconds of each named delay, asked when its state is entered. */
  readonly delays?: { readonly [Name in Delays]: (context: NoInfer<Context>) => number };
  /** How the actor ends in a final state. */
  readonly exit: (state: NoInfer<State>, context: NoInfer<Context>) => Exit;
  /** Called when the actor is stopped from outside. */
  readonly stopped?: (context: NoInfer<Context>) => void;
}

export type FsmLogic<Context, Event extends EventObject, Input, State extends string> = ActorLogic<
  FsmSnapshot<Context, Event, State>,
  Event,
  Input
> & {
  readonly config: FsmChart<State>;
  /** Whether it hears `actor.shutdown` and then ends by itself. */
  readonly trapsExit: boolean;
};

/**
 * Actor logic of a finite state machine.
 *
 * @throws {ConfigError} for a chart that names a state, guard, action or delay that does not exist
 * @example
 * const door = createFsm({
 *   types: { context: {} as { opened: number }, events: {} as { type: "push" }, input: {} as undefined },
 *   chart: { id: "door", initial: "closed", states: { closed: { on: { push: { target: "open", actions: ["count"] } } }, open: { type: "final" } } },
 *   context: () => ({ opened: 0 }),
 *   assigns: { count: ({ context }) => ({ opened: context.opened + 1 }) },
 *   exit: () => ({ kind: "normal" }),
 * });
 * const opened = door.transition(door.restoreSnapshot({ value: "closed", status: "active", context: { opened: 0 } }), { type: "push" }, {});
 * [opened.matches("open"), opened.context] // => [true, { opened: 1 }]
 */
export function createFsm<
  Context extends object,
  Event extends EventObject,
  Input,
  State extends string,
  Guards extends string = never,
  Assigns extends string = never,
  Actions extends string = never,
  Delays extends string = never,
>(
  machine: Fsm<Context, Event, Input, State, Guards, Assigns, Actions, Delays>,
): FsmLogic<Context, Event, Input, State> {
  type Scope = Pick<ActorScope<never, Event>, "actionExecutor" | "defer"> & {
    readonly self: AnyActorRef;
    readonly system: ActorSystem<never>;
  };
  type Compiled = CompiledState<Context, Event>;
  type Taken = Choice<Context, Event>;
  interface Move {
    context: Context;
    readonly event: Event;
    readonly self: AnyActorRef;
    readonly system: ActorSystem<never>;
    readonly scope: Scope;
  }
  const moveOf = (context: Context, event: Event, scope: Scope): Move => {
    const { self, system } = scope;
    return { context, event, self, system, scope };
  };
  const chart = machine.chart as FsmChart<State>;
  const states = compileChart<Context, Event>(chart as FsmChart, machine as FsmFunctions<Context, Event>);

  const snapshotOf = snapshotsOf<Context, Event, State>(states);
  const restingIn = (value: string, context: Context): FsmSnapshot<Context, Event, State> => {
    if (!states.get(value)!.isFinal) return snapshotOf("active", value, context);
    const exit = machine.exit(value as State, context);
    return isNormal(exit)
      ? snapshotOf("done", value, context, exit)
      : snapshotOf("error", value, context, undefined, exit);
  };

  const perform = (steps: readonly Step<Context, Event>[], move: Move): void => {
    for (const { name, assign, effect } of steps) {
      if (assign) {
        const change = assign(move);
        // not `{ ...context, ...change }`: V8 11 gives each object that is made so a hidden class of its own, at 3 microseconds
        if (change) move.context = Object.assign({}, move.context, change);
      } else act(name, effect as Effect<Context, Event>, move);
    }
  };
  /** At once in an actor that runs; by XState's executor when it is started in one that does not, and never in a pure call. */
  const act = (type: string, effect: Effect<Context, Event>, move: Move): void => {
    const { context, event, self, system, scope } = move;
    if (isRunning(self)) {
      showAction(system, self, { type, params: undefined });
      effect(move);
      return;
    }
    scope.actionExecutor({
      type,
      params: undefined,
      info: { context, event, self, system } as never,
      exec: effect as never,
    });
  };

  /** Takes a transition, and further ones without an event. @returns the state where that ends */
  const take = (value: string, state: Compiled, { target, reenters, actions }: Taken, move: Move): string => {
    const leaves = target !== undefined && (target !== value || reenters);
    if (leaves && state.after.length > 0) cancelDelays(state, move);
    perform(actions, move);
    return leaves ? enter(target, move) : settle(value, state, move);
  };
  const enter = (value: string, move: Move): string => {
    const state = states.get(value)!;
    perform(state.entry, move);
    if (state.after.length > 0) setDelays(state, move);
    return settle(value, state, move);
  };
  const settle = (value: string, state: Compiled, move: Move): string => {
    if (state.always.length === 0) return value;
    const taken = choose(state.always, move);
    return taken ? take(value, state, taken, move) : value;
  };

  const setDelays = ({ after }: Compiled, { context, self, system, scope: { defer } }: Move): void => {
    for (const { type, delayMs } of after) {
      const ms = delayMs(context);
      defer(() => system.scheduler.schedule(self, self, { type }, ms, type));
    }
  };
  const cancelDelays = ({ after }: Compiled, { self, system, scope: { defer } }: Move): void =>
    defer(() => {
      for (const { type } of after) system.scheduler.cancel(self, type);
    });

  return {
    config: chart,
    trapsExit: [chart, ...Object.values<FsmState>(chart.states)].some(({ on }) => on && "actor.shutdown" in on),
    getInitialSnapshot: (scope, input) => {
      const move = moveOf(machine.context(input), BEGIN as never, scope as unknown as Scope);
      const value = enter(chart.initial, move);
      return restingIn(value, move.context);
    },
    transition: (snapshot, event, scope) => {
      if (snapshot.status !== "active") return snapshot;
      const { value, context } = snapshot;
      const move = moveOf(context, event, scope as unknown as Scope);
      const state = states.get(value)!;
      if ((event.type as string) === "xstate.stop") {
        const { stopped } = machine;
        if (stopped) act("stopped", ({ context: left }) => void stopped(left), move);
        return snapshotOf("stopped", value, context);
      }
      const choices = state.on.get(event.type);
      const taken = choices && choose(choices, move);
      const next = taken === undefined ? settle(value, state, move) : take(value, state, taken, move);
      return next === value && move.context === context ? snapshot : restingIn(next, move.context);
    },
    getPersistedSnapshot: ({ status, output, error, value, context }) =>
      ({ status, output, error, value, context }) as Snapshot<unknown>,
    restoreSnapshot: (persisted) => {
      const { status, value, context, output, error } = persisted as FsmSnapshot<Context, Event, State>;
      if (states.has(value)) return snapshotOf(status, value, context, output, error);
      const known = didYouMean(String(value), states.keys());
      throw new ConfigError(`a snapshot of ${chart.id}`, "must be in a known state", value, known);
    },
  };
}

const BEGIN = { type: "xstate.init" };
