import {
  type Condition,
  defineExperiment,
  type ExperimentInput,
  type Manifest,
  memoryStore,
  type Outcome,
  type RunHandle,
  type RunOptions,
  type RunReport,
  type RunStore,
  start,
  startResumed,
} from "crucible-harness";
import { type ManualClock, manualClock } from "#src/testing/manual-clock";
// loaded late by a run; loading takes real time, in which a clock turned by hand runs away
import "#src/app/results/judge";
import "#src/app/results/report";

/** What one attempt of a scripted task does. */
export type Step = "ok" | "wrong" | "503" | "400" | "429" | "paid503" | "paid400" | "hang" | "slow" | "crash" | "abort";

/** How a task behaves by condition, item and attempt: the world of a law. */
export type Script = (condition: string, itemId: string, repeat: number, attempt: number) => Step;

export interface World {
  readonly clock: ManualClock;
  /** Attempts that were started, as `condition/item/repeat#attempt`, in order. */
  readonly calls: string[];
  /** The most attempts that ran at the same time. */
  peak: number;
  /** Start of every attempt, milliseconds. */
  readonly startsMs: number[];
}

export const world = (): World => ({ clock: manualClock(1000), calls: [], peak: 0, startsMs: [] });

/** An experiment whose tasks follow a script on the world's clock. */
export function scripted(
  here: World,
  script: Script,
  options: { items?: number; conditions?: number; estimates?: number } & Partial<
    Omit<ExperimentInput<{ id: string }>, "conditions">
  > = {},
) {
  const { items = 4, conditions = 2, estimates, ...more } = options;
  let running = 0;
  const run: NonNullable<Condition<{ id: string }>["run"]> = async ({ id }, context) => {
    const step = script(context.condition, id, context.repeat, context.attempt);
    here.calls.push(`${context.condition}/${id}/${context.repeat}#${context.attempt}`);
    here.startsMs.push(here.clock.now());
    running += 1;
    here.peak = Math.max(here.peak, running);
    try {
      if (step === "hang")
        await new Promise((_, reject) => context.signal.addEventListener("abort", () => reject(context.signal.reason)));
      await sleep(here.clock, 1);
      if (step === "slow") await sleep(here.clock, 50);
      if (step === "abort") AbortSignal.abort().throwIfAborted();
      if (step === "crash") throw new TypeError("a bug in the condition");
      if (step === "503" || step === "400" || step === "429")
        throw Object.assign(new Error(step), { status: Number(step) });
      context.charge(0.5);
      if (step === "paid503" || step === "paid400")
        throw Object.assign(new Error(step), { status: Number(step.slice(4)) });
      return { accuracy: step === "ok", draw: context.random(), answer: `${id}?` };
    } finally {
      running -= 1;
    }
  };
  return defineExperiment({
    name: "law",
    dataset: Array.from({ length: items }, (_, i) => ({ id: `i${i}` })),
    conditions: Array.from({ length: conditions }, (_, i) => ({
      name: `c${i}`,
      run,
      ...(estimates === undefined ? {} : { estimatedCost: estimates }),
    })),
    metrics: ["accuracy"],
    ...more,
  });
}

export const sleep = (clock: ManualClock, ms: number): Promise<void> =>
  new Promise((resolve) => void clock.setTimeout(resolve, ms));

/** A store that outlives the runs on it. */
export function lastingStore(): RunStore {
  return { ...memoryStore(), close: () => {} };
}

const options = (here: World, store: RunStore, more: RunOptions): RunOptions => ({
  clock: here.clock,
  store: () => store,
  formats: [],
  ...more,
});

/** Starts a run on a world's clock. */
export const begin = (
  here: World,
  experiment: ReturnType<typeof scripted>,
  store: RunStore = lastingStore(),
  more: RunOptions = {},
): RunHandle => start(experiment, options(here, store, more));

/** Resumes the run in a store. */
export const goOn = (
  here: World,
  experiment: ReturnType<typeof scripted>,
  store: RunStore,
  more: RunOptions = {},
): RunHandle =>
  startResumed((store.manifest() as Manifest).experimentId, { ...options(here, store, more), experiment });

/** Turns the clock until the run ends. @param each called before every step, to interfere */
export async function finish(
  here: World,
  handle: RunHandle,
  each: (step: number) => void = () => {},
): Promise<RunReport> {
  let ended = false;
  const done = handle.done.finally(() => {
    ended = true;
  });
  done.catch(() => {});
  for (let step = 0; !ended; step++) {
    if (
      step > 100_000 ||
      (step > 200 && here.clock.pending === 0 && (await isStuck(() => ended || here.clock.pending > 0)))
    )
      throw new Error("the run does not end");
    each(step);
    if (handle.status().state === "analysing" && here.clock.pending === 0)
      await new Promise(setImmediate); // takes real time and no other
    else await here.clock.advance(step < 50 ? 1 : 25);
  }
  return done;
}

/** Whether nothing happens any more: no timer is set, and real time brings nothing either, however busy the machine is. */
async function isStuck(goesOn: () => boolean): Promise<boolean> {
  for (let look = 0; look < 5000 && !goesOn(); look++) await new Promise((done) => setTimeout(done, 2));
  return !goesOn();
}

/** Rows without what may differ between two runs of the same experiment: times. */
export async function rowsOf(store: RunStore): Promise<unknown[]> {
  const rows: unknown[] = [];
  for await (const {
    startedAt,
    elapsedMs,
    calls,
    metrics,
    errorHistory,
    scoring,
    ...row
  } of store.outcomes() as AsyncIterable<Outcome>) {
    const { latency, ...timeless } = metrics;
    const { attempts, cost } = scoring ?? {};
    rows.push({
      ...row,
      ...(scoring ? { scoring: { attempts, cost } } : {}),
      metrics: timeless,
      errorHistory: errorHistory.map(({ at, ...entry }) => entry),
    });
  }
  return rows;
}
