import { threadId, workerData } from "node:worker_threads";
import type { Admission, Backend, CallContext } from "#src/backends/backend";
import type { Experiment } from "#src/experiment/define";
import { type AttemptPlace, beginAttempt } from "#src/experiment/execute";
import type { ExperimentExport } from "#src/experiment/exported";
import { systemClock } from "#src/kernel/clock";
import { ConfigError, invariant, show } from "#src/kernel/errors";
import { type Failure, toFailure } from "#src/kernel/failure";
import { loadDefined } from "./load-defined.ts";
import { saidLate, traced, watchStrays } from "./strays.ts";
import { ThreadLink } from "./thread-link.ts";
import {
  type BatchInput,
  CURRENT,
  type LoadRefusal,
  SKIP,
  type ThreadData,
  type ThreadMessage,
  WAITING,
} from "./thread-messages.ts";

/** What runs in a worker thread: batches of attempts, one attempt at a time. */
const data = workerData as ThreadData;
const worker = `thread ${threadId}`;
let loaded: Promise<Experiment> | undefined;

watchStrays((thrown) => tellStray({ type: "stray", message: toFailure(thrown, 0).message, isLate: false }));

const experimentHere = (): Promise<Experiment> => {
  loaded ??= loadDefined(data, async () => ((await import(data.path)) as { default?: ExperimentExport }).default);
  return loaded;
};

/** Loads the experiment before there is anything to do. @returns why it cannot */
export async function load(): Promise<LoadRefusal | undefined> {
  try {
    await experimentHere();
    return undefined;
  } catch (thrown) {
    if (thrown instanceof ConfigError)
      return { path: thrown.path, law: thrown.law, value: thrown.value === undefined ? undefined : show(thrown.value) };
    return { path: data.file, law: `cannot be loaded in a thread (${toFailure(thrown, 0).message})` };
  }
}

/** The line of the batch that is being done. */
let open: ThreadLink | undefined;
/** What was thrown between two batches; more than that is too much to say. */
const untold: ThreadMessage[] = [];
const MOST_UNTOLD = 100;

function tellStray(message: ThreadMessage): void {
  if (open) open.tell(message);
  else if (untold.length < MOST_UNTOLD) untold.push(message);
}

/** Does attempts, and says of each at once what came of it. */
export async function runBatch({ attempts, port, progress }: BatchInput): Promise<void> {
  const experiment = await experimentHere();
  const link = new ThreadLink(port);
  open = link;
  for (const message of untold.splice(0)) link.tell(message);
  try {
    for (const [index, { task, attempt }] of attempts.entries()) {
      if (Atomics.load(progress, SKIP + index) === 1) continue;
      Atomics.store(progress, WAITING, 0);
      Atomics.store(progress, CURRENT, index);
      const found = experiment.conditions.find(({ name }) => name === task.condition);
      invariant(found, `no condition ${task.condition}`);
      const isServed = data.served.includes(task.condition);
      const condition = isServed ? { ...found, backend: hostBackend(link, index, found.backend, progress) } : found;
      const place: AttemptPlace = {
        clock: systemClock,
        worker,
        admission: hostAdmission(link, progress),
        log: (_, message) => link.tell({ type: "log", index, message }),
      };
      const late = (amount: number): void => link.tell({ type: "late", index, amount });
      const tellLate = (failed: Failure): void =>
        tellStray({ type: "stray", message: saidLate(task, failed), isLate: true });
      const running = traced(
        (ended) => beginAttempt(ended, experiment, condition, task, attempt, place, late),
        tellLate,
      );
      link.onCancel(index, () => running.cancel());
      link.tell({ type: "ended", index, result: await running.result });
    }
  } finally {
    open = undefined;
    link.close();
  }
}

/** A condition's backend as it is reached from here: its calls are made by the run itself, with its limits, prices and caches. */
const hostBackend = (link: ThreadLink, index: number, own: Backend | undefined, progress: Int32Array): Backend => ({
  name: own?.name ?? "the run's own",
  ...(own?.model === undefined ? {} : { model: own.model }),
  generate: async (messages, config = {}, { signal, onWait }: CallContext = {}) => {
    const noted = (waiting: boolean): void => {
      Atomics.add(progress, WAITING, waiting ? 1 : -1);
      onWait?.(waiting);
    };
    const { reply } = await link.ask({ type: "generate", index, messages, config }, { signal, onWait: noted }).answer;
    invariant(reply, "the run answered a model call without a reply");
    return reply;
  },
});

/** Limits of backends that conditions call by themselves: kept by the run, for all threads. */
const hostAdmission = (link: ThreadLink, progress: Int32Array): Admission => ({
  enter: async (limit, tokens, signal) => {
    const { id, answer } = link.ask({ type: "enter", limit, tokens }, { signal });
    Atomics.add(progress, WAITING, 1);
    await answer.finally(() => Atomics.sub(progress, WAITING, 1));
    return { settle: (result) => link.tell({ type: "settle", id, result }) };
  },
});
