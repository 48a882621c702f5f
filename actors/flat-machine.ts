import type { ActorLogic, ActorSystem, AnyActorRef, AnyEventObject, EventObject, Snapshot } from "xstate";
import { type Exit, isNormal } from "#src/kernel/exit";

/**
 * A flat statechart, run as plain actor logic. It reads the part of XState's own configuration that one actor per task needs: named
 * states, guarded transitions, entry actions, final states. XState's interpreter spends 40 microseconds and more on such an actor, this
 * one about five; `test/actors/flat-machine.test.ts` proves both equal over every simple path of the worker's chart.
 */
export interface FlatConfig<State extends string = string> {
  readonly id: string;
  readonly initial: State;
  readonly states: Readonly<Record<State, FlatState<State>>>;
}

export interface FlatState<State extends string> {
  readonly type?: "final";
  readonly entry?: readonly string[];
  readonly on?: Readonly<Record<string, FlatTransition<State> | readonly FlatTransition<State>[]>>;
}

export interface FlatTransition<State extends string> {
  readonly guard?: string;
  /** Without it the actor stays where it is and runs the actions. */
  readonly target?: State;
  readonly actions?: readonly string[];
}

/** What guards and actions get. */
export interface FlatArgs<Context, Event extends EventObject> {
  readonly context: Context;
  readonly event: Event;
  readonly self: AnyActorRef;
  readonly system: ActorSystem<never>;
}

export interface FlatMachine<Context, Event extends EventObject, Input, State extends string> {
  readonly config: FlatConfig<State>;
  readonly context: (input: Input) => Context;
  readonly guards: Readonly<Record<string, (args: FlatArgs<Context, Event>) => boolean>>;
  /** Effects; what they return is merged into the context. The entry of the initial state has effects only. */
  readonly actions: Readonly<Record<string, (args: FlatArgs<Context, Event>) => Partial<Context> | undefined | void>>;
  /** How the actor ends in a final state. */
  readonly exit: (state: State, context: Context) => Exit;
  /** Told when the actor is stopped from outside. */
  readonly stopped?: (context: Context) => void;
}

export type FlatSnapshot<Context, State extends string> = Snapshot<Exit> & {
  readonly value: State;
  readonly context: Context;
};

export type FlatLogic<Context, Event extends EventObject, Input, State extends string> = ActorLogic<
  FlatSnapshot<Context, State>,
  Event,
  Input
> & { readonly config: FlatConfig<State> };

/** Actor logic of a flat machine. */
export function flatMachine<Context extends object, Event extends EventObject, Input, State extends string>(
  machine: FlatMachine<Context, Event, Input, State>,
): FlatLogic<Context, Event, Input, State> {
  type Snap = FlatSnapshot<Context, State>;
  type Args = FlatArgs<Context, Event>;
  const { config, guards, actions } = machine;

  const perform = (names: readonly string[] | undefined, args: Args): Context => {
    let { context } = args;
    for (const name of names ?? []) {
      const change = actions[name]!({ ...args, context });
      if (change) context = { ...context, ...change };
    }
    return context;
  };

  const enter = (value: State, context: Context): Snap => {
    if (config.states[value].type !== "final") return active(value, context);
    const exit = machine.exit(value, context);
    return isNormal(exit)
      ? ({ status: "done", output: exit, error: undefined, value, context } as Snap)
      : ({ status: "error", output: undefined, error: exit, value, context } as Snap);
  };

  return {
    config,
    getInitialSnapshot: (_scope, input) => active(config.initial, machine.context(input)) as Snap,
    start: (snapshot, { self, system }) => {
      perform(config.states[config.initial].entry, {
        context: snapshot.context,
        event: { type: "xstate.init" } as unknown as Event,
        self,
        system: system as ActorSystem<never>,
      });
    },
    transition: (snapshot, event, { self, system }) => {
      if (snapshot.status !== "active") return snapshot;
      if ((event as AnyEventObject).type === "xstate.stop") {
        machine.stopped?.(snapshot.context);
        return { ...snapshot, status: "stopped", output: undefined, error: undefined } as Snap;
      }
      const state = config.states[snapshot.value];
      const choices = state.on?.[event.type];
      if (!choices) return snapshot;
      const args: Args = { context: snapshot.context, event, self, system: system as ActorSystem<never> };
      const taken = ([choices].flat() as FlatTransition<State>[]).find(({ guard }) => !guard || guards[guard]!(args));
      if (!taken) return snapshot;
      let context = perform(taken.actions, args);
      if (taken.target === undefined) return { ...snapshot, context };
      context = perform(config.states[taken.target].entry, { ...args, context });
      return enter(taken.target, context);
    },
    getPersistedSnapshot: (snapshot) => snapshot,
  };
}

const active = <Context, State extends string>(value: State, context: Context): FlatSnapshot<Context, State> =>
  ({ status: "active", output: undefined, error: undefined, value, context }) as FlatSnapshot<Context, State>;
