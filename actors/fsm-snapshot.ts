import type { EventObject, Snapshot } from "xstate";
import type { Exit } from "#src/kernel/exit";
import type { Choice, CompiledState, FsmArgs } from "./fsm-chart.ts";

/** What a finite state machine is at: data, and what can be asked of it. */
export type FsmSnapshot<Context, Event extends EventObject, State extends string> = Snapshot<Exit> & {
  readonly value: State;
  readonly context: Context;
  /** Whether the machine is in a state. */
  matches(state: State): boolean;
  /** Whether an event would be taken: it has a transition whose guard holds, with a target or actions. */
  can(event: Event): boolean;
  /** Whether the present state has a tag. */
  hasTag(tag: string): boolean;
};

type States<Context, Event extends EventObject> = ReadonlyMap<string, CompiledState<Context, Event>>;

/** Makes the snapshots of a machine. What can be asked of one stands on their prototype: no event pays for it. */
export function snapshotsOf<Context, Event extends EventObject, State extends string>(states: States<Context, Event>) {
  class MachineSnapshot {
    readonly status: Snapshot<unknown>["status"];
    readonly output: Exit | undefined;
    readonly error: unknown;
    readonly value: string;
    readonly context: Context;

    constructor(status: Snapshot<unknown>["status"], value: string, context: Context, output?: Exit, error?: unknown) {
      this.status = status;
      this.output = output;
      this.error = error;
      this.value = value;
      this.context = context;
    }
    matches(state: string): boolean {
      return this.value === state;
    }
    can(event: Event): boolean {
      const taken = choose(states.get(this.value)!.on.get(event.type) ?? [], { context: this.context, event });
      return taken !== undefined && (taken.target !== undefined || taken.actions.length > 0);
    }
    hasTag(tag: string): boolean {
      return states.get(this.value)!.tags.has(tag);
    }
  }
  return (status: Snapshot<unknown>["status"], value: string, context: Context, output?: Exit, error?: unknown) =>
    new MachineSnapshot(status, value, context, output, error) as FsmSnapshot<Context, Event, State>;
}

/** The first choice whose guard holds. */
export function choose<Context, Event extends EventObject>(
  choices: readonly Choice<Context, Event>[],
  args: FsmArgs<Context, Event>,
): Choice<Context, Event> | undefined {
  for (const choice of choices) if (choice.guard === undefined || choice.guard(args)) return choice;
  return undefined;
}
