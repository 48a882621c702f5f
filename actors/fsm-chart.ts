import type { ActorSystem, AnyActorRef, EventObject } from "xstate";
import { ConfigError, didYouMean } from "#src/kernel/errors";

/** The states of a machine and the ways between them: the part of XState's own configuration that has no nested states. */
export interface FsmChart<
  State extends string = string,
  EventType extends string = string,
  Guard extends string = string,
  Action extends string = string,
  Delay extends string = string,
> {
  readonly id: string;
  readonly initial: State;
  /** Taken in every state that takes no transition of its own; a target, written `.state`, is entered again where it is the present state. */
  readonly on?: FsmTransitions<EventType, FsmTransition<`.${State}`, Guard, Action>>;
  readonly states: { readonly [Name in State]: FsmState<State, EventType, Guard, Action, Delay> };
}

export interface FsmState<
  State extends string = string,
  EventType extends string = string,
  Guard extends string = string,
  Action extends string = string,
  Delay extends string = string,
> {
  readonly type?: "final";
  readonly tags?: readonly string[];
  readonly entry?: readonly Action[];
  /** Taken without an event: asked on entry and after every event. */
  readonly always?: readonly (FsmTransition<State, Guard, Action> & { readonly target: State })[];
  /** Where to go after a named delay. */
  readonly after?: { readonly [Name in Delay]?: State };
  readonly on?: FsmTransitions<EventType, FsmTransition<State, Guard, Action>>;
}

/** The first transition whose guard holds is taken. */
export type FsmTransitions<EventType extends string, Transition> = {
  readonly [Type in EventType]?: Transition | readonly Transition[];
};

export interface FsmTransition<
  State extends string = string,
  Guard extends string = string,
  Action extends string = string,
> {
  readonly guard?: Guard;
  /** Without it, and in a state where it is that state, only the actions are performed. */
  readonly target?: State;
  readonly actions?: readonly Action[];
}

/** What guards and assigns get: all that they may decide by. */
export interface FsmArgs<Context, Event extends EventObject> {
  readonly context: Context;
  readonly event: Event;
}

/** What actions get. */
export interface FsmActionArgs<Context, Event extends EventObject> extends FsmArgs<Context, Event> {
  readonly self: AnyActorRef;
  readonly system: ActorSystem<never>;
}

/** The functions behind the names of a chart. */
export interface FsmFunctions<Context, Event extends EventObject> {
  readonly guards?: Readonly<Record<string, Guard<Context, Event>>>;
  readonly assigns?: Readonly<Record<string, Assign<Context, Event>>>;
  readonly actions?: Readonly<Record<string, Effect<Context, Event>>>;
  readonly delays?: Readonly<Record<string, (context: Context) => number>>;
}

export type Guard<Context, Event extends EventObject> = (args: FsmArgs<Context, Event>) => boolean;
export type Assign<Context, Event extends EventObject> = (
  args: FsmArgs<Context, Event>,
) => Partial<Context> | undefined;
export type Effect<Context, Event extends EventObject> = (args: FsmActionArgs<Context, Event>) => undefined;

/** A state whose names are looked up, so that no event has to. */
export interface CompiledState<Context, Event extends EventObject> {
  readonly isFinal: boolean;
  readonly tags: ReadonlySet<string>;
  readonly entry: readonly Step<Context, Event>[];
  readonly always: readonly Choice<Context, Event>[];
  readonly after: readonly { readonly type: string; readonly delayMs: (context: Context) => number }[];
  readonly on: ReadonlyMap<string, readonly Choice<Context, Event>[]>;
}

export interface Choice<Context, Event extends EventObject> {
  readonly guard: Guard<Context, Event> | undefined;
  readonly target: string | undefined;
  /** Whether a target that is the present state is entered again. */
  readonly reenters: boolean;
  readonly actions: readonly Step<Context, Event>[];
}

