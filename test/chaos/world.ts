import { appendFileSync } from "node:fs";
import { defineExperiment, type Experiment, type Outcome, type RunStore } from "crucible-harness";
import type { FaultSchedule } from "crucible-harness/testing";
import { canonicalJson } from "#src/kernel/digest";
import { randomInt, stream } from "#src/kernel/random";

/** Where a round leaves its traces, for the process that looks at it after a kill. */
export interface Traces {
  /** A line for every call of a condition. */
  readonly calls: string;
  /** A line for every result that was acknowledged. */
  readonly acknowledged: string;
}

/** One session of a round: what a child process is told to do. */
export interface Session {
  readonly seed: string;
  readonly folder: string;
  /** Goes on with the run that is there. */
  readonly resume: boolean;
  readonly faults: FaultSchedule;
  /** Kills itself at the n-th call of a condition, before or after the n-th commit. */
  readonly killAt?: { readonly what: "call" | "before commit" | "after commit"; readonly n: number };
  readonly faultSeed: string;
}

/** What a child says at its end, unless it was killed. */
export interface SessionResult {
  readonly status: string;
  readonly violations: readonly string[];
}

export const tracesIn = (folder: string): Traces => ({
  calls: `${folder}/calls.txt`,
  acknowledged: `${folder}/acknowledged.txt`,
});

/** An experiment drawn by a seed: some of its tasks fail once, twice or for good, always in the same way. */
export function experimentOf(seed: string, traces?: Traces, called: () => void = () => {}): Experiment {
  const draw = stream(seed, "experiment");
  const items = 6 + randomInt(draw, 10);
  const hasBudget = draw() < 0.5;
  return defineExperiment({
    name: `chaos ${seed}`,
    dataset: Array.from({ length: items }, (_, i) => ({ id: `i${i}` })),
    repeat: 1 + randomInt(draw, 2),
    conditions: ["a", "b"].map((name) => ({
      name,
      ...(hasBudget ? { estimatedCost: 0.01 } : {}),
      run: async ({ id }, context) => {
        const task = `${name}/${id}/${context.repeat}`;
        if (traces) appendFileSync(traces.calls, `${task}\n`);
        called();
        const fate = stream(seed, "fate", task);
        const kind = fate();
        await new Promise((resolve) => setTimeout(resolve, fate() * 8));
        context.charge(0.01);
        if (kind < 0.1) throw Object.assign(new Error("no"), { status: 400 });
        if (kind < 0.3 && context.attempt === 1) throw Object.assign(new Error("not now"), { status: 503 });
        return { accuracy: kind > 0.6, draw: context.random(), answer: `${id} by ${name}` };
      },
    })),
    metrics: ["accuracy"],
    ...(hasBudget ? { costBudget: { maxTotal: 1000 } } : {}),
    config: {
      maxParallel: 1 + randomInt(draw, 5),
      timeoutMs: 250,
      errorHandling: { maxFailureRate: 1, initialDelayMs: 2, maxRetries: 3 },
    },
    hooks: traces
      ? {
          afterCondition: ({ name }, _, { itemId, repeat }) =>
            appendFileSync(traces.acknowledged, `${name}/${itemId}/${repeat}\n`),
        }
      : {},
  });
}

/** Rows by task, without what may differ between two runs of the same experiment: times. */
export async function rowsOf(store: Pick<RunStore, "outcomes">): Promise<Map<string, string>> {
  const rows = new Map<string, string>();
  for await (const outcome of store.outcomes() as AsyncIterable<Outcome>) {
    const { startedAt, elapsedMs, metrics, errorHistory, ...row } = outcome;
    const { latency, ...timeless } = metrics;
    const history = errorHistory.map(({ at, ...entry }) => entry);
    rows.set(
      `${row.condition}/${row.itemId}/${row.repeat}`,
      canonicalJson({ ...row, metrics: timeless, errorHistory: history }),
    );
  }
  return rows;
}
