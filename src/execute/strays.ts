import { AsyncLocalStorage } from "node:async_hooks";
import type { LocalAttempt, RunningAttempt } from "#src/experiment/execute";
import { type Task, taskKey } from "#src/experiment/task";
import { type Failure, toFailure } from "#src/kernel/failure";
import { err } from "#src/kernel/result";

/** One attempt, as far as errors concern it that its code throws where nobody waits for them. */
interface Traced {
  attempt: LocalAttempt | undefined;
  /** The first such error. */
  failed: Failure | undefined;
  /** Whether it was told what came of it. */
  isOver: boolean;
  readonly late: (failed: Failure) => void;
}

const traces = new AsyncLocalStorage<Traced>();

/** Told of errors that belong to no attempt. */
export type OnStray = (thrown: unknown) => void;
const watchers = new Set<OnStray>();

/**
 * Begins an attempt so that what it throws where nobody waits (a rejection without a handler, an error in a timer) fails it, and no other. Its
 * end is told one turn of the event loop later, when such rejections are known.
 *
 * @param late told of what it throws after that: its result stands
 */
export function traced(begin: () => LocalAttempt, late: (failed: Failure) => void): RunningAttempt {
  const trace: Traced = { attempt: undefined, failed: undefined, isOver: false, late };
  const attempt = traces.run(trace, begin);
  trace.attempt = attempt;
  if (trace.failed) attempt.giveUp(trace.failed);
  const result = attempt.result.then(async (ended) => {
    await endOfTurn();
    trace.isOver = true;
    return trace.failed && ended.result.ok ? { ...ended, result: err(trace.failed) } : ended;
  });
  return { result, cancel: () => attempt.cancel() };
}

/** Shared by all attempts that end in one turn of the event loop. */
let turn: Promise<void> | undefined;

function endOfTurn(): Promise<void> {
  turn ??= new Promise((resolve) => {
    setImmediate(() => {
      turn = undefined;
      resolve();
    });
  });
  return turn;
}

/**
 * Hears errors that nobody waits for, and charges each to its attempt, from now on: a timer may outlive its run, and ends no other and no program
 * for it. What belongs to no attempt is told to `onStray`, unless the program has handlers of its own.
 *
 * @returns no longer tells `onStray`: without anybody to tell, such an error ends the process as ever
 */
export function watchStrays(onStray: OnStray): () => void {
  if (!isWatching) for (const event of EVENTS) process.on(event, hear[event]);
  isWatching = true;
  watchers.add(onStray);
  return () => void watchers.delete(onStray);
}

let isWatching = false;

const EVENTS = ["unhandledRejection", "uncaughtException"] as const;

const hear = {
  unhandledRejection: (thrown: unknown): void => hearStray(thrown, "unhandledRejection"),
  uncaughtException: (thrown: unknown): void => hearStray(thrown, "uncaughtException"),
};

function hearStray(thrown: unknown, event: (typeof EVENTS)[number]): void {
  const trace = traces.getStore();
  if (!trace) {
    if (process.listenerCount(event) > 1) return; // the program's own handler has heard it, too
    for (const watcher of watchers) watcher(thrown);
    if (watchers.size === 0) crash(thrown);
    return;
  }
  const failed: Failure = { ...toFailure(thrown, 0), kind: "crash" };
  if (trace.isOver) trace.late(failed);
  else if (!trace.failed) {
    trace.failed = failed;
    trace.attempt?.giveUp(failed);
  }
}

/** What Node does where nobody listens. */
function crash(thrown: unknown): never {
  for (const event of EVENTS) process.off(event, hear[event]);
  isWatching = false;
  throw thrown;
}

/** What a task threw after its end, in a sentence. */
export const saidLate = ({ condition, item, repeat }: Task, { message }: Failure): string =>
  `${taskKey({ condition, itemId: item.id, repeat })} threw after its end, where nobody waits; its result stands: ${message}`;

/** What was thrown by no task, in a sentence. */
export const outside = (thrown: unknown): string =>
  `an error was thrown outside of any task, where nobody waits: ${toFailure(thrown, 0).message}`;
