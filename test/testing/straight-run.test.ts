import { describe, expect, it } from "vitest";
import type { Outcome } from "#src/experiment/outcome";
import { areAlike, timeless } from "#src/testing/straight-run";

const row: Outcome = {
  ordinal: 3,
  condition: "a",
  itemId: "i1",
  repeat: 0,
  finalStatus: "success",
  metrics: { accuracy: 1, latency: 12, parts: { a: 0.5 } },
  output: { text: "yes" },
  attempts: 2,
  retryDelaysMs: [10],
  errorHistory: [{ attempt: 1, error: { kind: "timeout", message: "late" }, at: 5 }],
  elapsedMs: 12,
  startedAt: 100,
  scoring: { attempts: 1, startedAt: 105, elapsedMs: 2 },
  worker: "inline",
};
const history = row.errorHistory[0]!;

describe("two rows of a simulated run", () => {
  it.each<[string, Partial<Outcome>]>([
    ["itself", {}],
    ["other times", { startedAt: 7, elapsedMs: 1, metrics: { ...row.metrics, latency: 3 } }],
    ["another time of a failure", { errorHistory: [{ ...history, at: 9 }] }],
    ["another time of scoring", { scoring: { ...row.scoring!, startedAt: 1, elapsedMs: 1 } }],
    ["a member that is undefined", { usage: undefined } as never],
    ["the order of its members", { metrics: { parts: { a: 0.5 }, latency: 1, accuracy: 1 } }],
  ])("are alike but for %s", (_, change) => {
    const other = { ...row, ...change };
    expect([areAlike(row, other), areAlike(other, row)]).toEqual([true, true]);
  });

  it.each<[string, Partial<Outcome>]>([
    ["a metric", { metrics: { ...row.metrics, accuracy: 0 } }],
    ["a metric within a metric", { metrics: { ...row.metrics, parts: { a: 0.6 } } }],
    ["a metric more", { metrics: { ...row.metrics, loss: 0 } }],
    ["a failure", { errorHistory: [] }],
    ["the reason of a failure", { errorHistory: [{ ...history, error: { kind: "timeout", message: "later" } }] }],
    ["its attempts at scoring", { scoring: { ...row.scoring!, attempts: 2 } }],
    ["a member more", { cost: 1 }],
    ["its output", { output: { text: "no" } }],
  ])("differ in %s, as their texts do", (_, change) => {
    const other = { ...row, ...change };
    expect([areAlike(row, other), areAlike(other, row)]).toEqual([false, false]);
    expect(timeless(other)).not.toBe(timeless(row));
  });
});
