import type { ActorSystem, ActorSystemInfo } from "xstate";
import { type Clock, systemClock } from "#src/kernel/clock";
import { systemClockOf } from "#src/xstate-internals";

/** A thing to do later; also the handle to cancel it. */
export interface Delayed {
  readonly dueMs: number;
  /** Breaks ties: first asked, first done. */
  readonly order: number;
  fn: (() => void) | undefined;
}

/**
 * One timer for any number of delays: a binary heap by due time. Adding and firing cost O(log n), cancelling O(1). XState's own delayed
 * events would cost O(n) at every stop of an actor.
 */
export class DelayQueue {
  readonly #clock: Clock;
  readonly #heap: Delayed[] = [];
  #asked = 0;
  #cancelled = 0;
  #timer: { readonly handle: unknown; readonly dueMs: number } | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Runs `fn` once, `delayMs` milliseconds from now. `Infinity` is never. */
  schedule(delayMs: number, fn: () => void): Delayed {
    const delayed: Delayed = { dueMs: this.#clock.monotonic() + Math.max(0, delayMs), order: this.#asked++, fn };
    if (delayed.dueMs === Number.POSITIVE_INFINITY) return delayed;
    this.#push(delayed);
    this.#arm();
    return delayed;
  }

  cancel(delayed: Delayed): void {
    if (!delayed.fn) return;
    delayed.fn = undefined;
    if (delayed.dueMs === Number.POSITIVE_INFINITY) return;
    this.#cancelled++;
    if (this.#cancelled > 64 && this.#cancelled * 2 > this.#heap.length) this.#compact(); // amortised O(1)
    this.#arm();
  }

  /** Delays that are still to come. */
  get size(): number {
    return this.#heap.length - this.#cancelled;
  }

  #fire(): void {
    this.#timer = undefined;
    try {
      for (let next = this.#takeDue(); next; next = this.#takeDue()) next();
    } finally {
      this.#arm(); // whatever was thrown
    }
  }

  #takeDue(): (() => void) | undefined {
    while (this.#heap.length > 0) {
      const next = this.#heap[0]!;
      if (next.fn && next.dueMs > this.#clock.monotonic()) return undefined;
      this.#pop();
      const { fn } = next;
      next.fn = undefined;
      if (fn) return fn;
      this.#cancelled--;
    }
    return undefined;
  }

  /** Sets the timer to the earliest delay, or clears it so that nothing keeps the process alive. */
  #arm(): void {
    while (this.#heap.length > 0 && !this.#heap[0]!.fn) {
      this.#pop();
      this.#cancelled--;
    }
    const dueMs = this.#heap[0]?.dueMs;
    if (dueMs === this.#timer?.dueMs) return;
    if (this.#timer) this.#clock.clearTimeout(this.#timer.handle);
    this.#timer = undefined;
    if (dueMs === undefined) return;
    const delayMs = Math.max(0, Math.ceil(dueMs - this.#clock.monotonic())); // never early: a timer may be, by less than 1 ms
    this.#timer = { dueMs, handle: this.#clock.setTimeout(() => this.#fire(), delayMs) };
  }

  #push(delayed: Delayed): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(delayed);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(delayed, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = delayed;
  }

  #pop(): void {
    const last = this.#heap.pop()!;
    if (this.#heap.length > 0) this.#sink(last, 0);
  }

  #sink(delayed: Delayed, from: number): void {
    const heap = this.#heap;
    let at = from;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++;
      if (!before(heap[child]!, delayed)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = delayed;
  }

  #compact(): void {
    const kept = this.#heap.filter((delayed) => delayed.fn);
    this.#heap.length = 0;
    for (const delayed of kept) this.#heap.push(delayed);
    for (let at = (kept.length >> 1) - 1; at >= 0; at--) this.#sink(this.#heap[at]!, at);
    this.#cancelled = 0;
  }
}

const before = (a: Delayed, b: Delayed): boolean => a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.order < b.order);

const queues = new WeakMap<Clock, DelayQueue>();

/** The one queue of a clock, shared by all supervisors on it. */
export function delaysOf(clock: Clock): DelayQueue {
  let queue = queues.get(clock);
  if (!queue) {
    queue = new DelayQueue(clock);
    queues.set(clock, queue);
  }
  return queue;
}

const clocks = new WeakMap<object, Clock>();

/** The clock given to `createActor(root, { clock })`. One without the time, such as XState's own, uses the machine's time. */
export function clockOf(system: ActorSystem<ActorSystemInfo>): Clock {
  const given = systemClockOf(system);
  if ("monotonic" in given && "now" in given) return given as Clock;
  let clock = clocks.get(given);
  if (!clock) {
    clock = {
      ...systemClock,
      setTimeout: (fn, ms) => given.setTimeout(fn, Math.min(ms, LONGEST_DELAY_MS)),
      clearTimeout: (id) => given.clearTimeout(id),
    };
    clocks.set(given, clock);
  }
  return clock;
}

/** Node turns a longer delay into 1 ms. A queue that fires early only looks and waits again. */
const LONGEST_DELAY_MS = 2 ** 31 - 1;
