/** What simulations have touched, by name. */
export interface Covered {
  /** `machine.state` of every machine that was started: how often it was entered, 0 for states that never were. */
  readonly states: Readonly<Record<string, number>>;
  /** `machine.state event`: how often the event was taken there, 0 for those that are in the chart and never were. */
  readonly transitions: Readonly<Record<string, number>>;
  /** Faults that could strike, by rule: how often they did. */
  readonly faults: Readonly<Record<string, number>>;
}

type Counts = Map<string, number>;
type AllCounts = Readonly<Record<keyof Covered, Counts>>;

/** A state that an actor is in: how often it was entered, and how often what was told there. */
export interface Place {
  entered: number;
  readonly told: Counts;
}

/** A chart of a machine, as far as coverage reads it. */
export interface Chart {
  readonly id?: string;
  readonly states?: Record<string, ChartState>;
}
interface ChartState {
  readonly on?: Record<string, unknown>;
  readonly states?: Record<string, ChartState>;
}

/**
 * Counts what is touched. An event counts once, at the state that it was told in; which states and transitions of the chart that is, is worked out
 * when it is read.
 */
export class Coverage {
  readonly #sums: AllCounts = { states: new Map(), transitions: new Map(), faults: new Map() };
  /** By the name of the chart, and by the text of the state. */
  readonly #places = new Map<string, Map<string, Place>>();
  readonly #charts = new Map<Chart, string>();

  /** A fault that could strike, or that did. */
  fault(name: string, by: number): void {
    add(this.#sums.faults, name, by);
  }

  /** A chart all of whose states and transitions are named, also those that are never touched. */
  chart(chart: Chart, name: string): void {
    if (!this.#charts.has(chart)) this.#charts.set(chart, name);
  }

  /** @param state as `a.b & c` */
  place(chart: string, state: string): Place {
    const states = this.#places.get(chart) ?? new Map<string, Place>();
    this.#places.set(chart, states);
    const place = states.get(state) ?? { entered: 0, told: new Map() };
    states.set(state, place);
    return place;
  }

  /** Adds what another simulation covered. */
  add(other: Coverage): void {
    this.#sum(other.#counts());
  }

  /** As `add`, of what was read from another. */
  merge({ states, transitions, faults }: Covered): void {
    const counts = (own: Readonly<Record<string, number>>): Counts => new Map(Object.entries(own));
    this.#sum({ states: counts(states), transitions: counts(transitions), faults: counts(faults) });
  }

  covered(): Covered {
    const plain = (counts: Counts) => Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
    const { states, transitions, faults } = this.#counts();
    return { states: plain(states), transitions: plain(transitions), faults: plain(faults) };
  }

  #sum(by: AllCounts): void {
    for (const what of ["states", "transitions", "faults"] as const)
      for (const [name, times] of by[what]) add(this.#sums[what], name, times);
  }

  #counts(): AllCounts {
    const { states, transitions, faults } = this.#sums;
    const all = { states: new Map(states), transitions: new Map(transitions), faults };
    for (const [chart, name] of this.#charts) nameAll(chart.states, name, all);
    for (const [chart, places] of this.#places)
      for (const [state, { entered, told }] of places)
        for (const place of placesOf(chart, state)) {
          if (entered > 0) add(all.states, place, entered);
          for (const [event, times] of told) {
            const name = `${place} ${event}`;
            if (all.transitions.has(name)) add(all.transitions, name, times); // one that its chart knows
          }
        }
    return all;
  }
}

const add = (counts: Counts, name: string, by: number): void => void counts.set(name, (counts.get(name) ?? 0) + by);

function nameAll(within: Chart["states"], prefix: string, all: AllCounts): void {
  for (const [key, state] of Object.entries(within ?? {})) {
    const place = `${prefix}.${key}`;
    add(all.states, place, 0);
    for (const event of Object.keys(state.on ?? {})) add(all.transitions, `${place} ${event}`, 0);
    nameAll(state.states, place, all);
  }
}

const known = new Map<string, readonly string[]>();

/** The states that a value is in, outer ones too. A chart has few of them. */
function placesOf(chart: string, text: string): readonly string[] {
  const key = `${chart}.${text}`;
  const before = known.get(key);
  if (before) return before;
  const found = new Set<string>();
  for (const leaf of text.split(" & ")) {
    let place = chart;
    for (const name of leaf.split(".")) {
      place = `${place}.${name}`;
      found.add(place);
    }
  }
  const places = [...found];
  known.set(key, places);
  return places;
}

/** What was never touched, by name. */
export const untouched = (counts: Readonly<Record<string, number>>): string[] =>
  Object.entries(counts).flatMap(([name, times]) => (times === 0 ? [name] : []));
