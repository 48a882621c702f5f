import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { crash, killed, normal, shutdown } from "#src/kernel/exit";
import { countRestart, type Stamps, verdictOn, withinBudget } from "#src/policy/restart";

describe("what an exit means", () => {
  it.each([
    ["permanent", "restart", "restart"],
    ["transient", "keep", "restart"],
    ["temporary", "drop", "drop"],
  ] as const)("for a %s child: %s after a normal exit, %s after an abnormal one", (restart, onNormal, onAbnormal) => {
    for (const exit of [normal, shutdown(), shutdown("why")]) expect(verdictOn(restart, exit)).toBe(onNormal);
    for (const exit of [killed, crash("boom")]) expect(verdictOn(restart, exit)).toBe(onAbnormal);
  });
});

const count = (timesMs: number[], limit: { intensity: number; period: number }): boolean[] => {
  let stamps: Stamps = [];
  return timesMs.map((nowMs) => {
    const counted = countRestart(stamps, nowMs, limit);
    stamps = counted.stamps;
    return counted.tolerated;
  });
};

describe("restart intensity", () => {
  it("tolerates that many restarts in the window, and not one more", () =>
    expect(count([0, 0, 0, 0], { intensity: 3, period: 5 })).toEqual([true, true, true, false]));
  it("tolerates none when it is 0", () => expect(count([0], { intensity: 0, period: 5 })).toEqual([false]));
  it("forgets each restart by itself", () =>
    expect(count([0, 3000, 6000, 9000], { intensity: 2, period: 5 })).toEqual([true, true, true, true]));

  it("reads the clock in whole seconds, as OTP does", () => {
    expect(count([999, 2000], { intensity: 1, period: 1 })).toEqual([true, true]); // 1.001 s, but two ticks apart
    expect(count([1000, 2999], { intensity: 1, period: 1 })).toEqual([true, false]); // 1.999 s, but one tick apart
  });

  it("remembers nothing when it is infinite", () =>
    expect(countRestart([], 0, { intensity: Number.POSITIVE_INFINITY, period: 1 })).toEqual({
      stamps: [],
      tolerated: true,
    }));

  it("never tolerates more than `intensity` in any window of whole seconds", () =>
    fc.assert(
      fc.property(
        fc.array(fc.nat(20_000), { maxLength: 40 }),
        fc.nat(4),
        fc.integer({ min: 1, max: 5 }),
        (times, intensity, period) => {
          const sorted = [...times].sort((a, b) => a - b);
          const seconds = sorted.map((ms) => Math.floor(ms / 1000));
          const tolerated = count(sorted, { intensity, period });
          const expected = seconds.map(
            (now, i) => seconds.slice(0, i + 1).filter((second) => second >= now - period).length <= intensity,
          );
          expect(tolerated).toEqual(expected);
        },
      ),
    ));
});

describe("a child's own restart budget", () => {
  it("is without limit unless given", () => expect(withinBudget(1_000_000, undefined)).toBe(true));
  it("ends after that many restarts", () =>
    expect([0, 1, 2, 3].map((restarts) => withinBudget(restarts, 2))).toEqual([true, true, false, false]));
});
