import fc from "fast-check";
import { expect, it } from "vitest";
import { emptyRate, start, waitMs } from "#src/policy/rate";

fc.configureGlobal({ seed: 42 });

/** When tasks that come after these gaps may start. */
function starts(perSecond: number, gapsMs: readonly number[]): number[] {
  let nowMs = 0;
  let window = emptyRate(perSecond);
  return gapsMs.map((gapMs) => {
    nowMs += gapMs;
    nowMs += waitMs(window, nowMs, perSecond);
    window = start(window, nowMs);
    return nowMs;
  });
}

const gaps = fc.array(fc.oneof(fc.constant(0), fc.double({ min: 0, max: 3000, noNaN: true })), { maxLength: 60 });
const rates = fc.oneof(fc.integer({ min: 1, max: 20 }), fc.double({ min: 0.05, max: 20, noNaN: true }));

it("starts the first tasks at once, and the next when the second is over", () => {
  expect(starts(3, [0, 0, 0, 0, 0])).toEqual([0, 0, 0, 1000, 1000]);
});

it("spaces tasks out where less than one may start in a second", () => {
  expect(starts(0.5, [0, 0, 0])).toEqual([0, 2000, 4000]);
});

it("saves nothing up during a pause", () => {
  expect(starts(2, [0, 60_000, 0, 0])).toEqual([0, 60_000, 60_000, 61_000]);
});

it("never has more starts in a second than the limit, rounded up", () => {
  fc.assert(
    fc.property(rates, gaps, (perSecond, gapsMs) => {
      const times = starts(perSecond, gapsMs);
      const most = Math.ceil(perSecond);
      for (const [i, first] of times.entries()) {
        const beyond = times[i + most];
        if (beyond !== undefined) expect(beyond - first).toBeGreaterThan(1000 - 1e-6);
      }
    }),
  );
});

it("keeps to the limit in the long run, also where it is not a whole number", () => {
  fc.assert(
    fc.property(rates, (perSecond) => {
      const times = starts(perSecond, new Array<number>(200).fill(0));
      const spanS = times.at(-1)! / 1000;
      expect(200 - Math.ceil(perSecond)).toBeLessThanOrEqual(spanS * perSecond + 1e-6);
      expect(200).toBeGreaterThanOrEqual(spanS * perSecond); // nor is it slower than it must be
    }),
  );
});

it("never lets a task wait when nothing started lately", () => {
  fc.assert(fc.property(rates, (perSecond) => void expect(waitMs(emptyRate(perSecond), 0, perSecond)).toBe(0)));
});
