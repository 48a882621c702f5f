import { describe, expect, it } from "vitest";
import { readResult } from "#src/execute/queue-messages";

const attempt = {
  result: { ok: true, value: { metrics: { accuracy: 1 }, scored: true } },
  startedAt: 1,
  elapsedMs: 1,
  worker: "w",
};
const CODE = "c0de".repeat(4);
const said = (change: object, code = CODE) => ({
  format: "crucible-result/1",
  job: "j",
  code,
  logs: [],
  attempt: { ...attempt, ...change },
});

const call = { kind: "model", name: "m", startedMs: 0, elapsedMs: 1 };
const callsOf = (calls: number) => ({ spans: Array.from({ length: calls }, () => call) });

describe("what a worker says came of a job", () => {
  it("is taken where it is a result of it", () => {
    expect(readResult(said({}), "j", CODE).attempt).toEqual(attempt);
  });

  it("may hold when models, tools and scorers were called", () => {
    expect(readResult(said({ calls: callsOf(100) }), "j", CODE).attempt.calls).toEqual(callsOf(100));
  });

  it.each([
    ["more calls than an attempt keeps", { calls: callsOf(101) }],
    ["a call before its attempt", { calls: { spans: [{ ...call, startedMs: -1 }] } }],
    ["a call of an unknown kind", { calls: { spans: [{ ...call, kind: "shell" }] } }],
    ["an endless name of a call", { calls: { spans: [{ ...call, name: "n".repeat(101) }] } }],
    ["a start beyond all dates", { startedAt: 1e300 }],
    ["a start before 1970", { startedAt: -1 }],
    ["a start that is no number", { startedAt: Number.NaN }],
    ["an endless time", { elapsedMs: Number.POSITIVE_INFINITY }],
    ["a negative time", { elapsedMs: -1 }],
    ["a negative cost", { cost: -0.01 }],
    ["a cost that is text", { cost: "0.01" }],
    ["a field that no result has", { admin: true }],
    ["a metric of another kind", { result: { ok: true, value: { metrics: { accuracy: ["1"] }, scored: true } } }],
    ["a failure of an unknown kind", { result: { ok: false, error: { kind: "fine", message: "x" } } }],
  ])("is refused with %s", (_, change) => {
    expect(() => readResult(said(change), "j", CODE)).toThrow();
  });

  it("is refused for another job, or by other code", () => {
    expect(() => readResult(said({}), "other", CODE)).toThrow("is the result of another job");
    expect(() => readResult(said({}, "d".repeat(16)), "j", CODE)).toThrow("was made by other code");
  });
});
