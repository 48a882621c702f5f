import { breakerMachine } from "#actors/breaker";
import { collectorLogic } from "#actors/collector";
import { limiterLogic } from "#actors/limiter";
import { workerLogic } from "#actors/worker";
import { normal } from "#src/kernel/exit";
import { conditionMachine } from "#supervisors/condition";
import type { TaskSlot } from "#supervisors/feeder";
import { dynamicSupervisor, supervisor } from "#supervisors/otp/index";
import { runMachine } from "#supervisors/run";

/** A machine without nested states as a picture needs it. */
export interface MachineChart {
  readonly id: string;
  readonly initial: string;
  readonly states: readonly ChartState[];
  readonly arrows: readonly ChartArrow[];
  /** What may happen in every state: the arrows that leave the machine's own frame. */
  readonly anywhere: readonly Omit<ChartArrow, "from">[];
}

export interface ChartState {
  readonly name: string;
  readonly isFinal: boolean;
  /** Names of the actions that entering it runs. */
  readonly entry: readonly string[];
}

export interface ChartArrow {
  readonly from: string;
  /** The state itself where the machine stays. */
  readonly to?: string;
  /** Empty where no event is waited for. */
  readonly event: string;
  readonly guard?: string;
  readonly actions: readonly string[];
}

type Named = string | { readonly type: string };
type Actions = Named | readonly Named[] | undefined;
interface Transition {
  readonly target?: string;
  readonly guard?: Named;
  readonly actions?: Actions;
}
type Transitions = string | Transition | readonly (string | Transition)[] | undefined;
type ByEvent = Readonly<Record<string, Transitions>>;
interface State {
  readonly type?: string;
  readonly entry?: Actions;
  readonly always?: Transitions;
  readonly on?: ByEvent;
  readonly after?: ByEvent;
  readonly invoke?: { readonly onDone?: Transitions; readonly onError?: Transitions } | readonly object[];
}
interface Config extends State {
  readonly id?: string;
  readonly initial?: string;
  readonly states?: Readonly<Record<string, State>>;
}

/**
 * The chart of a machine without nested states, read from its configuration.
 *
 * @param given configuration of an XState machine whose states have no states of their own
 * @example chartOf({ id: "lamp", initial: "off", states: { off: { on: { press: "on" } }, on: {} } }).arrows // => [{ from: "off", to: "on", event: "press", actions: [] }]
 */
export function chartOf(given: unknown): MachineChart {
  const { id = "machine", initial = "", states = {}, ...frame } = given as Config;
  return {
    id,
    initial,
    states: Object.entries(states).map(([name, { type, entry }]) => ({
      name,
      isFinal: type === "final",
      entry: namesOf(entry),
    })),
    arrows: Object.entries(states).flatMap(([from, state]) => arrowsOf(state).map((arrow) => ({ from, ...arrow }))),
    anywhere: arrowsOf({ on: frame.on ?? {} }),
  };
}

function arrowsOf({ always, on = {}, after = {}, invoke }: State): Omit<ChartArrow, "from">[] {
  const { onDone, onError } = invoke && "onDone" in invoke ? invoke : {};
  return [
    ...each("", always),
    ...Object.entries(on).flatMap(([event, transitions]) => each(wordsOf(event), transitions)),
    ...Object.entries(after).flatMap(([delay, transitions]) => each(`after ${delay}`, transitions)),
    ...each("done", onDone),
    ...each("error", onError),
  ];
}

/** XState's own names for the end of a child in words. */
const wordsOf = (event: string): string => event.replace(/^xstate\.(done|error)\.actor\.(\w+)$/, "$2 $1");

const each = (event: string, transitions: Transitions): Omit<ChartArrow, "from">[] =>
  [transitions ?? []].flat().map((one) => {
    const { target, guard, actions } = typeof one === "string" ? { target: one } : (one as Transition);
    return {
      ...(target === undefined ? {} : { to: target.replace(/^[.#]/, "") }),
      event,
      ...(guard === undefined ? {} : { guard: nameOf(guard) }),
      actions: namesOf(actions),
    };
  });

const namesOf = (actions: Actions): string[] => [actions ?? []].flat().map(nameOf);
const nameOf = (named: Named): string => (typeof named === "string" ? named : named.type);

/** The machines of a run by kind: every actor of its tree that has states is an instance of one of them. */
export const machineKinds = [
  "run",
  "worker",
  "condition",
  "pool",
  "breaker",
  "limiter",
  "collector",
  "supervisor",
] as const;
export type MachineKind = (typeof machineKinds)[number];

/** What each kind of machine is there for, in a sentence. */
export const machineRoles: Readonly<Record<MachineKind, string>> = {
  run: "Prepares, runs its supervision tree, pauses and stops it, and has the results analysed.",
  worker: "One attempt at one task. Ending as failed asks its pool for another attempt.",
  condition: "Feeds the tasks of one condition to its pool.",
  pool: "The task pool of a condition: a dynamic supervisor whose restarts are retries.",
  breaker: "The circuit breaker over the last ended tasks of the run.",
  limiter: "Slots of the whole run, starts per second, and the intake that breaker and pause close.",
  collector: "Gathers outcomes, commits them together, and acknowledges after the commit.",
  supervisor: "Starts, watches, restarts and stops its children in order.",
};

let charts: Readonly<Record<MachineKind, MachineChart>> | undefined;

/** The charts of all machines of a run, each read from what really runs. */
export function machineCharts(): Readonly<Record<MachineKind, MachineChart>> {
  const pool = dynamicSupervisor<TaskSlot>({ start: () => "ignore" });
  charts ??= {
    run: chartOf(runMachine.config),
    worker: chartOf(workerLogic.config),
    condition: chartOf(conditionMachine({ pool, feeder: { feedTo: () => {}, stop: () => {} }, gaveUp: normal }).config),
    pool: chartOf(pool.config),
    breaker: chartOf(breakerMachine.config),
    limiter: chartOf(limiterLogic.config),
    collector: chartOf(collectorLogic.config),
    supervisor: chartOf(supervisor({ children: [] }).config),
  };
  return charts;
}
