import { run } from "#src/app/run";
import type { RunOptions } from "#src/app/run-options";
import { inline } from "#src/execute/inline";
import type { Experiment } from "#src/experiment/define";
import type { RunStatus } from "#src/experiment/manifest";
import type { Outcome } from "#src/experiment/outcome";
import { taskKey } from "#src/experiment/task";
import { canonicalJson } from "#src/kernel/digest";
import { memoryStore } from "#src/store/memory";
import type { RunStore } from "#src/store/store";
import { replayedDraws } from "./draws.ts";
import { faultyExecutor } from "./fault-plugs.ts";
import type { SimulatedRule } from "./sim-faults.ts";
import { World } from "./simulate.ts";

/** A run in which no process and no actor dies, and nothing is refused but the attempts that the simulation refused. */
export interface StraightRun {
  readonly status: RunStatus;
  /** By task, without what may differ between two runs of one experiment. */
  readonly rows: ReadonlyMap<string, string>;
}

const known = new WeakMap<Experiment, Map<string, Promise<StraightRun>>>();

/** @param rules those of the simulation, which know what they did to which attempt */
export function straightRun(
  experiment: Experiment,
  options: RunOptions,
  rules: readonly SimulatedRule[],
): Promise<StraightRun> {
  const told = rules.filter(isTold);
  const key = JSON.stringify(told.map(({ rule, struckAt }) => [rule, [...struckAt()].sort()]));
  const own = known.get(experiment) ?? new Map<string, Promise<StraightRun>>();
  known.set(experiment, own);
  const found = own.get(key) ?? make(experiment, options, told);
  if (told.every(({ struckAt }) => struckAt().length === 0)) own.set(key, found);
  return found;
}

/** Faults that fail an attempt, and so its row tells of them. */
export const isTold = ({ rule: { target, fault } }: SimulatedRule): boolean =>
  target === "executor" && fault !== "delay" && fault !== "duplicate";

async function make(experiment: Experiment, options: RunOptions, told: readonly SimulatedRule[]): Promise<StraightRun> {
  const store: RunStore = { ...memoryStore(), close: () => {} };
  const world = new World(replayedDraws([]));
  const { timeoutMs } = experiment.config;
  const rules = told.map(({ rule, struckAt }) => {
    const struck = new Set(struckAt());
    const strikes = (key?: string): boolean => key !== undefined && struck.has(key);
    return { rule: rule as never, strikes, counts: () => ({ seen: 0, struck: 0 }) };
  });
  const { clock } = world;
  const { value, violation } = await world.run(() =>
    run(experiment, {
      ...options,
      clock,
      id: "straight",
      store: () => store,
      executor: (scope) => faultyExecutor(inline()(scope), rules, { clock, timeoutMs }),
    }),
  );
  if (violation !== undefined) throw new Error(`without any fault: ${violation}`);
  return { status: value!.status, rows: await rowsByTask(store) };
}

/** Rows by task, without times. */
export async function rowsByTask(store: Pick<RunStore, "outcomes">): Promise<ReadonlyMap<string, string>> {
  const rows = new Map<string, string>();
  for await (const outcome of store.outcomes() as AsyncIterable<Outcome>) {
    const { startedAt: _, elapsedMs: __, calls: ____, scoring, metrics, errorHistory, ...row } = outcome;
    const { latency: ___, ...timeless } = metrics;
    const history = errorHistory.map(({ at: _____, ...entry }) => entry);
    rows.set(
      taskKey(outcome),
      canonicalJson({ ...row, scored: scoring?.attempts, metrics: timeless, errorHistory: history }),
    );
  }
  return rows;
}
