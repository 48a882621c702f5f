import { describe, expect, it } from "vitest";
import { account, isFailure, metricsOf, type Outcome, toTaskResult } from "#src/experiment/outcome";
import { failure } from "#src/kernel/failure";

const outcome = (change: Partial<Outcome>): Outcome => ({
  ordinal: 3,
  condition: "a",
  itemId: "q1",
  repeat: 0,
  finalStatus: "success",
  metrics: { accuracy: true, custom: { value: 2 } },
  output: { prediction: "B" },
  attempts: 1,
  retryDelaysMs: [],
  errorHistory: [],
  elapsedMs: 5,
  startedAt: 0,
  worker: "inline",
  ...change,
});
const failed = outcome({ finalStatus: "failed_permanent", metrics: {}, error: failure("not_found", "no model") });

describe("a task result", () => {
  it("is a value with output and metrics where the task ran", () => {
    const result = toTaskResult("exp_1", outcome({}));
    expect(result).toMatchObject({ experimentId: "exp_1", itemId: "q1", finalStatus: "success" });
    expect(result.result).toEqual({ ok: true, value: { prediction: "B", accuracy: true, custom: { value: 2 } } });
    expect(result).not.toHaveProperty("ordinal");
    expect(result).not.toHaveProperty("error");
  });

  it("is an error where it failed or was skipped", () => {
    expect(toTaskResult("exp_1", failed).result).toEqual({ ok: false, error: failed.error });
    expect(toTaskResult("exp_1", { ...failed, finalStatus: "skipped" }).result.ok).toBe(false);
  });

  it("is a value where it ran and nothing could be scored", () => {
    const unscored = outcome({ finalStatus: "unscored", metrics: {}, error: failure("unscorable", "no answer") });
    expect(toTaskResult("exp_1", unscored).result).toEqual({ ok: true, value: { prediction: "B" } });
  });
});

describe("an outcome", () => {
  it("has metrics only where the task ran", () => {
    expect(metricsOf(outcome({}))).toEqual({ accuracy: 1, "custom.value": 2 });
    expect(metricsOf(outcome({ finalStatus: "skipped" }))).toEqual({});
    expect(metricsOf(outcome({ finalStatus: "failed_retries_exhausted" }))).toEqual({});
  });

  it("is a failure where the task failed, not where it was skipped or could not be scored", () => {
    const statuses = ["success", "unscored", "skipped", "failed_permanent", "failed_retries_exhausted"] as const;
    expect(statuses.filter((finalStatus) => isFailure({ finalStatus }))).toEqual(statuses.slice(3));
  });
});

it("outcomes are counted against the plan, each in one place", () => {
  const statuses = [
    "success",
    "success",
    "unscored",
    "skipped",
    "failed_permanent",
    "failed_retries_exhausted",
  ] as const;
  expect(
    account(
      10,
      statuses.map((finalStatus) => ({ finalStatus })),
    ),
  ).toEqual({
    planned: 10,
    succeeded: 2,
    failed: 2,
    skipped: 1,
    unscored: 1,
    pending: 4,
  });
});
