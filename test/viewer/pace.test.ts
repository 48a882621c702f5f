import fc from "fast-check";
import { expect, it } from "vitest";
import { meanPace, wallTime } from "#src/experiment/session";
import { paceSpans } from "#src/viewer/pace";
import { draws } from "../runs.ts";

/** A run of some sessions with pauses between them: when it was looked at, and how many tasks had ended by then. */
const aRun = fc
  .array(
    fc.record({
      pauseMs: fc.integer({ min: 0, max: 5000 }),
      looks: fc.array(fc.tuple(fc.integer({ min: 1, max: 3000 }), fc.integer({ min: 0, max: 500 })), { maxLength: 8 }),
      tail: fc.tuple(fc.integer({ min: 1, max: 3000 }), fc.integer({ min: 0, max: 500 })),
    }),
    { minLength: 1, maxLength: 4 },
  )
  .map((parts) => {
    let [t, ended] = [1000, 0];
    const looks: { t: number; ended: number }[] = [];
    const sessions = parts.map(({ pauseMs, looks: own, tail }) => {
      t += pauseMs;
      const startedAt = t;
      for (const [ms, tasks] of own) {
        t += ms;
        ended += tasks;
        looks.push({ t, ended });
      }
      t += tail[0];
      ended += tail[1];
      looks.push({ t: t + 1, ended }); // while it is analysed
      return { startedAt, endedAt: t };
    });
    return { looks, sessions, ended };
  });

it("is the mean pace of the run on average, so that its greatest is never below that", () => {
  fc.assert(
    fc.property(aRun, ({ looks, sessions, ended }) => {
      const spans = paceSpans(looks, sessions, ended);
      const time = wallTime(sessions);
      const tasks = spans.reduce((sum, { from, to, tasksPerSecond }) => sum + (tasksPerSecond * (to - from)) / 1000, 0);
      expect(tasks).toBeCloseTo(ended, 6);
      expect(spans.reduce((sum, { from, to }) => sum + to - from, 0)).toBe(time.ms);
      const most = Math.max(...spans.map(({ tasksPerSecond }) => tasksPerSecond));
      expect(most).toBeGreaterThanOrEqual(meanPace(ended, time)! * (1 - 1e-12));
    }),
    draws(200, 2000),
  );
});

it("takes looks that follow one another at once for one, and ends where a killed run was last seen", () => {
  const looks = [10, 20, 1020, 2020].map((t) => ({ t, ended: t === 10 ? 0 : 256 }));
  const spans = paceSpans(looks, [{ startedAt: 0 }], 300, 2500);
  expect(spans.map(({ from, to, tasksPerSecond }) => [from, to, Math.round(tasksPerSecond)])).toEqual([
    [0, 1020, 251],
    [1020, 2500, 30],
  ]);
  expect(paceSpans([], [{ startedAt: 5 }], 0)).toEqual([]);
});

it("has no mean where nobody knows how long a session took", () => {
  const time = wallTime([{ startedAt: 0 }, { startedAt: 5000, endedAt: 6000 }]);
  expect(time).toEqual({ ms: 1000, unknown: 1 });
  expect(meanPace(10, time)).toBeUndefined();
});
