import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { delayMs, readBackoff } from "#src/policy/backoff";

const never = (): number => {
  throw new Error("chance was asked");
};
const delays = (options: object): number[] =>
  [0, 1, 2, 3].map((attempt) => delayMs(attempt, readBackoff({ jitter: false, ...options })!, never));

describe("delay before a retry", () => {
  it("grows by the factor from attempt to attempt: exponential", () =>
    expect(delays({})).toEqual([1000, 2000, 4000, 8000]));
  it("grows by the same amount: linear", () =>
    expect(delays({ strategy: "linear" })).toEqual([2000, 4000, 6000, 8000]));
  it("stays: constant", () => expect(delays({ strategy: "constant" })).toEqual([1000, 1000, 1000, 1000]));
  it("never passes its maximum", () => expect(delays({ maxDelayMs: 3000 })).toEqual([1000, 2000, 3000, 3000]));

  it("is finite however many attempts were made", () =>
    expect(delayMs(5000, readBackoff({ jitter: false })!, never)).toBe(30_000));

  it("is nothing when the initial delay is nothing", () =>
    expect(delayMs(5000, readBackoff({ initialDelayMs: 0, jitter: false })!, never)).toBe(0));

  it("is jittered to between half and all of itself", () => {
    const options = readBackoff({})!;
    expect(delayMs(0, options, () => 0)).toBe(500);
    fc.assert(
      fc.property(fc.nat(50), fc.double({ min: 0, max: 0.999_999, noNaN: true }), (attempt, chance) => {
        const whole = delayMs(attempt, { ...options, jitter: false }, never);
        const jittered = delayMs(attempt, options, () => chance);
        expect(jittered).toBeGreaterThanOrEqual(whole / 2);
        expect(jittered).toBeLessThanOrEqual(whole);
      }),
    );
  });
});
