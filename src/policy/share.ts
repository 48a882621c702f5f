import { ChurnMap } from "#src/kernel/churn-map";
import { type Book, reservedOf, spentOf } from "./book.ts";
import { exceeds, ROUNDING_OF_SUMS } from "./budget.ts";
import { emptyRate, type StartWindow, start, waitMs, withRate } from "./rate.ts";

/** Limits that hold for several runs together; each run keeps its own besides. */
export interface SharedLimits {
  /** Tasks at a time. */
  readonly maxParallel: number;
  /** Task starts per second. */
  readonly rateLimit?: number | undefined;
  /** Amount that all runs may cost. */
  readonly maxTotal?: number | undefined;
}

/** How a run is notified that what the others have let go may be taken. */
export interface ShareListener {
  /** A slot is free. */
  slotFreed(): void;
  /** Money was spent or given back elsewhere. */
  moneyChanged(): void;
}

/**
 * The slots, starts and money of one run among several that share limits. It outlives the actors that ask it, as the book does: an actor
 * that asks again after a crash gets the same answer.
 */
export class Share {
  readonly #pool: SharedPool;
  /** Tasks of this run that hold a slot. */
  readonly #tasks = new ChurnMap<number, true>();
  #book: Book | undefined;
  /** What it had spent before its book is open, and after it is closed. */
  #spent = 0;
  #listener: ShareListener | undefined;
  #isWaitingForMoney = false;

  constructor(pool: SharedPool) {
    this.#pool = pool;
  }

  /** As they are now. */
  get limits(): SharedLimits {
    return this.#pool.limits;
  }

  /** Begins to take part: from now on its money is what its book says. */
  join(book: Book, listener: ShareListener): void {
    this.#book = book;
    this.#listener = listener;
  }

  /** Ends its part. What is promised still counts as spent: its calls may have been paid. */
  leave(): void {
    if (this.#book) this.#spent = spentOf(this.#book) + reservedOf(this.#book);
    this.#book = undefined;
    this.#listener = undefined;
    this.#isWaitingForMoney = false;
    this.keepOnly([]);
    this.changed();
  }

  /** An amount that an earlier session has spent, until its book is open. */
  hasSpent(amount: number): void {
    if (!this.#book) this.#spent = amount;
  }

  /** Tasks that hold a slot. */
  get running(): number {
    return this.#tasks.size;
  }

  hasSlot(): boolean {
    return this.#pool.running() < this.limits.maxParallel;
  }

  /** A task holds a slot from now on. */
  take(ordinal: number): void {
    this.#tasks.set(ordinal, true);
  }

  /** A task has left its slot: the others are notified before this run takes it again, so that runs take turns. */
  give(ordinal: number): void {
    if (this.#tasks.delete(ordinal)) this.#pool.notify(this, (listener) => listener.slotFreed());
  }

  /** A limiter that was restarted knows who still holds a slot. */
  keepOnly(ordinals: Iterable<number>): void {
    const kept = new Set(ordinals);
    for (const ordinal of [...this.#tasks.keys()]) if (!kept.has(ordinal)) this.give(ordinal);
    for (const ordinal of kept) this.take(ordinal);
  }

  /** Milliseconds until one more task of any run may start. */
  startWaitMs(nowMs: number): number {
    const { rate } = this.#pool;
    return rate && this.limits.rateLimit !== undefined ? waitMs(rate, nowMs, this.limits.rateLimit) : 0;
  }

  started(nowMs: number): void {
    if (this.#pool.rate) this.#pool.rate = start(this.#pool.rate, nowMs);
  }

  get hasBudget(): boolean {
    return this.limits.maxTotal !== undefined;
  }

  /** Whether all runs together may spend so much more. */
  mayReserve(amount: number): boolean {
    return !exceeds(
      this.#pool.sum((share) => share.taken),
      amount,
      this.limits.maxTotal,
    );
  }

  /** Whether open promises of any run could settle for so much less that there is room after all. */
  mayStillFit(): boolean {
    return this.#pool.sum((share) => share.reserved) > ROUNDING_OF_SUMS;
  }

  /** Whether one of its tasks waits for money: it is notified when others let go of some. */
  waitsForMoney(isWaiting: boolean): void {
    this.#isWaitingForMoney = isWaiting;
  }

  /** Money of this run was spent or given back. */
  changed(): void {
    this.#pool.notify(this, (listener, { isWaitingForMoney }) => {
      if (isWaitingForMoney) listener.moneyChanged();
    });
  }

  get isWaitingForMoney(): boolean {
    return this.#isWaitingForMoney;
  }

  get listener(): ShareListener | undefined {
    return this.#listener;
  }

  /** Amount spent so far. */
  get spent(): number {
    return this.#book ? spentOf(this.#book) : this.#spent;
  }

  get reserved(): number {
    return this.#book ? reservedOf(this.#book) : 0;
  }

  /** Amount spent or promised. */
  get taken(): number {
    return this.spent + this.reserved;
  }
}

/** What several runs share. */
export class SharedPool {
  #limits: SharedLimits;
  /** The last starts of all runs. */
  rate: StartWindow | undefined;
  readonly #shares: Share[] = [];

  constructor(limits: SharedLimits) {
    this.#limits = limits;
    this.rate = limits.rateLimit === undefined ? undefined : emptyRate(limits.rateLimit);
  }

  get limits(): SharedLimits {
    return this.#limits;
  }

  /** Other limits hold from now on; starts that are not a second old still count, and who waits asks again. */
  change(limits: SharedLimits): void {
    this.#limits = limits;
    this.rate = limits.rateLimit === undefined ? undefined : withRate(this.rate, limits.rateLimit);
    for (const { listener } of this.#shares) {
      listener?.slotFreed();
      listener?.moneyChanged();
    }
  }

  /** The part of one more run. */
  share(): Share {
    const share = new Share(this);
    this.#shares.push(share);
    return share;
  }

  /** Tasks of all runs that hold a slot. */
  running(): number {
    return this.sum(({ running }) => running);
  }

  /** Amount that all runs have spent. */
  spent(): number {
    return this.sum(({ spent }) => spent);
  }

  sum(of: (share: Share) => number): number {
    return this.#shares.reduce((sum, share) => sum + of(share), 0);
  }

  /** Notifies the other runs, those after it first. */
  notify(from: Share, notify: (listener: ShareListener, share: Share) => void): void {
    const at = this.#shares.indexOf(from);
    for (const share of [...this.#shares.slice(at + 1), ...this.#shares.slice(0, at)]) {
      if (share.listener) notify(share.listener, share);
    }
  }
}
