import { appendFileSync } from "node:fs";
import { type Condition, defineExperiment, type Experiment, type Outcome, type RunStore } from "crucible-harness";
import type { Analysis } from "crucible-harness/analysis";
import { backendOf, type Generate, type TaskState } from "crucible-harness/solver";
import type { FaultSchedule } from "crucible-harness/testing";
import { withoutConclusions } from "#src/analysis/unfit";
import { canonicalJson } from "#src/kernel/digest";
import { randomInt, stream } from "#src/kernel/random";
import { hostilityOf, misbehave } from "./hostile.ts";

/** Where a round leaves its traces, for the process that looks at it after a kill. */
export interface Traces {
  /** A line for every call of a condition. */
  readonly calls: string;
  /** A line for every result that was acknowledged. */
  readonly acknowledged: string;
  /** A line for every amount that was charged. */
  readonly charged: string;
}

/** Ways to break the runtime on purpose, to see that a round finds out. */
export const sabotages = ["loses", "repeats", "overspends"] as const;
export type Sabotage = (typeof sabotages)[number];

/** One session of a round: what a child process is told to do. */
export interface Session {
  readonly seed: string;
  readonly folder: string;
  /** Resumes the run that is there. */
  readonly resume: boolean;
  readonly faults: FaultSchedule;
  /** Kills itself at the n-th call of a condition, before or after the n-th commit. */
  readonly killAt?: { readonly what: KillPoint; readonly n: number };
  /** Is asked to stop, gently or not, or meets an error that belongs to no task, at the n-th call. */
  readonly stopAt?: { readonly how: "drain" | "abort" | "stray"; readonly n: number };
  /** The condition ends the process at the n-th call. */
  readonly exitAt?: number;
  readonly faultSeed: string;
  readonly sabotage?: Sabotage | undefined;
}

export type KillPoint = "call" | "before commit" | "after commit";

/** What a child says at its end, unless it was killed. */
export interface SessionResult {
  readonly status: string;
  readonly violations: readonly string[];
  /** Every number of the report that is not about time or about what it took: canonical JSON. */
  readonly analysis?: string;
  readonly cost?: number;
}

export const tracesIn = (folder: string): Traces => ({
  calls: `${folder}/calls.txt`,
  acknowledged: `${folder}/acknowledged.txt`,
  charged: `${folder}/charged.txt`,
});

/** What every call of a condition costs. */
export const CALL_COST = 0.01;

type Item = { id: string; list: number[]; deep: { seen: string[] } };

/** An experiment drawn by a seed: some of its tasks fail once, twice or permanently, and some misbehave, always in the same way. */
export function experimentOf(seed: string, traces?: Traces, called: () => void = () => {}): Experiment {
  const draw = stream(seed, "experiment");
  const items = 6 + randomInt(draw, 10);
  const hasBudget = draw() < 0.5;
  const session = process.pid;
  return defineExperiment({
    name: `chaos ${seed}`,
    dataset: Array.from({ length: items }, (_, i) => ({
      id: `i${i}`,
      list: [i, 3, 1, 2],
      deep: { seen: [] as string[] },
    })),
    repeat: 1 + randomInt(draw, 2),
    conditions: [
      ...["a", "b"].map(
        (name): Condition<Item> => ({
          name,
          ...(hasBudget ? { estimatedCost: CALL_COST } : {}),
          run: async (item: Item, context) => {
            const { id, list, deep } = item;
            const task = `${name}/${id}/${context.repeat}`;
            if (traces) appendFileSync(traces.calls, `${task}\n`);
            called();
            const fate = stream(seed, "fate", task);
            const kind = fate();
            await new Promise((resolve) => setTimeout(resolve, fate() * 8));
            context.charge(CALL_COST);
            if (traces) appendFileSync(traces.charged, `${session}/${task}#${context.attempt}\n`);
            const good = () => ({ accuracy: kind > 0.6, draw: context.random(), answer: `${id} by ${name}`, before });
            const before = canonicalJson([list, deep]); // what it would not be, had another attempt changed it
            list.sort();
            deep.seen.push(task);
            Object.assign(item, { id: task });
            const hostility = hostilityOf(seed, task);
            if (hostility !== undefined) return misbehave(hostility, task, context, good) as never;
            if (kind < 0.1) throw Object.assign(new Error("no"), { status: 400 });
            if (kind < 0.3 && context.attempt === 1) throw Object.assign(new Error("not now"), { status: 503 });
            return good();
          },
        }),
      ),
      judged(seed, hasBudget, traces, called),
    ],
    metrics: ["accuracy", "draw", "cost_per_query"],
    ...(hasBudget ? { costBudget: { maxTotal: 1000 } } : {}),
    config: {
      maxParallel: 1 + randomInt(draw, 5),
      timeoutMs: 20_000, // a machine that is busy must not look like a fault
      ...(draw() < 0.3 ? { rateLimit: 400 + randomInt(draw, 400) } : {}),
      errorHandling: {
        initialDelayMs: 2,
        maxRetries: 3,
        ...(draw() < 0.5
          ? { maxFailureRate: 1 }
          : { maxFailureRate: 0.3, failureWindow: 8, onOpen: "pause", coolDownMs: 5 }),
      },
    },
    hooks: traces
      ? {
          afterCondition: ({ name }, _, { itemId, repeat }) =>
            appendFileSync(traces.acknowledged, `${name}/${itemId}/${repeat}\n`),
        }
      : {},
  });
}

