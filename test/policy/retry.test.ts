import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { failure } from "#src/kernel/failure";
import { decideRetry, isRetryable, type RetryOptions, retryOptions } from "#src/policy/retry";

fc.configureGlobal({ seed: 42 });

const options = (given: Partial<RetryOptions> = {}): RetryOptions => retryOptions.parse({ jitter: false, ...given });
const timeout = failure("timeout", "late");
const notFound = failure("not_found", "no such model", { status: 404 });
const noDraw = (): number => expect.unreachable("nothing should be drawn without jitter");

describe("what may be retried", () => {
  it("is what could go better by itself, unless a list says otherwise", () => {
    expect(isRetryable(timeout, options())).toBe(true);
    expect(isRetryable(notFound, options())).toBe(false);
    expect(isRetryable(timeout, options({ permanent: ["timeout"] }))).toBe(false);
    expect(isRetryable(notFound, options({ retryable: ["not_found"] }))).toBe(true);
    expect(isRetryable(notFound, options({ retryable: [404] }))).toBe(true);
    expect(isRetryable(notFound, options({ retryable: [400] }))).toBe(false);
  });

  it("is nothing that is on both lists", () => {
    expect(isRetryable(notFound, options({ retryable: ["not_found"], permanent: [404] }))).toBe(false);
  });

  it("is not what nobody recognises, until `unknownErrors` says so", () => {
    for (const kind of ["unknown", "crash"] as const) {
      expect(isRetryable(failure(kind, "?"), options())).toBe(false);
      expect(isRetryable(failure(kind, "?"), options({ unknownErrors: "retry" }))).toBe(true);
      expect(isRetryable(failure(kind, "?"), options({ unknownErrors: "retry", permanent: [kind] }))).toBe(false);
    }
  });
});

describe("a failed attempt", () => {
  it("is followed by at most `maxRetries` others", () => {
    const types = [1, 2, 3, 4].map((attempt) => decideRetry(timeout, attempt, options(), noDraw).type);
    expect(types).toEqual(["retry", "retry", "retry", "giveUp"]);
    expect(decideRetry(timeout, 1, options({ maxRetries: 0 }), noDraw)).toEqual({
      type: "giveUp",
      status: "failed_retries_exhausted",
    });
  });

  it("is permanent at once when another attempt could not help", () => {
    expect(decideRetry(notFound, 1, options(), noDraw)).toEqual({ type: "giveUp", status: "failed_permanent" });
  });

  it("is retried when the hook says so, but never beyond `maxRetries`", () => {
    expect(decideRetry(notFound, 1, options(), noDraw, "retry").type).toBe("retry");
    expect(decideRetry(notFound, 4, options(), noDraw, "retry")).toEqual({
      type: "giveUp",
      status: "failed_retries_exhausted",
    });
  });

  it("waits as long as a server asks within `maxRetryAfterMs`, and fails with a sentence beyond it", () => {
    const asks = (retryAfterMs: number) => failure("rate_limited", "429", { status: 429, retryAfterMs });
    expect(decideRetry(asks(900_000), 1, options(), noDraw)).toEqual({ type: "retry", delayMs: 900_000 });
    expect(decideRetry(asks(1_795_876_072_000), 1, options(), noDraw)).toEqual({
      type: "giveUp",
      status: "failed_permanent",
      because: "the server asks to wait 56.9 years, longer than maxRetryAfterMs (15 minutes)",
    });
    expect(decideRetry(asks(Number.POSITIVE_INFINITY), 1, options(), noDraw)).toMatchObject({
      because: expect.stringContaining("asks to wait more than a million years, longer than"),
    });
    expect(decideRetry(asks(900_001), 1, options({ maxRetryAfterMs: 1e9 }), noDraw).type).toBe("retry");
  });

  it("ends the run where a quota is spent, unless a list or the hook says otherwise", () => {
    const spent = failure("quota_exhausted", "no credit", { status: 402 });
    expect(decideRetry(spent, 1, options(), noDraw)).toMatchObject({ type: "abort" });
    expect(decideRetry(spent, 1, options({ permanent: ["quota_exhausted"] }), noDraw)).toMatchObject({
      type: "giveUp",
    });
    expect(decideRetry(spent, 1, options({ retryable: ["quota_exhausted"] }), noDraw).type).toBe("retry");
    expect(decideRetry(spent, 1, options(), noDraw, "skip")).toEqual({ type: "giveUp", status: "skipped" });
    expect(decideRetry(spent, 1, options(), noDraw, "retry").type).toBe("retry");
  });

  it("is skipped, or ends the run, when the hook says so", () => {
    expect(decideRetry(timeout, 1, options(), noDraw, "skip")).toEqual({ type: "giveUp", status: "skipped" });
    expect(decideRetry(timeout, 9, options(), noDraw, "abort")).toEqual({ type: "abort" });
  });
});

describe("the delay", () => {
  const delays = (given: Partial<RetryOptions>): number[] =>
    [1, 2, 3].map((attempt) => {
      const decision = decideRetry(timeout, attempt, options(given), noDraw);
      return decision.type === "retry" ? decision.delayMs : Number.NaN;
    });

  it("grows as its strategy says, up to `maxDelayMs`", () => {
    expect(delays({})).toEqual([1000, 2000, 4000]);
    expect(delays({ retryStrategy: "linear" })).toEqual([2000, 4000, 6000]);
    expect(delays({ retryStrategy: "constant" })).toEqual([1000, 1000, 1000]);
    expect(delays({ maxDelayMs: 1500 })).toEqual([1000, 1500, 1500]);
  });

  it("is never shorter than the server asked for, even beyond `maxDelayMs`", () => {
    const busy = failure("rate_limited", "busy", { status: 429, retryAfterMs: 60_000 });
    expect(decideRetry(busy, 1, options(), noDraw)).toEqual({ type: "retry", delayMs: 60_000 });
    const soon = failure("rate_limited", "busy", { status: 429, retryAfterMs: 5 });
    expect(decideRetry(soon, 1, options(), noDraw)).toEqual({ type: "retry", delayMs: 1000 });
  });

  it("is between half and all of itself with jitter", () => {
    const draw = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(draw, fc.integer({ min: 1, max: 3 }), (uniform, attempt) => {
        const full = 1000 * 2 ** (attempt - 1);
        const decision = decideRetry(timeout, attempt, options({ jitter: true }), () => uniform);
        expect(decision).toEqual({ type: "retry", delayMs: full * (0.5 + uniform / 2) });
      }),
    );
  });
});

it("names kinds of errors and statuses that there are, and no others", () => {
  for (const name of ["nonsense", "Timeout", "", 42, 4040, "404"])
    expect([name, retryOptions.safeParse({ retryable: [name] }).success]).toEqual([name, false]);
  expect(retryOptions.parse({ retryable: ["timeout", 404], permanent: [599] })).toMatchObject({ permanent: [599] });
});
