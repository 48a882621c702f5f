import type { Clock } from "#src/kernel/clock";

const { setImmediate, setTimeout } = globalThis; // what is simulated may put others in their place

interface Timer {
  readonly dueMs: number;
  /** Node keeps timers of one delay in the order they were set. */
  readonly delayMs: number;
  readonly fn: () => void;
  readonly owner: Process;
}

/** What is killed together: its timers never fire. */
class Process implements Clock {
  isDead = false;
  readonly #time: VirtualTime;
  constructor(time: VirtualTime) {
    this.#time = time;
  }
  now = (): number => this.#time.now();
  monotonic = (): number => this.#time.now();
  setTimeout = (fn: () => void, delayMs: number): unknown => this.#time.set(fn, delayMs, this);
  clearTimeout = (timer: unknown): void => this.#time.clearTimeout(timer);
}

/** The time of one process. */
export interface ProcessTime {
  readonly clock: Clock;
  /** Milliseconds of the timers that are set and have not fired. */
  pending(): readonly number[];
  /** None of its timers fires any more, and none can be set. */
  kill(): void;
}

/** Real milliseconds to wait for what happens outside of virtual time (a file that is loaded), before it is said that nothing will. */
export const PATIENCE_MS = 10_000;
const LOOK_MS = 1;

/** Simulations that wait for the event loop: of each other they know nothing. */
let waiting = 0;
/** Turns of the event loop that were asked for, and files that are being read. */
const underWay = (): number =>
  process
    .getActiveResourcesInfo()
    .reduce((sum, name) => sum + (name === "Immediate" || name.startsWith("FSReq") ? 1 : 0), 0);

/** Time that moves from timer to timer, and only when nothing can run. */
export class VirtualTime implements Clock {
  #nowMs = 0;
  readonly #timers = new Set<Timer>(); // in the order they were set
  readonly #first: (of: number) => number;
  readonly #own = new Process(this);

  /** @param first of a number of timers that are due at the same time, and that Node may fire in any order, the place of the one that fires first */
  constructor(first: (of: number) => number) {
    this.#first = first;
  }

  // XState takes these off the object
  readonly now = (): number => this.#nowMs;
  readonly monotonic = (): number => this.#nowMs;
  readonly setTimeout = (fn: () => void, delayMs: number): unknown => this.set(fn, delayMs, this.#own);
  readonly clearTimeout = (timer: unknown): void => void this.#timers.delete(timer as Timer);

  set(fn: () => void, delayMs: number, owner: Process): unknown {
    const ms = Math.max(0, delayMs || 0);
    const timer: Timer = { dueMs: this.#nowMs + ms, delayMs: ms, fn, owner };
    if (!owner.isDead && Number.isFinite(ms)) this.#timers.add(timer); // one of no end never fires
    return timer;
  }

  process(): ProcessTime {
    const owner = new Process(this);
    const pending = (): number[] =>
      [...this.#timers].flatMap((timer) => (timer.owner === owner ? [timer.delayMs] : []));
    const kill = (): void => {
      owner.isDead = true;
      for (const timer of this.#timers) if (timer.owner === owner) this.#timers.delete(timer);
    };
    return { clock: owner, pending, kill };
  }

  /** Fires the next timer. @returns false when no timer is left */
  step(): boolean {
    let due: Timer[] = [];
    for (const timer of this.#timers) {
      const soonest = due[0]?.dueMs ?? Number.POSITIVE_INFINITY;
      if (timer.dueMs < soonest) due = [timer];
      else if (timer.dueMs === soonest && due.every(({ delayMs }) => delayMs !== timer.delayMs)) due.push(timer);
    }
    if (due.length === 0) return false;
    const timer = due[due.length === 1 ? 0 : this.#first(due.length)]!;
    this.#timers.delete(timer);
    this.#nowMs = Math.max(this.#nowMs, timer.dueMs);
    timer.fn();
    return true;
  }

  /**
   * Resolves when nothing can run before time moves: promises are settled, turns of the event loop that were asked for are over, and files
   * are read.
   *
   * @param isAside whether this time need not wait any more
   */
  async quiet(isAside: () => boolean): Promise<void> {
    do {
      waiting += 1;
      await new Promise(setImmediate);
      waiting -= 1;
    } while (!isAside() && underWay() > waiting);
  }

  /** Waits in real time for what is not on this clock. @returns whether a timer was set, or `goesOn` says so */
  async somethingComes(patienceMs: number, goesOn: () => boolean): Promise<boolean> {
    const lookUntil = performance.now() + patienceMs;
    for (;;) {
      if (goesOn() || this.#timers.size > 0) return true;
      if (performance.now() > lookUntil) return false;
      await new Promise((done) => setTimeout(done, LOOK_MS));
    }
  }
}
