import { isDeepStrictEqual } from "node:util";
import type { TraceEvent } from "./recording.ts";

/** Where a replay first differs from its recording. */
export interface Difference {
  step: number;
  /** Which event of that step, counted from 0, orphans left out. */
  at: number;
  expected: unknown;
  actual: unknown;
}

/**
 * The first difference between two traces. Compared as sets, because OTP leaves their order open: orphans anywhere in their step,
 * and runs of unordered events.
 */
export function firstDifference(expected: TraceEvent[], actual: TraceEvent[]): Difference | undefined {
  const steps = new Set([...expected, ...actual].map(({ step }) => step));
  for (const step of [...steps].sort((a, b) => a - b)) {
    const found = differenceInStep(
      expected.filter((event) => event.step === step),
      actual.filter((event) => event.step === step),
    );
    if (found) return { step, ...found };
  }
  return undefined;
}

function differenceInStep(expected: TraceEvent[], actual: TraceEvent[]): Omit<Difference, "step"> | undefined {
  const left = [...actual];
  for (const orphan of expected.filter((event) => event.orphan)) {
    const at = left.findIndex((event) => isSame(orphan, event));
    if (at < 0) return { at: 0, expected: orphan, actual: "no such event in this step" };
    left.splice(at, 1);
  }
  const ordered = expected.filter((event) => !event.orphan);
  for (let at = 0; at < Math.max(ordered.length, left.length); at++) {
    const run = runOfUnordered(ordered, at);
    const wanted = ordered[at];
    const match = left.slice(at, at + run).findIndex((event) => wanted && isSame(wanted, event));
    if (match < 0) return { at, expected: ordered[at] ?? "nothing more", actual: left[at] ?? "nothing more" };
    left.splice(at, 0, ...left.splice(at + match, 1));
  }
  return undefined;
}

/** How many events from `at` on may come in any order. */
function runOfUnordered(events: TraceEvent[], at: number): number {
  let end = at;
  while (events[end]?.unordered) end++;
  return Math.max(1, end - at);
}

const isSame = (expected: TraceEvent, actual: TraceEvent): boolean => {
  const { orphan: _, unordered: __, ...plain } = expected;
  return isDeepStrictEqual(plain, { ...actual });
};
