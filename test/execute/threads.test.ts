import { defineExperiment, memoryStore, type Outcome, run, start } from "crucible-harness";
import { backendOf, priceTable } from "crucible-harness/backends";
import { afterAll, describe, expect, it } from "vitest";
import { threads } from "#src/execute/threads";
import type { ExperimentInput } from "#src/experiment/define";
import { exact } from "#src/scoring/exact";
import { generate } from "#src/solver/generate";
import { scratch } from "../real/command.ts";

const here = scratch();
afterAll(() => here.remove());

const plain = here.file(
  "plain.ts",
  `export default { name: "plain", dataset: [{ id: "a" }, { id: "b" }], conditions: [{ name: "one", run: () => ({ accuracy: 1 }) }], metrics: ["accuracy"] };`,
);
const experiment = (name: string) =>
  defineExperiment({
    name,
    dataset: [{ id: "a" }, { id: "b" }],
    conditions: [{ name: "one", run: () => ({ accuracy: 0 }) }],
    metrics: ["accuracy"],
  });
const settings = { formats: [], observe: false, store: () => memoryStore() };

describe("threads", () => {
  it("do what the file exports, with the limits that the run has", async () => {
    const report = await run(experiment("plain"), { ...settings, executor: threads({ file: plain, threads: 1 }) });
    expect(report.results.map(({ metrics }) => metrics.accuracy)).toEqual([1, 1]);
    expect(report.results[0]?.worker).toMatch(/^thread \d+$/);
  });

  it.each([
    [
      "no file is known",
      threads(),
      "executor threads() must know the file that exports the experiment. Pass threads({ file:",
    ],
    [
      "the file exports another experiment",
      threads({ file: plain }),
      "must export the experiment that is being run by default",
    ],
    [
      "the file runs itself",
      threads({
        file: here.file(
          "runs.ts",
          `import { run, defineExperiment } from "crucible-harness"; const e = defineExperiment({ name: "x", dataset: [1], conditions: [{ name: "a", run: () => 1 }], metrics: ["value"] }); await run(e); export default e;`,
        ),
      }),
      "run() must not be called by a file while a worker loads it",
    ],
    [
      "the file throws",
      threads({ file: here.file("throws.ts", `throw new Error("no data here");`) }),
      "throws.ts cannot be loaded in a thread (no data here)",
    ],
  ])("refuse the run before any task when %s", async (_, executor, sentence) => {
    const store = memoryStore();
    const refused = run(experiment("another"), { ...settings, store: () => store, executor });
    await expect(refused).rejects.toThrow(sentence);
    await expect(refused).rejects.toMatchObject({ name: "ConfigError" });
    expect([...(store.outcomes() as Iterable<Outcome>)]).toEqual([]);
  });

  it("make the model calls of solvers in the run itself: its backend, its prices", async () => {
    const file = here.file(
      "asks.ts",
      `import { generate } from "crucible-harness/solver"; import { exact } from "crucible-harness/scoring";
       export default { name: "asks", dataset: [{ id: "a", input: "2?", target: "2" }], metrics: ["accuracy"],
         conditions: [{ name: "model", solver: generate(), scorers: [exact()] }] };`,
    );
    const conditions: ExperimentInput["conditions"] = [{ name: "model", solver: generate(), scorers: [exact()] }];
    const asked: number[] = [];
    const backend = backendOf("here", (messages) => {
      asked.push(messages.length);
      return { content: "2", model: "m", usage: { promptTokens: 1e6, completionTokens: 0, totalTokens: 1e6 } };
    });
    const { results } = await run(
      defineExperiment({
        name: "asks",
        dataset: [{ id: "a", input: "2?", target: "2" }],
        metrics: ["accuracy"],
        conditions,
      }),
      {
        ...settings,
        backend,
        prices: priceTable({ m: { input: 3, output: 1 } }),
        executor: threads({ file, threads: 1 }),
      },
    );
    expect(results[0]).toMatchObject({ metrics: { accuracy: 1 }, cost: 3, usage: { calls: 1 } });
    expect(asked).toEqual([1]);
  });

  it("share the limits of backends that conditions call by themselves", async () => {
    const file = here.file(
      "limited.ts",
      `import { backendOf, limited } from "crucible-harness/backends";
       const model = limited(backendOf("model", () => ({ content: "x" })), { requestsPerMinute: 3 });
       export default { name: "limited", dataset: Array.from({ length: 8 }, (_, i) => ({ id: String(i) })), metrics: ["accuracy"],
         config: { timeoutMs: 2000, maxParallel: 8, errorHandling: { maxRetries: 0, maxFailureRate: 1 } },
         conditions: [{ name: "own", run: async (_, context) => {
           await model.generate([], {}, context);
           return { accuracy: 1 };
         } }] };`,
    );
    const { default: input } = (await import(/* @vite-ignore */ file)) as { default: ExperimentInput };
    const handle = start(defineExperiment(input), { ...settings, executor: threads({ file, threads: 3 }) });
    let settled = 0;
    for await (const { type } of handle.facts) {
      if (type !== "task.settled") continue;
      settled += 1;
      if (settled === 3) setTimeout(() => handle.abort(), 2500); // longer than the timeout, which stands still for those that wait
    }
    const report = await handle.done;
    expect(report.accounting).toMatchObject({ succeeded: 3, failed: 0, pending: 5 });
  });
});
