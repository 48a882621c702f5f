import { url as debuggerUrl } from "node:inspector";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import type { Fact } from "#actors/messages";
import { isReplacedForGood } from "#src/execute/builtins";
import { ownModule } from "#src/execute/bundle";
import { ownPackage } from "#src/execute/package";
import type { RunHandle } from "./run-handle.ts";
import { BEAT, IS_BENT, IS_WATCHED, TIMEOUT_MS, type Watchdog } from "./watchdog-thread.ts";

const { setInterval, clearInterval } = globalThis; // a task may put others in their place
const { add, store } = Atomics;

const BEAT_EVERY_MS = 500;
const LONGEST_MS = 2 ** 31 - 1;

/** Milliseconds for which nothing may move before that is said, and timeouts of tasks before the process is ended. */
const LIMITS = { sayAfterMs: 5000, timeouts: 10, endAfterMs: 60_000 };
/** Of an attempt, until it is known. */
const DEFAULT_TIMEOUT_MS = 30_000;

/** A run, or a suite of them. */
interface Watched {
  readonly id: string;
  /** Whether there may be more than one run. */
  readonly isSuite?: boolean;
  readonly facts: AsyncIterable<Fact>;
  status(): Pick<ReturnType<RunHandle["status"]>, "state">;
}

/**
 * Watches from a thread that the event loop moves while tasks run in it. A task that never lets go of it (an endless loop, promises that
 * resolve to further promises without end) stops timeouts, Ctrl-C and progress with it: that is said after its timeout, with the line that
 * runs, and the process is ended after ten timeouts and at least a minute, with how to resume. So is one whose built-in functions a task
 * replaced for good, unless it ends within a timeout. A process that a debugger holds is not ended.
 *
 * @returns ends it
 */
export async function watchLoop(handle: Watched, limits: Partial<typeof LIMITS> = {}): Promise<() => void> {
  if (debuggerUrl() !== undefined) return () => {};
  const shared = new Int32Array(new SharedArrayBuffer(4 * Int32Array.BYTES_PER_ELEMENT));
  const workerData: Watchdog = {
    shared,
    id: handle.id,
    pid: process.pid,
    own: ["src", "dist", "node_modules"].map((folder) => `${pathToFileURL(ownPackage().root).href}/${folder}/`),
    ...LIMITS,
    ...limits,
  };
  const worker = new Worker(await ownModule("app/watchdog-thread"), { workerData, stdin: false });
  worker.on("error", () => {}); // a run continues without it
  worker.unref();
  store(shared, TIMEOUT_MS, DEFAULT_TIMEOUT_MS);
  let longestMs = 0;
  void (async () => {
    for await (const fact of handle.facts) {
      if (fact.type !== "run.started" && fact.type !== "run.resumed") continue;
      longestMs = Math.max(longestMs, fact.timeoutMs ?? DEFAULT_TIMEOUT_MS);
      store(shared, TIMEOUT_MS, Math.min(longestMs, LONGEST_MS));
      store(shared, IS_WATCHED, 1); // the first task may be the one that never lets go, before any timer ends
      if (handle.isSuite !== true) break;
    }
  })();
  const beat = (): void => {
    add(shared, BEAT, 1);
    if (isReplacedForGood()) store(shared, IS_BENT, 1); // before anything that may use them
    const { state } = handle.status();
    store(shared, IS_WATCHED, state === "preparing" || state === "analysing" || state === "ended" ? 0 : 1);
  };
  const timer = setInterval(beat, BEAT_EVERY_MS).unref();
  return () => {
    clearInterval(timer);
    void worker.terminate();
  };
}