/** A named action of the chart: a change of the context or an effect. */
export interface Step<Context, Event extends EventObject> {
  readonly name: string;
  readonly assign: Assign<Context, Event> | undefined;
  readonly effect: Effect<Context, Event> | undefined;
}

/**
 * Looks up every name of a chart.
 *
 * @throws {ConfigError} for a state, guard, action or delay that the machine does not have, with its place and the nearest name
 */
export function compileChart<Context, Event extends EventObject>(
  chart: FsmChart,
  { guards = {}, assigns = {}, actions = {}, delays = {} }: FsmFunctions<Context, Event>,
): ReadonlyMap<string, CompiledState<Context, Event>> {
  const { id } = chart;
  for (const name of Object.keys(actions))
    if (Object.hasOwn(assigns, name)) throw new ConfigError(`${id}.actions.${name}`, "must not be an assign as well");

  const stateAt = (place: string, name: string): string => {
    named(chart.states, name, "state", place);
    return name;
  };
  const stepsAt = (place: string, names: readonly string[] = []): Step<Context, Event>[] =>
    names.map((name, index) => {
      named({ ...assigns, ...actions }, name, "action", `${place}[${index}]`);
      const isAssign = Object.hasOwn(assigns, name);
      return { name, assign: isAssign ? assigns[name] : undefined, effect: isAssign ? undefined : actions[name] };
    });
  const choiceAt = (place: string, transition: FsmTransition, isRoot: boolean): Choice<Context, Event> => {
    const { guard, target } = transition;
    if (isRoot && target !== undefined && !target.startsWith("."))
      throw new ConfigError(
        `${place}.target`,
        "must begin with a dot",
        target,
        `Write ${JSON.stringify(`.${target}`)}`,
      );
    const goal = isRoot ? target?.slice(1) : target;
    return {
      guard: guard === undefined ? undefined : named(guards, guard, "guard", `${place}.guard`),
      target: goal === undefined ? undefined : stateAt(`${place}.target`, goal),
      reenters: isRoot,
      actions: stepsAt(`${place}.actions`, transition.actions),
    };
  };
  const choicesAt = (place: string, transitions: unknown, isRoot = false): Choice<Context, Event>[] =>
    ([transitions ?? []].flat() as FsmTransition[]).map((each, index) =>
      choiceAt(Array.isArray(transitions) ? `${place}[${index}]` : place, each, isRoot),
    );

  const heardEverywhere = Object.entries(chart.on ?? {}).map(
    ([event, choices]) => [event, choicesAt(`${id}.on["${event}"]`, choices, true)] as const,
  );
  const compileState = (name: string, state: FsmState): CompiledState<Context, Event> => {
    const place = `${id}.states.${name}`;
    const after = Object.entries(state.after ?? {}).map(([delay, target]) => ({
      type: `xstate.after.${delay}`,
      delayMs: named(delays, delay, "delay", `${place}.after`),
      choices: choicesAt(`${place}.after.${delay}`, { target }),
    }));
    const on = new Map(
      Object.entries(state.on ?? {}).map(([event, own]) => [event, choicesAt(`${place}.on["${event}"]`, own)] as const),
    );
    for (const [event, choices] of heardEverywhere) on.set(event, [...(on.get(event) ?? []), ...choices]);
    for (const { type, choices } of after) on.set(type, choices);
    return {
      isFinal: state.type === "final",
      tags: new Set(state.tags),
      entry: stepsAt(`${place}.entry`, state.entry),
      always: choicesAt(`${place}.always`, state.always),
      after,
      on,
    };
  };
  stateAt(`${id}.initial`, chart.initial);
  return new Map(Object.entries(chart.states).map(([name, state]) => [name, compileState(name, state)]));
}

/** What a name stands for. */
function named<T>(table: Readonly<Record<string, T>>, name: string, kind: string, place: string): T {
  if (Object.hasOwn(table, name)) return table[name]!;
  throw new ConfigError(place, `must be a known ${kind}`, name, didYouMean(name, Object.keys(table)));
}
