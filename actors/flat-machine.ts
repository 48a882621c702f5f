import type { ActorLogic, ActorSystem, AnyActorRef, EventObject, Snapshot } from "xstate";
import { type Exit, isNormal } from "#src/kernel/exit";
import { systemClockOf } from "#src/xstate-internals";

/**
 * A flat statechart, run as plain actor logic. It reads the part of XState's own configuration that actors on the way of every task need:
 * named states, guarded transitions, entry actions, transitions without an event, delays, final states. XState's interpreter spends 40
 * microseconds and more on such an actor, this one about five; `test/actors/flat-machine.test.ts` proves both equal over every simple
 * path of the worker's chart, and over any chart.
 */
export interface FlatConfig<State extends string = string> {
  readonly id: string;
  readonly initial: State;
  /** Heard in every state that takes no transition of its own; a target, written `.state`, is entered again. */
  readonly on?: Transitions<string>;
  readonly states: Readonly<Record<State, FlatState<State>>>;
}

type Transitions<State extends string> = Readonly<
  Record<string, FlatTransition<State> | readonly FlatTransition<State>[]>
>;

export interface FlatState<State extends string> {
  readonly type?: "final";
  readonly entry?: readonly string[];
  /** Taken without an event of its own: asked on entry, and after every event. */
  readonly always?: readonly (FlatTransition<State> & { readonly target: State })[];
  /** Where to go after a named delay. */
  readonly after?: Readonly<Record<string, State>>;
  readonly on?: Transitions<State>;
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
  /** Milliseconds of each named delay, asked when its state is entered. */
  readonly delays?: Readonly<Record<string, (context: Context) => number>>;
  /** How the actor ends in a final state. */
  readonly exit: (state: State, context: Context) => Exit;
  /** Called when the actor is stopped from outside. */
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
> & {
  readonly config: FlatConfig<State>;
  /** Whether it hears `actor.shutdown` and then ends by itself. */
  readonly trapsExit: boolean;
};

/** A configuration with its names looked up, so that no event has to. */
interface Compiled<Context, Event extends EventObject> {
  readonly isFinal: boolean;
  readonly entry: readonly Action<Context, Event>[];
  readonly always: readonly Choice<Context, Event>[];
  readonly after: readonly { readonly type: string; readonly delay: (context: Context) => number }[];
  readonly on: ReadonlyMap<string, readonly Choice<Context, Event>[]>;
}

interface Choice<Context, Event extends EventObject> {
  readonly guard: Guard<Context, Event> | undefined;
  readonly target: string | undefined;
  /** Whether a target that is the present state is entered again. */
  readonly reenters: boolean;
  readonly actions: readonly Action<Context, Event>[];
}

type Names<Context, Event extends EventObject> = Pick<
  FlatMachine<Context, Event, never, never>,
  "guards" | "actions" | "delays"
>;

function compile<Context, Event extends EventObject, State extends string>(
  config: FlatConfig<State>,
  { guards, actions, delays }: Names<Context, Event>,
): ReadonlyMap<string, Compiled<Context, Event>> {
  const actionsOf = (names: readonly string[] = []) => names.map((name) => actions[name]!);
  const choice = ({ guard, target, actions: names }: FlatTransition<string>, isRoot = false) => ({
    guard: guard === undefined ? undefined : guards[guard]!,
    target: isRoot ? target?.slice(1) : target,
    reenters: isRoot,
    actions: actionsOf(names),
  });
  const choicesIn = (on: Transitions<string> = {}, event: string): FlatTransition<string>[] => [on[event] ?? []].flat();
  const compileState = ({ type, entry, always = [], after = {}, on }: FlatState<State>) => {
    const elapsed = Object.entries<State>(after).map(([name, target]) => ({ name, target, type: elapsedType(name) }));
    const heard = new Set([on, config.on].flatMap((transitions) => Object.keys(transitions ?? {})));
    const own = [...heard].map((event) => {
      const choices = choicesIn(on, event).map((each) => choice(each));
      return [event, [...choices, ...choicesIn(config.on, event).map((each) => choice(each, true))]] as const;
    });
    return {
      isFinal: type === "final",
      entry: actionsOf(entry),
      always: always.map((each) => choice(each)),
      after: elapsed.map(({ name, type }) => ({ type, delay: delays![name]! })),
      on: new Map([...own, ...elapsed.map(({ type, target }) => [type, [choice({ target })]] as const)]),
    };
  };
  return new Map(Object.entries<FlatState<State>>(config.states).map(([name, state]) => [name, compileState(state)]));
}

const elapsedType = (delay: string): string => `xstate.after.${delay}`;

/** The first choice whose guard holds. */
function choose<Context, Event extends EventObject>(
  choices: readonly Choice<Context, Event>[],
  args: FlatArgs<Context, Event>,
): Choice<Context, Event> | undefined {
  for (const choice of choices) if (choice.guard === undefined || choice.guard(args)) return choice;
  return undefined;
}

/** Actor logic of a flat machine. */
export function flatMachine<Context extends object, Event extends EventObject, Input, State extends string>(
  machine: FlatMachine<Context, Event, Input, State>,
): FlatLogic<Context, Event, Input, State> {
  type Snap = FlatSnapshot<Context, State>;
  type Args = { -readonly [K in keyof FlatArgs<Context, Event>]: FlatArgs<Context, Event>[K] };
  const { config } = machine;
  const states = compile(config, machine);
  const timers = new WeakMap<AnyActorRef, unknown[]>();

  /** Runs actions in order, each with the context that the one before left. */
  const perform = (actions: readonly Action<Context, Event>[], args: Args): void => {
    for (const action of actions) {
      const change = action(args);
      // not `{ ...context, ...change }`: V8 11 gives each object that is made so a hidden class of its own, at 3 microseconds
      if (change) args.context = Object.assign({}, args.context, change);
    }
  };

  /** Goes into a state, and on from there as far as transitions without an event lead. @returns where that is */
  const enter = (value: string, args: Args): string => {
    const state = states.get(value)!;
    perform(state.entry, args);
    if (state.after.length > 0) setTimers(state, args);
    return state.always.length > 0 ? settle(value, args) : value;
  };

  const settle = (value: string, args: Args): string => {
    const state = states.get(value)!;
    const taken = choose(state.always, args);
    if (!taken) return value;
    if (state.after.length > 0) clearTimers(args);
    perform(taken.actions, args);
    return enter(taken.target!, args);
  };

  const setTimers = ({ after }: Compiled<Context, Event>, { context, self, system }: Args): void => {
    const clock = systemClockOf(system);
    const elapse = (type: string): void => {
      if (self.getSnapshot().status === "active") self.send({ type }); // one that broke has left its timers behind
    };
    const set = ({ type, delay }: (typeof after)[number]) => clock.setTimeout(() => elapse(type), delay(context));
    timers.set(self, after.map(set));
  };

  const clearTimers = ({ self, system }: Pick<Args, "self" | "system">): void => {
    const clock = systemClockOf(system);
    for (const timer of timers.get(self) ?? []) clock.clearTimeout(timer);
    timers.delete(self);
  };

  /** Where an actor begins: as far as transitions without an event lead, before anything is done. */
  const beginning = (context: Context, { self, system }: Pick<Args, "self" | "system">): State => {
    const args: Args = { context, event: BEGIN as unknown as Event, self, system };
    let value: string = config.initial;
    for (let next = choose(states.get(value)!.always, args); next; next = choose(states.get(value)!.always, args))
      value = next.target!;
    return value as State;
  };

  const snapshotOf = (value: State, context: Context): Snap => {
    if (!states.get(value)!.isFinal) return active(value, context);
    const exit = machine.exit(value, context);
    return isNormal(exit)
      ? ({ status: "done", output: exit, error: undefined, value, context } as Snap)
      : ({ status: "error", output: undefined, error: exit, value, context } as Snap);
  };

  return {
    config,
    trapsExit: [config, ...Object.values<FlatState<State>>(config.states)].some(({ on }) => on?.["actor.shutdown"]),
    getInitialSnapshot: ({ self, system }, input) => {
      const context = machine.context(input);
      return active(beginning(context, { self, system: system as ActorSystem<never> }), context);
    },
    start: ({ context }, { self, system }) => {
      enter(config.initial, {
        context,
        event: BEGIN as unknown as Event,
        self,
        system: system as ActorSystem<never>,
      });
    },
    transition: (snapshot, event, { self, system }) => {
      if (snapshot.status !== "active") return snapshot;
      const args: Args = { context: snapshot.context, event, self, system: system as ActorSystem<never> };
      if ((event.type as string) === "xstate.stop") {
        clearTimers(args);
        machine.stopped?.(snapshot.context);
        return { ...snapshot, status: "stopped", output: undefined, error: undefined } as Snap;
      }
      const state = states.get(snapshot.value)!;
      const choices = state.on.get(event.type);
      const taken = choices && choose(choices, args);
      const target = taken?.target;
      const isLeft = target !== undefined && (target !== snapshot.value || taken!.reenters);
      if (isLeft && state.after.length > 0) clearTimers(args);
      if (taken) perform(taken.actions, args);
      let value: string = snapshot.value;
      if (isLeft) value = enter(target, args);
      else if (state.always.length > 0) value = settle(value, args);
      if (value === snapshot.value && args.context === snapshot.context) return snapshot; // what it knows was changed in place
      return snapshotOf(value as State, args.context);
    },
    getPersistedSnapshot: (snapshot) => snapshot,
  };
}

const BEGIN = { type: "xstate.init" };

const active = <Context, State extends string>(value: State, context: Context): FlatSnapshot<Context, State> =>
  ({ status: "active", output: undefined, error: undefined, value, context }) as FlatSnapshot<Context, State>;
