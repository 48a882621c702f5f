import { isDeepStrictEqual } from "node:util";
import { run } from "#src/app/run";
import type { RunOptions } from "#src/app/run-options";
import { inline } from "#src/execute/inline";
import type { Experiment } from "#src/experiment/define";
import type { RunStatus } from "#src/experiment/manifest";
import type { Outcome } from "#src/experiment/outcome";
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
  /** By ordinal. */
  readonly rows: ReadonlyMap<number, Outcome>;
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
  return { status: value!.status, rows: await rowsOf(store) };
}

/** Rows by ordinal. */
export async function rowsOf(store: Pick<RunStore, "outcomes">): Promise<ReadonlyMap<number, Outcome>> {
  const rows = new Map<number, Outcome>();
  for await (const outcome of store.outcomes() as AsyncIterable<Outcome>) rows.set(outcome.ordinal, outcome);
  return rows;
}

/** A row as text, without what may differ between two runs of one experiment: times, and which attempts were under way when a pool crashed. */
export function timeless(outcome: Outcome): string {
  const { startedAt: _, elapsedMs: __, calls: ____, faults, scoring, metrics, errorHistory, ...row } = outcome;
  const met = faults?.filter(({ on }) => !on.startsWith("actor:")) ?? [];
  const { latency: ___, ...others } = metrics;
  const history = errorHistory.map(({ at: _____, ...entry }) => entry);
  const own = met.length > 0 ? { ...row, faults: met } : row;
  return canonicalJson({ ...own, scored: scoring?.attempts, metrics: others, errorHistory: history });
}

/** Whether two rows say the same but for times. Most do, and their texts need not be written to see it. */
export const areAlike = (a: Outcome, b: Outcome): boolean =>
  (isSame(a, b, NOT_COMPARED) &&
    isSame(a.metrics, b.metrics, ["latency"]) &&
    a.scoring?.attempts === b.scoring?.attempts &&
    a.errorHistory.length === b.errorHistory.length &&
    a.errorHistory.every((entry, i) => isSame(entry, b.errorHistory[i]!, ["at"]))) ||
  timeless(a) === timeless(b);

/** Members of a row that are times, or of which only a part is compared. */
const NOT_COMPARED = ["startedAt", "elapsedMs", "calls", "scoring", "metrics", "errorHistory"];

function isSame<T extends object>(a: T, b: T, without: readonly string[]): boolean {
  for (const key in b) if (!(key in a) && !without.includes(key)) return false;
  for (const key in a) {
    if (without.includes(key)) continue;
    const [own, other] = [a[key], b[key]];
    if (own !== other && !isDeepStrictEqual(own, other)) return false;
  }
  return true;
}
