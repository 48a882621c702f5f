import type { Fact, FactSink } from "#actors/messages";
import type { Accounting } from "#src/experiment/outcome";
import type { Beginning } from "../prepare.ts";
import type { RunOptions } from "../run-options.ts";
import { recordingPath, storePath } from "../stores.ts";
import { type Controlled, openControl } from "./control.ts";
import { openRecorder, type Recorder } from "./recorder.ts";

/** Milliseconds between two looks at the tree. */
const LOOK_EVERY_MS = 1000;
/** Milliseconds after a fact that changes the tree. */
const LOOK_SOON_MS = 10;

/** Facts after which the tree is another one, so that a short life is not missed between two looks. */
const changesTree = ({ type }: Fact): boolean =>
  type === "run.started" || type === "run.resumed" || type === "service.restarted" || type.startsWith("circuit.");

/** A run as those see it who keep what it does. */
export interface Observed extends Controlled {
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
 * @param listen subscribes to every fact from now on
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
  const recorder = tryRecorder(recordingPath(checkpointDir, run.id), plan.isOpen ? undefined : plan.size);
  if (!recorder) return closeControl;
  let soon: NodeJS.Timeout | undefined;
  const leave = listen((fact) => {
    recorder.record(fact);
    if (changesTree(fact)) soon ??= setTimeout(lookNow, LOOK_SOON_MS).unref();
  });
  const look = async (): Promise<void> => {
    const tree = await run.tree();
    const { accounting, tasksPerSecond, cost } = run.status();
    const { planned, pending, failed } = accounting;
    if (tree && tree.children.length > 0)
      recorder.sample(tree, { ended: planned - pending, failed, tasksPerSecond, cost });
    recorder.flush();
  };
  const lookNow = (): void => {
    soon = undefined;
    void look().catch(() => {});
  };
  const timer = setInterval(lookNow, LOOK_EVERY_MS).unref();
  return () => {
    clearInterval(timer);
    clearTimeout(soon);
    leave();
    recorder.close();
    closeControl();
  };
}

/** A run whose recording cannot be written runs without one. */
function tryRecorder(path: string, tasks: number | undefined): Recorder | undefined {
  try {
    return openRecorder({ path, tasks, now: Date.now });
  } catch {
    return undefined;
  }
}
