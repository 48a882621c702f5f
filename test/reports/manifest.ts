import { lockPlan, type PlanParts, planOf } from "#src/experiment/decided";
import type { Manifest } from "#src/experiment/manifest";
import type { Outcome } from "#src/experiment/outcome";

/** A manifest with fixed digests and dates, so that reports made from it have the same bytes everywhere. */
export function exampleManifest(
  conditions: readonly string[],
  metrics: readonly string[],
  more: Partial<Manifest["experiment"]> = {},
  items = 0,
): Manifest {
  const parts = {
    experiment: {
      format: "crucible-experiment/1",
      name: "Example",
      description: "What the report of an experiment looks like.",
      author: "A. Researcher",
      version: "1.0.0",
      tags: [],
      dataset: "rows in the experiment file",
      datasetConfig: {},
      conditions: conditions.map((name) => ({ name, factors: {}, kind: "run", code: "0123456789abcdef" })),
      metrics,
      repeat: 1,
      config: {},
      costBudget: {},
      statisticalAnalysis: {},
      customMetrics: [],
      metricSchemas: {},
      hooks: [],
      ...more,
    },
    dataset: { source: "rows in the experiment file", items, digest: "0123456789abcdef0123456789abcdef" },
    plan: { tasks: items * conditions.length, hash: "fedcba9876543210fedcba9876543210" },
    seed: 42,
  } satisfies PlanParts;
  return {
    format: "crucible-manifest/1",
    experimentId: "exp_example",
    ...parts,
    decided: lockPlan(planOf(parts)),
    parameters: {},
    createdAt: "2026-11-24T01:30:00.000Z",
    environment: {
      crucible: "0.1.0",
      node: "20.20.2",
      platform: "linux x64",
      cpus: 2,
      memoryGb: 8,
      git: { commit: "0a1b2c3", dirty: false },
    },
  };
}

/** An outcome with what a test says about it, and quiet values for the rest. */
export const outcome = (row: Pick<Outcome, "condition" | "itemId"> & Partial<Outcome>, ordinal = 0): Outcome => ({
  ordinal,
  repeat: 0,
  finalStatus: "success",
  metrics: {},
  attempts: 1,
  retryDelaysMs: [],
  errorHistory: [],
  elapsedMs: 10,
  startedAt: 1_790_000_000_000 + ordinal * 5,
  worker: "inline",
  ...row,
});
