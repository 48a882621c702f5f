import { existsSync } from "node:fs";
import { expect, it } from "vitest";
import { run } from "#src/app/run";
import { defineExperiment } from "#src/experiment/define";

it("a dry run checks, plans and estimates; it executes nothing and writes nothing", async () => {
  const never = () => {
    throw new Error("executed");
  };
  const experiment = defineExperiment({
    name: "dry",
    dataset: [{ id: "a" }, { id: "b" }],
    conditions: [{ name: "one", estimatedCost: 0.5, run: never }],
    metrics: ["accuracy"],
    hooks: { beforeExperiment: never, afterExperiment: never },
    repeat: 2,
  });
  const folders = { outputDir: "test/.scratch/dry-out", checkpointDir: "test/.scratch/dry-checkpoints" };
  const report = await run(experiment, { dryRun: true, confirm: true, formats: ["markdown"], ...folders });
  expect(report.accounting).toMatchObject({ planned: 4, succeeded: 0, failed: 0, pending: 4 });
  expect(report).toMatchObject({ reason: "a dry run: nothing was executed", results: [], reports: {}, cost: 0 });
  expect(report.estimates?.cost).toMatchObject({ totalQueries: 4, totalCost: 2 });
  for (const folder of Object.values(folders)) expect(existsSync(folder)).toBe(false);
});

it("a dry run refuses what a run refuses", async () => {
  const experiment = defineExperiment({
    name: "dry",
    dataset: "nowhere.jsonl",
    conditions: [{ name: "one", run: () => 1 }],
    metrics: ["value"],
  });
  await expect(run(experiment, { dryRun: true })).rejects.toThrow("dataset must be a file that exists");
});
