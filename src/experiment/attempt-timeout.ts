import type { Clock } from "#src/kernel/clock";

/** Milliseconds that a timer of a machine that is awake is never late. */
const LATE_MS = 1000;
/** Milliseconds at most that an attempt gets when the machine has slept over its timeout. */
const MORE_MS = 10_000;

/**
 * The time that one attempt may take. It stands still while a call of the attempt waits for its turn: a busy limit is not the task's fault.
 */
export class AttemptTimeout {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #expired: () => void;
  #timer: unknown;
  #leftMs: number;
  #resumedMono: number;
  #hadMore = false;
  /** Calls of the attempt that wait for their turn. */
  #waiting = 0;
  #waitingMono = 0;
  #waitedMs = 0;

  /** Starts at once. @param expired called once when the time is over, unless it is stopped before */
  constructor(clock: Clock, timeoutMs: number, startedMono: number, expired: () => void) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#expired = expired;
    this.#leftMs = timeoutMs;
    this.#resumedMono = startedMono;
    this.#startTimer();
  }

  /** Milliseconds in which calls waited for their turn. */
  get waitedMs(): number {
    return this.#waitedMs;
  }

  stop(): void {
    this.#clock.clearTimeout(this.#timer);
  }

  /** A call begins to wait for its turn, or has had it. */
  wait(waiting: boolean): void {
    this.#waiting += waiting ? 1 : -1;
    if (this.#waiting !== (waiting ? 1 : 0)) return;
    const nowMono = this.#clock.monotonic();
    if (waiting) {
      this.stop();
      this.#waitingMono = nowMono;
      this.#leftMs -= nowMono - this.#resumedMono;
    } else {
      this.#resumedMono = nowMono;
      this.#waitedMs += nowMono - this.#waitingMono;
      this.#startTimer();
    }
  }

  #startTimer(): void {
    this.#timer = this.#clock.setTimeout(() => this.#fired(), this.#leftMs);
  }

  /**
   * A timer that comes late means that nothing ran meanwhile: the machine slept, or something kept the event loop. What was answered in that
   * time is heard after the timer, so the attempt gets a little more, once.
   */
  #fired(): void {
    const nowMono = this.#clock.monotonic();
    if (!this.#hadMore && nowMono - this.#resumedMono - this.#leftMs > LATE_MS) {
      this.#hadMore = true;
      this.#resumedMono = nowMono;
      this.#leftMs = Math.min(this.#timeoutMs, MORE_MS);
      this.#startTimer();
    } else this.#expired();
  }
}
