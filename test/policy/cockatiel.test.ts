import { CircuitState, ConstantBackoff, CountBreaker, ExponentialBackoff, noJitterGenerator } from "cockatiel";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { delayMs, readBackoff } from "#src/policy/backoff";
import { breakerOptions, emptyWindow, remember, shouldOpen } from "#src/policy/breaker";
import { draws } from "../runs.ts";

/** Where our decisions and cockatiel's mean the same, they are the same. */
describe("against cockatiel", () => {
  it("the breaker opens at the same failures as CountBreaker", () => {
    fc.assert(
      fc.property(
        fc.array(fc.boolean(), { minLength: 1, maxLength: 120 }),
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 99 }),
        fc.integer({ min: 1, max: 20 }),
        (failures, failureWindow, percent, minimum) => {
          const minimumTasks = Math.min(minimum, failureWindow); // cockatiel never reaches a larger one
          const options = breakerOptions.parse({ failureWindow, maxFailureRate: percent / 100, minimumTasks });
          const theirs = new CountBreaker({
            size: failureWindow,
            threshold: percent / 100,
            minimumNumberOfCalls: minimumTasks,
          });
          let ours = emptyWindow(options);
          for (const failed of failures) {
            ours = remember(ours, failed);
            // theirs looks at the window only when a call failed
            if (failed) expect(shouldOpen(ours, options, 1000)).toBe(theirs.failure(CircuitState.Closed));
            else theirs.success(CircuitState.Closed);
          }
        },
      ),
      draws(100, 200, 6),
    );
  });

  it("delays grow like ExponentialBackoff's and stay like ConstantBackoff's", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5000 }),
        fc.integer({ min: 1, max: 60_000 }),
        (initialDelayMs, maxDelayMs) => {
          const factor = 2; // cockatiel's generator without jitter knows no other
          const ours = (strategy: "exponential_backoff" | "constant") => {
            const options = readBackoff({ strategy, initialDelayMs, maxDelayMs, factor, jitter: false })!;
            return Array.from({ length: 8 }, (_, attempt) => delayMs(attempt, options, () => 0));
          };
          const exponential = new ExponentialBackoff({
            initialDelay: initialDelayMs,
            maxDelay: maxDelayMs,
            exponent: factor,
            generator: noJitterGenerator,
          });
          ours("exponential_backoff").forEach((delay, i) => {
            expect(delay).toBeCloseTo(theirDelays(exponential, 8)[i]!, 6);
          });
          const constant = new ConstantBackoff(Math.min(initialDelayMs, maxDelayMs));
          expect(ours("constant")).toEqual(theirDelays(constant, 8));
        },
      ),
      draws(50, 100, 7),
    );
  });
});

interface Delays {
  next(context: never): { readonly duration: number; next(context: never): ReturnType<Delays["next"]> };
}

function theirDelays(backoff: Delays, count: number): number[] {
  const delays: number[] = [];
  let step = backoff.next(undefined as never);
  for (let i = 0; i < count; i++) {
    delays.push(step.duration);
    step = step.next(undefined as never);
  }
  return delays;
}
