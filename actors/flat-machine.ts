import type { ActorLogic, ActorSystem, AnyActorRef, EventObject, Snapshot } from "xstate";
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
  /** Without it, and where it is the state itself, the actor stays where it is and runs the actions only. */
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

type Guard<Context, Event extends EventObject> = (args: FlatArgs<Context, Event>) => boolean;
type Action<Context, Event extends EventObject> = (args: FlatArgs<Context, Event>) => Partial<Context> | undefined;

export interface FlatMachine<Context, Event extends EventObject, Input, State extends string> {
  readonly config: FlatConfig<State>;
  readonly context: (input: Input) => Context;
  readonly guards: Readonly<Record<string, Guard<Context, Event>>>;
  /** Effects; what they return is merged into the context. The entry of the initial state has effects only. */
  readonly actions: Readonly<Record<string, Action<Context, Event>>>;
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

/** A configuration with its names looked up, so that no event has to. */
interface Compiled<Context, Event extends EventObject> {
  readonly isFinal: boolean;
  readonly entry: readonly Action<Context, Event>[];
  readonly on: ReadonlyMap<string, readonly CompiledTransition<Context, Event>[]>;
}

interface CompiledTransition<Context, Event extends EventObject> {
  readonly guard: Guard<Context, Event> | undefined;
  readonly target: string | undefined;
  readonly actions: readonly Action<Context, Event>[];
}

function compile<Context, Event extends EventObject, State extends string>({
  config,
  guards,
  actions,
}: Pick<FlatMachine<Context, Event, never, State>, "config" | "guards" | "actions">): ReadonlyMap<
  string,
  Compiled<Context, Event>
> {
  const actionsOf = (names: readonly string[] = []) => names.map((name) => actions[name]!);
  const states = Object.entries<FlatState<State>>(config.states).map(([name, { type, entry, on = {} }]) => {
    const transitions = Object.entries(on).map(([event, choices]) => {
      const compiled = ([choices].flat() as FlatTransition<State>[]).map((choice) => ({
        guard: choice.guard === undefined ? undefined : guards[choice.guard]!,
        target: choice.target,
        actions: actionsOf(choice.actions),
      }));
      return [event, compiled] as const;
    });
    return [name, { isFinal: type === "final", entry: actionsOf(entry), on: new Map(transitions) }] as const;
  });
  return new Map(states);
}

/** Actor logic of a flat machine. */
export function flatMachine<Context extends object, Event extends EventObject, Input, State extends string>(
  machine: FlatMachine<Context, Event, Input, State>,
): FlatLogic<Context, Event, Input, State> {
  type Snap = FlatSnapshot<Context, State>;
  type Args = { -readonly [K in keyof FlatArgs<Context, Event>]: FlatArgs<Context, Event>[K] };
  const { config } = machine;
  const states = compile(machine);

  /** Runs actions in order, each with the context that the one before left. */
  const perform = (actions: readonly Action<Context, Event>[], args: Args): void => {
    for (const action of actions) {
      const change = action(args);
      if (change) args.context = { ...args.context, ...change };
    }
  };

  const enter = (value: State, context: Context): Snap => {
    if (!states.get(value)!.isFinal) return active(value, context);
    const exit = machine.exit(value, context);
    return isNormal(exit)
      ? ({ status: "done", output: exit, error: undefined, value, context } as Snap)
      : ({ status: "error", output: undefined, error: exit, value, context } as Snap);
  };

  return {
    config,
    getInitialSnapshot: (_scope, input) => active(config.initial, machine.context(input)),
    start: (snapshot, { self, system }) => {
      const event = { type: "xstate.init" } as unknown as Event;
      perform(states.get(config.initial)!.entry, {
        context: snapshot.context,
        event,
        self,
        system: system as ActorSystem<never>,
      });
    },
    transition: (snapshot, event, { self, system }) => {
      if (snapshot.status !== "active") return snapshot;
      if ((event.type as string) === "xstate.stop") {
        machine.stopped?.(snapshot.context);
        return { ...snapshot, status: "stopped", output: undefined, error: undefined } as Snap;
      }
      const choices = states.get(snapshot.value)!.on.get(event.type);
      if (!choices) return snapshot;
      const args: Args = { context: snapshot.context, event, self, system: system as ActorSystem<never> };
      const taken = choices.find(({ guard }) => guard === undefined || guard(args));
      if (!taken) return snapshot;
      perform(taken.actions, args);
      if (taken.target === undefined || taken.target === snapshot.value) return active(snapshot.value, args.context);
      perform(states.get(taken.target)!.entry, args);
      return enter(taken.target as State, args.context);
    },
    getPersistedSnapshot: (snapshot) => snapshot,
  };
}

const active = <Context, State extends string>(value: State, context: Context): FlatSnapshot<Context, State> =>
  ({ status: "active", output: undefined, error: undefined, value, context }) as FlatSnapshot<Context, State>;
