import type { RunHandle } from "./run-handle.ts";

/**
 * The first Ctrl-C lets running tasks end and stores them, the second aborts them. Both leave a run that can be resumed.
 *
 * @returns a function that gives the signals back
 */
export function stopOnSignals(handle: RunHandle): () => void {
  let asked = 0;
  const onSignal = (signal: NodeJS.Signals): void => {
    asked += 1;
    if (asked === 1) handle.drain(`${signal}: running tasks end, no new ones start; press Ctrl-C again to abort them`);
    else handle.abort(`${signal} again`);
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  return () => {
    process.off("SIGINT", onSignal);
    process.off("SIGTERM", onSignal);
  };
}