/** A condition by solver and scorer: some of its calls are refused, at answering and at scoring, always the same ones. */
function judged(seed: string, hasBudget: boolean, traces: Traces | undefined, called: () => void): Condition<Item> {
  const pay = async (state: TaskState, callModel: Generate, stage: string): Promise<number> => {
    const draw = callModel.context!.random!(); // the same for the same attempt, also where it is delivered twice
    const task = `s/${state.sampleId}/${state.epoch - 1}`;
    await new Promise((resolve) => setTimeout(resolve, stream(seed, "fate", task, stage)() * 4));
    await callModel(state, {});
    if (traces) appendFileSync(traces.charged, `${process.pid}/${task}#${stage} ${draw}\n`);
    if (draw < 0.2) throw Object.assign(new Error("not now"), { status: 503 });
    return draw;
  };
  return {
    name: "s",
    ...(hasBudget ? { estimatedCost: 2 * CALL_COST } : {}),
    backend: backendOf("model", () => ({ content: "yes", cost: CALL_COST })),
    fields: { input: "id" },
    solver: async (state, callModel) => {
      if (traces) appendFileSync(traces.calls, `s/${state.sampleId}/${state.epoch - 1}\n`);
      called();
      const draw = await pay(state, callModel, "answer");
      return state.setScore("draw", draw).setOutput({ content: String(draw), finishReason: "stop", toolCalls: [] });
    },
    scorers: [
      Object.assign(
        async (state: TaskState, _: readonly string[], callModel?: Generate) => {
          const draw = await pay(state, callModel!, "score");
          return { value: draw > 0.6 ? "C" : "I" };
        },
        { scorerName: "judge" },
      ),
    ],
  };
}

/** Rows by task, without what may differ between two runs of the same experiment: times. */
export async function rowsOf(store: Pick<RunStore, "outcomes">): Promise<Map<string, string>> {
  const rows = new Map<string, string>();
  for await (const outcome of store.outcomes() as AsyncIterable<Outcome>) {
    const { startedAt, elapsedMs, calls, scoring, metrics, errorHistory, ...row } = outcome;
    const { latency, ...timeless } = metrics;
    const history = errorHistory.map(({ at, ...entry }) => entry);
    rows.set(
      `${row.condition}/${row.itemId}/${row.repeat}`,
      canonicalJson({ ...row, scored: scoring?.attempts, metrics: timeless, errorHistory: history }),
    );
  }
  return rows;
}

/** The numbers of a report, without what may differ: times are not metrics here, and of rows with injected faults no conclusion is drawn. */
export const comparable = (analysis: Analysis): string => canonicalJson(withoutConclusions(analysis, "compared"));
