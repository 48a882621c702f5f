import { defineExperiment, type Experiment } from "crucible-harness";
import { describe, expect, it } from "vitest";
import type { TreeNode } from "#src/app/observe/tree";
import { countWorkers } from "#src/app/observe/waiting";
import { backendOf } from "#src/backends/backend";
import { generate } from "#src/solver/generate";
import { never } from "../support.ts";
import { begin, finish, scripted, sleep, world } from "./harness.ts";

/** Ten items, the last of which never comes back and heeds no signal. */
const deafAtTheEnd = (here: ReturnType<typeof world>, maxRetries: number) =>
  defineExperiment({
    name: "deaf",
    dataset: Array.from({ length: 10 }, (_, i) => ({ id: `i${i}` })),
    conditions: [
      {
        name: "c",
        run: async ({ id }: { id: string }) => {
          if (id === "i9") await never();
          await sleep(here.clock, 5);
          return { accuracy: 1 };
        },
      },
    ],
    metrics: ["accuracy"],
    config: { timeoutMs: 100, maxParallel: 4, errorHandling: { maxRetries, initialDelayMs: 10, maxFailureRate: 1 } },
  });

describe("a task that never comes back and ignores its signal", () => {
  it.each([0, 2])("costs its timeouts and no more: the run ends without it (%i retries)", async (maxRetries) => {
    const here = world();
    const began = here.clock.now();
    const report = await finish(here, begin(here, deafAtTheEnd(here, maxRetries)));
    expect(report).toMatchObject({ status: "completed", accounting: { succeeded: 9, failed: 1 } });
    const failed = report.results.find(({ itemId }) => itemId === "i9");
    expect(failed?.errorHistory.map(({ error }) => error.kind)).toEqual(Array(maxRetries + 1).fill("timeout"));
    expect(here.clock.now() - began).toBeLessThan((maxRetries + 1) * (100 + 100) + 100);
  });

  it("is left behind by an abort", async () => {
    const here = world();
    const handle = begin(here, deafAtTheEnd(here, 0));
    const report = await finish(here, handle, (step) => {
      if (step === 30) handle.abort();
    });
    expect(report).toMatchObject({ status: "aborted", accounting: { succeeded: 9, pending: 1 } });
  });
});

describe("a scorer that never comes back", () => {
  it("is a timeout of its task", async () => {
    const here = world();
    const experiment: Experiment = defineExperiment({
      name: "scorer",
      dataset: [{ id: "a", input: "2 + 2?", target: "4" }],
      conditions: [
        { name: "c", solver: generate(), scorers: [never], backend: backendOf("m", async () => ({ content: "4" })) },
      ],
      metrics: ["accuracy"],
      config: { timeoutMs: 100, errorHandling: { maxRetries: 0, maxFailureRate: 1 } },
    });
    const { results } = await finish(here, begin(here, experiment as ReturnType<typeof scripted>));
    expect(results[0]).toMatchObject({ attempts: 1, result: { ok: false, error: { kind: "timeout" } } });
  });
});

describe("a plan of any size", () => {
  it("is fed as tasks end: no more workers live than may run and are being stored", async () => {
    const here = world();
    const experiment = scripted(here, () => "ok", { items: 400, conditions: 2, config: { maxParallel: 5 } });
    const handle = begin(here, experiment);
    const seen: number[] = [];
    await finish(here, handle, () => void handle.tree().then((tree) => seen.push(tree ? workersOf(tree) : 0)));
    const most = Math.max(...seen);
    expect(here.calls.length).toBe(800);
    // each condition may have as many as run in all; a batch of them is being stored
    expect(most).toBeGreaterThanOrEqual(5);
    expect(most).toBeLessThan(60);
  });
});

const workersOf = (tree: TreeNode): number =>
  Object.values(countWorkers(tree))
    .flatMap((states) => Object.values(states))
    .reduce((sum, count) => sum + count, 0);
