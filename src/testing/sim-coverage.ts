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

/** Counts what is touched. */
export class Coverage {
  readonly states: Counts = new Map();
  readonly transitions: Counts = new Map();
  readonly faults: Counts = new Map();

  add(counts: Counts, name: string, by = 1): void {
    counts.set(name, (counts.get(name) ?? 0) + by);
  }

  covered(): Covered {
    const plain = (counts: Counts) => Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
    return { states: plain(this.states), transitions: plain(this.transitions), faults: plain(this.faults) };
  }

  /** Adds what another simulation covered. */
  merge({ states, transitions, faults }: Covered): void {
    for (const [name, by] of Object.entries(states)) this.add(this.states, name, by);
    for (const [name, by] of Object.entries(transitions)) this.add(this.transitions, name, by);
    for (const [name, by] of Object.entries(faults)) this.add(this.faults, name, by);
  }
}

/** What was never touched, by name. */
export const untouched = (counts: Readonly<Record<string, number>>): string[] =>
  Object.entries(counts).flatMap(([name, times]) => (times === 0 ? [name] : []));
