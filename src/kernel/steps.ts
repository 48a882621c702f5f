import { systemClock } from "./clock.ts";

/**
 * A long computation that stops for a moment at every `yield`: its driver decides whether to continue at once. It is the same computation
 * with the same result either way.
 */
export type Steps<T> = Generator<void, T, void>;

/** Numbers that a step may look at before it stops, some milliseconds' worth. */
export const STEP = 500_000;

/**
 * Does all steps at once.
 *
 * @example
 * finish((function* () { yield; return 7; })()) // => 7
 */
export function finish<T>(steps: Steps<T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

/** Does the steps in slices of some milliseconds and lets everything else of the process have its turn between them. */
export async function inSlices<T>(steps: Steps<T>): Promise<T> {
  const breathe = breather();
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
    const pause = breathe();
    if (pause) await pause;
  }
}

/** One step for each value. @example finish(mapInSteps([1, 2], (value) => value * 2)) // => [2, 4] */
export function* mapInSteps<T, U>(values: readonly T[], make: (value: T, place: number) => U): Steps<U[]> {
  const made: U[] = [];
  for (const [place, value] of values.entries()) {
    yield;
    made.push(make(value, place));
  }
  return made;
}

/** `parts.join(separator)` of parts that may be a hundred thousand. */
export function* joinInSteps(parts: readonly string[], separator: string): Steps<string> {
  const joined: string[] = [];
  for (let from = 0; from < parts.length; from += JOINED) {
    yield;
    joined.push(parts.slice(from, from + JOINED).join(separator));
  }
  yield;
  return joined.join(separator);
}

/** Parts that a step joins. */
const JOINED = 2000;

/** Hands each value on, in slices as `inSlices` does. */
export async function eachInSlices<T>(values: Iterable<T> | AsyncIterable<T>, take: (value: T) => void): Promise<void> {
  const breathe = breather();
  if (Symbol.asyncIterator in values) {
    for await (const value of values) {
      take(value);
      const pause = breathe();
      if (pause) await pause;
    }
    return;
  }
  for (const value of values) {
    take(value);
    const pause = breathe();
    if (pause) await pause;
  }
}

const { setImmediate } = globalThis; // what runs before may put another in its place

/** Milliseconds of a slice: short enough that a wait is not noticed. */
const SLICE_MS = 10;

/** @returns nothing while the slice lasts, then a turn for everything else of the process */
function breather(): () => Promise<void> | undefined {
  let since = systemClock.monotonic();
  return () => {
    if (systemClock.monotonic() - since < SLICE_MS) return undefined;
    return new Promise((resolve) => {
      setImmediate(() => {
        since = systemClock.monotonic();
        resolve();
      });
    });
  };
}
