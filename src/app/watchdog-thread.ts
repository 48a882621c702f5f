import { writeSync } from "node:fs";
import { type Debugger, Session } from "node:inspector";
import { workerData } from "node:worker_threads";

/** What the thread is given. */
export interface Watchdog {
  /** See `BEAT`, `IS_WATCHED`, `TIMEOUT_MS` and `IS_BENT`. */
  readonly shared: Int32Array;
  /** Of the run. */
  readonly id: string;
  readonly pid: number;
  /** Addresses of code of this package: its lines are not those that are looked for. */
  readonly own: readonly string[];
  readonly sayAfterMs: number;
  readonly timeouts: number;
  readonly endAfterMs: number;
}

/** Grows for as long as the event loop moves. */
export const BEAT = 0;
/** 0 while no tasks run. */
export const IS_WATCHED = 1;
/** Milliseconds that an attempt may take. */
export const TIMEOUT_MS = 2;
/** 1 once built-in functions of the main thread are others for good: this thread has its own. */
export const IS_BENT = 3;

const LOOK_EVERY_MS = 250;

function watch({ shared, id, pid, own, sayAfterMs, timeouts, endAfterMs }: Watchdog): void {
  let [beat, stuckMs, isAsked, isSaid, bentMs] = [0, 0, false, false, 0];
  const say = (text: string): void => void writeSync(2, `crucible: ${text}\n`);
  setInterval(() => {
    if (Atomics.load(shared, IS_BENT) === 1 && Atomics.load(shared, IS_WATCHED) === 1) bentMs += LOOK_EVERY_MS;
    if (bentMs > Atomics.load(shared, TIMEOUT_MS) + sayAfterMs) {
      say(
        `${id} is ended: code of a task replaced built-in functions for good, and its process cannot end by itself. What was stored is safe: when that is mended, crucible resume ${id}`,
      );
      process.kill(pid, "SIGKILL");
      return;
    }
    const now = Atomics.load(shared, BEAT);
    if (now !== beat || Atomics.load(shared, IS_WATCHED) === 0) {
      [beat, stuckMs, isAsked, isSaid] = [now, 0, false, false];
      return;
    }
    stuckMs += LOOK_EVERY_MS; // counted, not timed: a machine that sleeps is not stuck
    const timeoutMs = Atomics.load(shared, TIMEOUT_MS);
    const endMs = Math.max(timeouts * timeoutMs, endAfterMs);
    if (!isAsked && stuckMs >= timeoutMs + sayAfterMs) {
      isAsked = true;
      lineThatRuns(own, (line) => {
        isSaid = true;
        const where = line === undefined ? "" : `, at ${line}`;
        say(
          `a task has kept the event loop of ${id} for ${Math.round(stuckMs / 1000)} s${where}: no timeout, no Ctrl-C and no other task can be served. If it lasts ${Math.round(endMs / 1000)} s, the process ends; to end it now: kill -9 ${pid}`,
        );
      });
    }
    if (stuckMs < endMs || !isSaid) return; // never without a word before: a busy machine is slow to find the line
    say(
      `${id} is ended: a task kept the event loop for ${Math.round(stuckMs / 1000)} s. What was stored is safe: crucible resume ${id}, with --executor threads, which ends such a task alone`,
    );
    process.kill(pid, "SIGKILL"); // nothing else is heard
  }, LOOK_EVERY_MS);
}

/** Times that the main thread is halted for a moment, to find a line that is not our own. */
const MOST_LOOKS = 20;

/** Milliseconds to wait for it: a main thread in synchronous I/O does not answer. */
const MOST_MS = 5000;

/** The line of the main thread that runs, outside of Node and of this package. @param tell called once */
function lineThatRuns(own: readonly string[], tell: (line: string | undefined) => void): void {
  let isTold = false;
  const found = (line?: string): void => {
    if (!isTold) tell(line);
    isTold = true;
  };
  setTimeout(found, MOST_MS);
  try {
    const session = new Session();
    session.connectToMainThread();
    const files = new Map<string, string>();
    session.on("Debugger.scriptParsed", ({ params: { scriptId, url } }) => files.set(scriptId, url));
    const lineOf = ({ location: { scriptId, lineNumber, columnNumber = 0 } }: Debugger.CallFrame): string =>
      `${files.get(scriptId)}:${lineNumber + 1}:${columnNumber + 1}`;
    let looks = 0;
    session.on("Debugger.paused", ({ params: { callFrames } }) => {
      const line = callFrames
        .map(lineOf)
        .find((each) => each.startsWith("file:") && !own.some((folder) => each.startsWith(folder)));
      session.post("Debugger.resume");
      looks += 1;
      if (line === undefined && looks < MOST_LOOKS) {
        setTimeout(() => session.post("Debugger.pause"), 5);
        return;
      }
      session.post("Debugger.disable");
      session.disconnect();
      found(line);
    });
    session.post("Debugger.enable");
    session.post("Debugger.pause");
  } catch {
    found();
  }
}

if (workerData) watch(workerData as Watchdog);
