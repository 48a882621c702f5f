import {
  type AttemptPlace,
  type AttemptResult,
  beginAttempt,
  type LateCharge,
  type LocalAttempt,
  type RunningAttempt,
} from "#src/experiment/execute";
import { nameOf, type Task } from "#src/experiment/task";
import { type Clock, systemClock } from "#src/kernel/clock";
import { invariant } from "#src/kernel/errors";
import { failure } from "#src/kernel/failure";
import { err } from "#src/kernel/result";
import { holdBuiltins, lookAtBuiltins } from "./builtins.ts";
import type { ExecutorFactory } from "./scope.ts";
import { outside, saidLate, traced, tracedAtOnce, watchStrays } from "./strays.ts";

const { setImmediate, clearImmediate } = globalThis; // a condition may put others in their place

/** Milliseconds of tasks without a pause, after which timers, signals and sockets get their turn. */
const LONGEST_TURN_MS = 10;

/**
 * Runs attempts in this event loop: right for everything that waits (model calls), and for cheap functions. Functions that never wait would
 * follow each other without end; now and then the loop is let go, so that progress is shown and Ctrl-C is heard.
 */
export const inline =
  (): ExecutorFactory =>
  ({ experiment, clock = systemClock, backend, log, notice, stray, replaced }) => {
    const conditions = new Map(experiment.conditions.map((condition) => [condition.name, condition]));
    const isReal = clock === systemClock; // a clock turned by hand says nothing about this event loop
    const afterUserCode = (task: Task): void => lookAtBuiltins(() => nameOf(task));
    const place = { clock, worker: "inline", backend, log, ...(isReal ? { afterUserCode } : {}) };
    const turn = isReal ? turns(clock) : neverLong;
    const follow = isReal ? traced : untraced;
    const begin = (task: Task, attempt: number, late?: LateCharge): RunningAttempt => {
      const condition = conditions.get(task.condition);
      invariant(condition, `no condition ${task.condition}`);
      let isNow: boolean | undefined;
      const running = follow(
        (ended) => {
          if (!task.answer) return beginAttempt(ended, experiment, condition, task, attempt, place, late);
          const noting = (result: AttemptResult): void => {
            isNow ??= true;
            ended(result);
          };
          const begun = beginAttempt(noting, experiment, condition, task, attempt, place, late);
          isNow ??= false;
          return begun;
        },
        (failed) => notice(saidLate(task, failed)),
      );
      if (isNow) void running.result.then(({ result }) => noteAtOnce(task, result.ok));
      return running;
    };
    /** Known a turn after it has ended: what it throws aside fails it until then. */
    const noteAtOnce = ({ condition }: Task, isOk: boolean): void => {
      if (isOk && !waiting.has(condition)) scoredAtOnce.add(condition);
    };
    const notAtOnce = ({ condition }: Task): void => {
      scoredAtOnce.delete(condition);
      waiting.add(condition);
    };
    const scoredAtOnce = new Set<string>();
    /** Conditions whose scorers waited where they were to answer at once, or threw aside: what they asked for was asked for twice, and is not again. */
    const waiting = new Set<string>();
    const atOnce = (task: Task, attempt: number, late?: LateCharge): AttemptResult | "later" | undefined => {
      if (!scoredAtOnce.has(task.condition)) return undefined;
      if (turn.isLong()) return "later";
      let now: AttemptResult | undefined;
      const ended = (result: AttemptResult): void => {
        now = result;
      };
      const begun = tracedAtOnce(
        () => beginAttempt(ended, experiment, conditions.get(task.condition)!, task, attempt, place, late),
        (failed) => {
          notAtOnce(task);
          notice(saidLate(task, failed));
        },
      );
      if (now) return now.result.ok ? now : undefined;
      notAtOnce(task);
      begun.cancel();
      return undefined;
    };
    let unwatch = (): void => {};
    let release = (): void => {};
    return {
      name: "inline",
      async open() {
        if (!isReal) return;
        unwatch = watchStrays(stray ?? ((thrown) => notice(outside(thrown))));
        release = holdBuiltins(replaced ?? notice);
      },
      async close() {
        unwatch();
        release();
      },
      atOnce,
      run: (task, attempt, late) =>
        turn.isLong() ? later(() => begin(task, attempt, late), place) : begin(task, attempt, late),
    };
  };

/** An attempt whose uncaught errors are those of the process. */
const untraced: typeof traced = (begin) => {
  let attempt: LocalAttempt | undefined;
  const result = new Promise<AttemptResult>((resolve) => {
    attempt = begin(resolve);
  });
  return { result, cancel: () => attempt?.cancel() };
};

const neverLong = { isLong: () => false };

/** Knows how long this turn of the event loop has lasted. One immediate a turn, however many tasks ask. */
function turns(clock: Clock): { isLong(): boolean } {
  let beganMs: number | undefined;
  return {
    isLong() {
      if (beganMs === undefined) {
        beganMs = clock.monotonic();
        setImmediate(() => {
          beganMs = undefined;
        });
        return false;
      }
      return clock.monotonic() - beganMs > LONGEST_TURN_MS;
    },
  };
}

/** An attempt that begins in the next turn of the event loop, unless it is cancelled before. */
function later(begin: () => RunningAttempt, { clock, worker }: AttemptPlace): RunningAttempt {
  let cancel = (): void => {};
  const result = new Promise<AttemptResult>((resolve) => {
    const turn = setImmediate(() => {
      const begun = begin();
      cancel = () => begun.cancel();
      void begun.result.then(resolve);
    });
    cancel = () => {
      clearImmediate(turn);
      const stopped = err(failure("cancelled", "the run was stopped"));
      resolve({ result: stopped, startedAt: clock.now(), elapsedMs: 0, begun: false, worker });
    };
  });
  return { result, cancel: () => cancel() };
}
