import type { ActorSystem, ActorSystemInfo } from "xstate";
import type { Clock } from "#src/kernel/clock";
import { memo } from "#src/kernel/memo";
import { presentTime } from "#src/kernel/time";
import { systemClockOf } from "#src/xstate-internals";
import { FOREVER } from "./spec-rules.ts";

/** A thing to do later; also the handle to cancel it, and a node of the heap of all of them. */
export interface Delayed {
  readonly dueMs: number;
  /** Breaks ties: first asked, first done. */
  readonly order: number;
  fn: (() => void) | undefined;
  left: Delayed | undefined;
  right: Delayed | undefined;
  /** Steps to the nearest free place below. */
  rank: number;
}

/**
 * One timer for any number of delays: a leftist heap by due time. Adding and firing cost O(log n), cancelling O(1) or, amortised, O(log n).
 * XState's own delayed events would cost O(n) at every stop of an actor.
 *
 * @see Crane, Linear Lists and Priority Queues as Balanced Binary Trees, 1972
 */
export class DelayQueue {
  readonly #clock: Clock;
  #first: Delayed | undefined;
  #asked = 0;
  #held = 0;
  #cancelled = 0;
  #timer: { readonly handle: unknown; readonly dueMs: number } | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Runs `fn` once, `delayMs` milliseconds from now. `Infinity` is never. */
  schedule(delayMs: number, fn: () => void): Delayed {
    const dueMs = this.#clock.monotonic() + Math.max(0, delayMs);
    const isNever = dueMs === FOREVER;
    const order = this.#asked++;
    const delayed: Delayed = { dueMs, order, fn: isNever ? undefined : fn, left: undefined, right: undefined, rank: 1 };
    if (isNever) return delayed;
    this.#held++;
    this.#first = merge(this.#first, delayed);
    this.#arm();
    return delayed;
  }

  cancel(delayed: Delayed): void {
    if (!delayed.fn) return;
    delayed.fn = undefined;
    this.#cancelled++;
    if (this.#cancelled > 64 && this.#cancelled * 2 > this.#held) this.#compact();
    this.#arm();
  }

  #fire(): void {
    this.#timer = undefined;
    try {
      for (let next = this.#earliest(); next && next.dueMs <= this.#clock.monotonic(); next = this.#earliest()) {
        const { fn } = next;
        next.fn = undefined;
        this.#pop();
        fn!();
      }
    } finally {
      this.#arm(); // whatever was thrown
    }
  }

  /** The first that was not cancelled. */
  #earliest(): Delayed | undefined {
    while (this.#first && !this.#first.fn) {
      this.#pop();
      this.#cancelled--;
    }
    return this.#first;
  }

  /** Sets the timer to the earliest delay, or clears it so that nothing keeps the process alive. */
  #arm(): void {
    const dueMs = this.#earliest()?.dueMs;
    if (dueMs === this.#timer?.dueMs) return;
    if (this.#timer) this.#clock.clearTimeout(this.#timer.handle);
    this.#timer = undefined;
    if (dueMs === undefined) return;
    const delayMs = Math.max(0, Math.ceil(dueMs - this.#clock.monotonic())); // never early: a timer may be, by less than 1 ms
    this.#timer = { dueMs, handle: this.#clock.setTimeout(() => this.#fire(), delayMs) };
  }

  #pop(): void {
    this.#held--;
    this.#first = merge(this.#first!.left, this.#first!.right);
  }

  /** Leaves out what was cancelled. */
  #compact(): void {
    const open = [this.#first];
    this.#first = undefined;
    this.#held = this.#cancelled = 0;
    for (let next = open.pop(); next; next = open.pop()) {
      if (next.left) open.push(next.left);
      if (next.right) open.push(next.right);
      if (!next.fn) continue;
      next.left = next.right = undefined;
      next.rank = 1;
      this.#held++;
      this.#first = merge(this.#first, next);
    }
  }
}

const isBefore = (a: Delayed, b: Delayed): boolean => a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.order < b.order);

/** Two heaps as one; as deep as the logarithm of their size. */
function merge(a: Delayed | undefined, b: Delayed | undefined): Delayed | undefined {
  if (!a || !b) return a ?? b;
  if (isBefore(b, a)) return merge(b, a);
  const below = merge(a.right, b)!;
  const { left } = a;
  if (left && left.rank >= below.rank) a.right = below;
  else {
    a.left = below;
    a.right = left;
  }
  a.rank = (a.right?.rank ?? 0) + 1;
  return a;
}

const queues = new WeakMap<Clock, DelayQueue>();

/** The one queue of a clock, shared by all supervisors on it. */
const delaysOf = (clock: Clock): DelayQueue => memo(queues, clock, () => new DelayQueue(clock));

/** Calls `fn` once, after `delayMs` milliseconds of the clock of a system. `Infinity` is never. @returns forgets it */
export function later(system: ActorSystem<ActorSystemInfo>, delayMs: number, fn: () => void): () => void {
  const queue = delaysOf(clockOf(system));
  const delayed = queue.schedule(delayMs, fn);
  return () => queue.cancel(delayed);
}

const clocks = new WeakMap<object, Clock>();

/** The clock given to `createActor(root, { clock })`. One without the time, such as XState's own, uses the machine's time. */
export function clockOf(system: ActorSystem<ActorSystemInfo>): Clock {
  const given = systemClockOf(system);
  if ("monotonic" in given && "now" in given) return given as Clock;
  return memo(clocks, given, () => ({
    ...presentTime,
    setTimeout: (fn, ms) => given.setTimeout(fn, Math.min(ms, LONGEST_DELAY_MS)),
    clearTimeout: (id) => given.clearTimeout(id),
  }));
}

/** Node turns a longer delay into 1 ms. A queue that fires early only looks and waits again. */
const LONGEST_DELAY_MS = 2 ** 31 - 1;
