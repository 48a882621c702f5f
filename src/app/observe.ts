import type { FactSink } from "#actors/messages";
import type { Accounting } from "#src/experiment/outcome";
import { type Controlled, openControl } from "./control.ts";
import type { Beginning, RunOptions } from "./prepare.ts";
import { openRecorder, type Recorder } from "./recorder.ts";
import { recordingPath, storePath } from "./stores.ts";

/** Milliseconds between two looks at the tree. */
const LOOK_EVERY_MS = 1000;

interface Observed extends Controlled {
  status(): ReturnType<Controlled["status"]> & {
    readonly accounting: Accounting;
    readonly tasksPerSecond: number;
    readonly cost: number;
  };
}

/**
 * Lets a run be seen: keeps its facts beside its store, and answers other processes. Only where rows are kept in the checkpoint directory
 * and time is the machine's own; costs the run a few microseconds a recorded fact.
 *
 * @param listen tells of every fact from now on
 * @returns a function that ends it
 */
export function observe(
  run: Observed,
  { prepared, store }: Beginning,
  options: Pick<RunOptions, "clock">,
  listen: (sink: FactSink) => () => void,
): () => void {
  const { settings, plan } = prepared;
  const { checkpointDir, observe: isWanted } = settings;
  if (!isWanted || options.clock || store.location !== storePath(checkpointDir, run.id)) return () => {};
  const closeControl = openControl(run, checkpointDir);
  const recorder = tryRecorder(recordingPath(checkpointDir, run.id), plan.size);
  if (!recorder) return closeControl;
  const leave = listen(recorder.record);
  const look = async (): Promise<void> => {
    const tree = await run.tree();
    const { accounting, tasksPerSecond, cost } = run.status();
    const { planned, pending, failed } = accounting;
    if (tree) recorder.sample(tree, { ended: planned - pending, failed, tasksPerSecond, cost });
    recorder.flush();
  };
  const timer = setInterval(() => void look().catch(() => {}), LOOK_EVERY_MS).unref();
  return () => {
    clearInterval(timer);
    leave();
    recorder.close();
    closeControl();
  };
}

/** A run whose recording cannot be written runs without one. */
function tryRecorder(path: string, tasks: number): Recorder | undefined {
  try {
    return openRecorder({ path, tasks, now: Date.now });
  } catch {
    return undefined;
  }
}
