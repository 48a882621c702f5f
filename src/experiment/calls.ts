import type { Clock } from "#src/kernel/clock";
import { wholeMicroseconds } from "#src/kernel/time";
import type { CallKind } from "#src/solver/solver";

/** One call of a model, a tool or a scorer. Times are milliseconds in whole microseconds, by a clock that never goes back. */
export interface CallSpan {
  readonly kind: CallKind;
  /** Of the model, else of its backend; of the tool; of the scorer. At most 100 characters. */
  readonly name: string;
  /** Since the start of its attempt. */
  readonly startedMs: number;
  /** Until it answered, its wait for its turn included; until the end of the attempt where it never did. */
  readonly elapsedMs: number;
  /** It threw, gave an error, or had not answered when its attempt ended. */
  readonly failed?: true;
}

/** What one attempt of a task by solver and scorers called. */
export interface CallsMade {
  /** In the order of their starts: the first 100. Some go on side by side. */
  readonly spans: readonly CallSpan[];
  /** Calls after these. */
  readonly leftOut?: number;
}

/** Calls of one attempt whose times are kept. */
export const MOST_CALLS = 100;
/** Characters of a name that are kept. */
export const MOST_NAME = 100;

/** A call, and what has not ended before its time is known. */
type Noted = Omit<CallSpan, "elapsedMs" | "failed"> & { elapsedMs: number; failed?: true };
const UNENDED = -1;

/** Notes the calls of one attempt, on its own clock. Made for every task with a solver: it costs little. */
export class CallLog {
  readonly #clock: Pick<Clock, "monotonic">;
  readonly #startedMono: number;
  readonly #spans: Noted[] = [];
  #leftOut = 0;
  #ended = false;

  /** @param startedMono what the clock said at the attempt's start */
  constructor(clock: Pick<Clock, "monotonic">, startedMono: number) {
    this.#clock = clock;
    this.#startedMono = startedMono;
  }

  /** Notes a call that begins. @returns to be called once it has ended, with whether it failed; only the first time counts */
  begin(kind: CallKind, name: string): (failed?: boolean) => void {
    if (this.#ended) return unnoted;
    if (this.#spans.length >= MOST_CALLS) {
      this.#leftOut += 1;
      return unnoted;
    }
    const short = typeof name === "string" && name.length <= MOST_NAME ? name : `${name}`.slice(0, MOST_NAME);
    const span: Noted = { kind, name: short, startedMs: this.#now(), elapsedMs: UNENDED };
    this.#spans.push(span);
    return (failed = false) => {
      if (span.elapsedMs !== UNENDED) return;
      span.elapsedMs = wholeMicroseconds(this.#now() - span.startedMs);
      if (failed) span.failed = true;
    };
  }

  /** Ends what has not answered. @param elapsedMs of the attempt */
  end(elapsedMs: number): CallsMade {
    this.#ended = true;
    for (const span of this.#spans) {
      if (span.elapsedMs !== UNENDED) continue;
      span.elapsedMs = wholeMicroseconds(elapsedMs - span.startedMs);
      span.failed = true;
    }
    return this.#leftOut > 0 ? { spans: this.#spans, leftOut: this.#leftOut } : { spans: this.#spans };
  }

  #now(): number {
    return wholeMicroseconds(this.#clock.monotonic() - this.#startedMono);
  }
}

const unnoted = (): void => {};
