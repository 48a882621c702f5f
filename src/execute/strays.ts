import { AsyncLocalStorage } from "node:async_hooks";
import type { AttemptResult, LocalAttempt, RunningAttempt } from "#src/experiment/execute";
import { nameOf, type Task } from "#src/experiment/task";
import { type Failure, toFailure } from "#src/kernel/failure";
import { err } from "#src/kernel/result";
import { mendBuiltins } from "./builtins.ts";

/** One attempt, as seen by the handling of its uncaught errors. */
interface Traced {
  attempt: LocalAttempt | undefined;
  /** The first such error. */
  failed: Failure | undefined;
  /** Whether its result was handed over. */
  isOver: boolean;
  readonly late: (failed: Failure) => void;
}

const { setImmediate } = globalThis; // a condition may put another in its place
const traces = new AsyncLocalStorage<Traced>();

/** Called with errors that belong to no attempt. */
export type OnStray = (thrown: unknown) => void;
const watchers = new Set<OnStray>();

/**
 * Begins an attempt so that its uncaught errors (a rejection without a handler, an error in a timer) fail it, and no other. Its
 * end is reported one turn of the event loop later, when such rejections are known.
 *
 * @param late called with what it throws after that: its result stands
 */
export function traced(
  begin: (ended: (result: AttemptResult) => void) => LocalAttempt,
  late: (failed: Failure) => void,
): RunningAttempt {
  const trace: Traced = { attempt: undefined, failed: undefined, isOver: false, late };
  // one promise an attempt, made outside of its context: on Node 20 those inside cost several times as much
  const result = new Promise<AttemptResult>((resolve) => {
    trace.attempt = traces.run(trace, begin, (ended) => endWithTurn({ trace, ended, resolve }));
  });
  if (trace.failed) trace.attempt?.giveUp(trace.failed);
  return { result, cancel: () => trace.attempt?.cancel() };
}

/**
 * Does something that answers at once on behalf of a task: what it throws after that is late, since its answer is used in the same turn.
 *
 * @param late called with that
 */
export const tracedAtOnce = <T>(doing: () => T, late: (failed: Failure) => void): T =>
  traces.run({ attempt: undefined, failed: undefined, isOver: true, late }, doing);

interface Ending {
  readonly trace: Traced;
  readonly ended: AttemptResult;
  readonly resolve: (result: AttemptResult) => void;
}

/** Attempts that ended in this turn of the event loop. */
let endings: Ending[] = [];

function endWithTurn(ending: Ending): void {
  endings.push(ending);
  if (endings.length === 1) setImmediate(endAll);
}

function endAll(): void {
  const all = endings;
  endings = [];
  for (const { trace, ended, resolve } of all) {
    trace.isOver = true;
    resolve(trace.failed && ended.result.ok ? { ...ended, result: err(trace.failed) } : ended);
  }
}

/**
 * Handles uncaught errors from now on, and attributes each to its attempt. What belongs to no attempt is passed to `onStray`, unless the
 * program has handlers of its own.
 *
 * @returns ends it: without a watcher, such an error ends the process as usual
 */
export function watchStrays(onStray: OnStray): () => void {
  const release = holdStrays();
  watchers.add(onStray);
  return () => {
    watchers.delete(onStray);
    release();
  };
}

/**
 * Keeps errors of attempts that have ended from ending the program, until the last holder has released them: a timer of a task may outlive
 * its executor, and must not take the report with it. The process has no handlers of ours before and after.
 *
 * @returns releases them, once
 */
export function holdStrays(): () => void {
  if (holders.size === 0) for (const event of EVENTS) process.on(event, hear[event]);
  const holder = {};
  holders.add(holder);
  return () => {
    if (holders.delete(holder) && holders.size === 0) unhook();
  };
}

const holders = new Set<object>();

function unhook(): void {
  try {
    for (const event of EVENTS) process.off(event, hear[event]);
  } catch {
    // a task has frozen `process`: errors that no run holds end it, in `hearStray`
  }
}

const EVENTS = ["unhandledRejection", "uncaughtException"] as const;

const hear = {
  unhandledRejection: (thrown: unknown): void => hearStray(thrown, "unhandledRejection"),
  uncaughtException: (thrown: unknown): void => hearStray(thrown, "uncaughtException"),
};

function hearStray(thrown: unknown, event: (typeof EVENTS)[number]): void {
  mendBuiltins(); // what was thrown may come of them
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

/** Whether the error that is being handled is one of an attempt. */
export const isOfAttempt = (): boolean => traces.getStore() !== undefined;

/** What Node does without a handler. */
function crash(thrown: unknown): never {
  unhook();
  throw thrown;
}

/** What a task threw after its end, in a sentence. */
export const saidLate = (task: Task, { message }: Failure): string =>
  `${nameOf(task)} threw an uncaught error after its end; its result stands: ${message}`;

/** What was thrown by no task, in a sentence. */
export const outside = (thrown: unknown): string =>
  `an uncaught error was thrown outside of any task: ${toFailure(thrown, 0).message}`;
