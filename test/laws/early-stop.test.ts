import type { ExperimentInput, Outcome, RunReport, RunStore } from "crucible-harness";
import { type Analysis, analyse } from "crucible-harness/analysis";
import { describe, expect, it } from "vitest";
import { begin, finish, goOn, lastingStore, type Script, scripted, world } from "./harness.ts";

const sequential = (more: object = {}): Pick<ExperimentInput, "statisticalAnalysis"> => ({
  statisticalAnalysis: { sequential: { alpha: 0.05, method: "e_value" }, ...more },
});

/** The second condition is right on most items that the first one gets wrong. */
const effect: Script = (condition, id) => {
  const number = Number(id.slice(1));
  return condition === "c0" ? (number % 4 === 0 ? "ok" : "wrong") : number % 4 === 3 ? "wrong" : "ok";
};
/** Both are right on half of the items, not the same half. */
const noEffect: Script = (condition, id) => (Number(id.slice(1)) % 4 < 2 === (condition === "c0") ? "ok" : "wrong");

async function runOf(
  script: Script,
  options: Parameters<typeof scripted>[2],
  store = lastingStore(),
): Promise<{ report: RunReport; store: RunStore; experiment: ReturnType<typeof scripted> }> {
  const here = world();
  const experiment = scripted(here, script, { items: 200, ...sequential(), ...options });
  const report = await finish(here, begin(here, experiment, store));
  return { report, store, experiment };
}

describe("a run that is watched", () => {
  it("stops when the paired difference of the first metric is decided", async () => {
    const { report } = await runOf(effect, {});
    const { planned, pending, succeeded } = report.accounting;
    expect(report.status).toBe("stopped_early");
    expect(report.reason).toMatch(/^accuracy is decided for every pair after \d+ items$/);
    expect(planned).toBe(succeeded + pending);
    expect(pending).toBeGreaterThan(200);
    expect(report.analysis.sequential).toMatchObject({ stoppedEarly: true, pairs: [{ decision: "different" }] });
    expect(report.analysis.metrics[0]!.comparisons[0]).toMatchObject({ verdict: "better", test: "e-value by betting" });
  });

  it("decides after the same item at any parallelism, however late an item ends", async () => {
    const reasons = await Promise.all(
      [1, 3, 20].map(async (maxParallel) => {
        const late: Script = (condition, id, repeat, attempt) =>
          Number(id.slice(1)) % 5 === 0 && attempt === 1 ? "503" : effect(condition, id, repeat, attempt);
        return (await runOf(maxParallel === 3 ? late : effect, { config: { maxParallel } })).report.reason;
      }),
    );
    expect(new Set(reasons).size).toBe(1);
  });

  it("goes to its end without an effect, and its p-values then hold", async () => {
    const { report } = await runOf(noEffect, { items: 60 });
    expect(report).toMatchObject({ status: "completed", accounting: { pending: 0 } });
    expect(report.analysis.metrics[0]!.comparisons[0]).toMatchObject({ test: "exact McNemar test", p: { ok: true } });
  });

  it("runs nothing more when it is resumed", async () => {
    const { report, store, experiment } = await runOf(effect, {});
    const here = world();
    const again = await finish(here, goOn(here, experiment, store));
    expect(again).toMatchObject({ status: "stopped_early", reason: report.reason, accounting: report.accounting });
    expect(here.calls).toEqual([]);
  });

  it("knows again, after a kill, that all was decided", async () => {
    const { report, store, experiment } = await runOf(effect, {});
    store.putSession(0, { startedAt: 0, status: "running" });
    const here = world();
    const again = await finish(here, goOn(here, experiment, store));
    expect(again.status).toBe("stopped_early");
    expect(await store.sessions()).toMatchObject([{ status: "running" }, { status: "stopped_early" }]);
    expect(again.analysis.sequential).toEqual(report.analysis.sequential);
  });

  it("refuses to continue when a value breaks its promise, and says how to mend it", async () => {
    const { report } = await runOf(effect, {
      statisticalAnalysis: { sequential: { alpha: 0.05, method: "e_value", range: [0, 0.5] } },
    });
    expect(report.status).toBe("aborted");
    expect(report.reason).toMatch(
      /^statisticalAnalysis\.sequential cannot be kept: a value of 1 lies outside 0 to 0\.5\./,
    );
  });

  it("takes the range of the first metric from its schema", async () => {
    const { report } = await runOf(effect, {
      items: 20,
      metrics: [{ name: "draw", direction: "higher" }],
      metricSchemas: { draw: { type: "float", min: -1, max: 1 } },
    });
    expect(report.analysis.sequential?.range).toEqual([-1, 1]);
  });

  it("sees in analysed rows what it saw on the way", async () => {
    const { report, store } = await runOf(effect, {});
    const rows: Outcome[] = [];
    for await (const row of store.outcomes()) rows.push(row);
    const items = Number(/after (\d+) items/.exec(report.reason!)?.[1]);
    const decisionAfter = (count: number): string | undefined => {
      const seen = rows.filter(({ ordinal }) => ordinal < count * 2);
      const analysis: Analysis = analyse(seen, { metrics: ["accuracy"], ...sequential().statisticalAnalysis });
      return analysis.sequential?.pairs[0]?.decision;
    };
    expect([decisionAfter(items - 1), decisionAfter(items)]).toEqual(["open", "different"]);
  });
});

describe("a definition that asks to stop early", () => {
  const refusal = (options: Parameters<typeof scripted>[2]) => () =>
    scripted(world(), effect, { ...sequential(), ...options });

  it("is refused where the promise could not be kept", () => {
    expect(refusal({ conditions: 1 })).toThrow("needs at least two conditions");
    expect(refusal({ metrics: [{ name: "accuracy", aggregate: "p95" }] })).toThrow("the mean of the first metric");
    expect(refusal({ datasetConfig: { cluster: "id" } })).toThrow("independent of each other");
  });
});
