import { systemClock } from "#src/kernel/clock";
import type { RunHandle } from "./run-handle.ts";

/** What signals have asked for so far. */
export interface Asked {
  readonly times: number;
  /** By a clock that never goes back. */
  readonly lastMs: number;
}

export const notAsked: Asked = { times: 0, lastMs: Number.NEGATIVE_INFINITY };

/** `npm` and `npx` hand on a Ctrl-C that the terminal has sent already: signals within this many milliseconds count as one. */
const ONE_PRESS_MS = 100;

const steps = ["drain", "abort", "leave"] as const;

/**
 * What a signal means: the first lets running tasks end, the second aborts them, the third leaves at once. A terminal that is closed says so
 * more than once, without a user in a hurry: SIGHUP never does more than the first signal.
 *
 * @example nextStopStep(notAsked, "SIGINT", 0)[1] // => "drain"
 * @example nextStopStep({ times: 1, lastMs: 0 }, "SIGINT", 8)[1] // => undefined
 * @example nextStopStep({ times: 1, lastMs: 0 }, "SIGTERM", 500)[1] // => "abort"
 */
export function nextStopStep(
  asked: Asked,
  signal: NodeJS.Signals,
  nowMs: number,
): readonly [Asked, (typeof steps)[number] | undefined] {
  const isSame = nowMs - asked.lastMs < ONE_PRESS_MS;
  if (asked.times > 0 && (isSame || signal === "SIGHUP")) return [asked, undefined];
  const times = Math.min(asked.times + 1, steps.length);
  return [{ times, lastMs: nowMs }, steps[times - 1]];
}

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** What follows where nothing runs any more and the rows are being analysed: nothing is lost by leaving, so the second time does. */
export const whileAnalysing = (step: (typeof steps)[number], wasWarned: boolean): "warn" | "leave" =>
  step === "leave" || wasWarned ? "leave" : "warn";

/** A run, or a suite of them. */
type Stoppable = Pick<RunHandle, "drain" | "abort"> & { status(): Pick<ReturnType<RunHandle["status"]>, "state"> };

/**
 * Lets signals stop a run, more firmly each time; it can be resumed after each.
 *
 * @param leave ends the process at once; what was acknowledged is stored already
 * @param warn says that every task is stored and that the next signal leaves without reports
 * @returns a function that gives the signals back
 */
export function stopOnSignals(
  handle: Stoppable,
  { leave, warn }: { leave: () => void; warn: (signal: NodeJS.Signals) => void },
): () => void {
  let asked = notAsked;
  let wasWarned = false;
  const onSignal = (signal: NodeJS.Signals): void => {
    const [now, step] = nextStopStep(asked, signal, systemClock.monotonic());
    asked = now;
    if (step !== undefined && handle.status().state === "analysing") {
      if (whileAnalysing(step, wasWarned) === "leave") leave();
      else warn(signal);
      wasWarned = true;
    } else if (step === "drain") {
      const more = signal === "SIGHUP" ? "" : "; press Ctrl-C again to abort them";
      handle.drain(`${signal}: running tasks end, no new ones start${more}`);
    } else if (step === "abort") handle.abort(`${signal} again`);
    else if (step === "leave") leave();
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  return () => {
    try {
      for (const signal of SIGNALS) process.off(signal, onSignal);
    } catch {
      // a task has frozen `process`: a signal that comes now finds a run that has ended
    }
  };
}
