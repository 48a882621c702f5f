import { describe, expect, it } from "vitest";
import { isLong } from "../runs.ts";
import { against, awayBetween, byChance, tokenBucket, withCapacity } from "./refusing.ts";

/** Mean length of a served call. */
const CALL_S = 0.275;
const FULL = 500 / CALL_S;
const seeds = isLong ? [1, 2, 3] : [1];
const refusals = [
  ["at once", 10],
  ["after as long as a call takes", 275],
] as const;

describe.each(seeds)("500 tasks at once against a server that refuses (seed %i)", (seed) => {
  it.each(refusals)("one in a hundred by chance, %s, keep their pace, and lose no task", async (_, refusalMs) => {
    const run = await against(byChance(0.01), { tasks: 10_000, seed, refusalMs });
    expect(run.dead).toBe(0);
    expect(run.allowed).toBeGreaterThan(0.95 * 500);
    expect(run.perSecond).toBeGreaterThan(0.9 * FULL);
    expect(run.facts).toBeLessThan(20); // chance is not news
  });

  it.each(refusals.flatMap(([when, ms]) => [1, 5, 50, 400].map((most) => [most, when, ms] as const)))(
    "all beyond %i at a time, %s, find that number and stay there",
    async (most, _, refusalMs) => {
      const tasks = 1000 + 25 * most;
      const run = await against(withCapacity(most), { tasks, seed, refusalMs });
      expect(run.allowed).toBeLessThan(1.2 * most + 10);
      expect(run.perSecond).toBeGreaterThan((0.9 * most) / CALL_S);
      // the first wave, then one refusal in twenty successes; where few run at once, growing by one is more of a step
      expect(run.refusals).toBeLessThan(1.5 * (500 - most) + (most < 50 ? 0.25 : 0.07) * tasks);
      expect(run.dead).toBeLessThan(0.01 * tasks);
    },
  );

  it.each([
    ["everything for ten seconds", awayBetween(2000, 12_000)],
    ["everything for ten seconds, and one in a hundred otherwise", awayBetween(2000, 12_000, byChance(0.01))],
    ["everything at the start", awayBetween(0, 12_000)],
  ])("%s, are all there again within seconds, and lose no task", async (_, server) => {
    const run = await against(server, { tasks: 20_000, seed });
    expect(run.dead).toBe(0);
    expect(run.backMs).toBeGreaterThan(12_000);
    expect(run.backMs).toBeLessThan(12_000 + 8000);
    expect(run.refusals).toBeLessThan(500 + 50 + 0.02 * 20_000);
  });

  it.each([
    [1000, 1000, 20_000, 0.1],
    [100, 100, 5000, 0.25],
    [10, 10, 1500, 0.5], // fewer than three calls at a time: each step up is a large one
  ])("beyond %i calls a second, in bursts of %i, get almost as many", async (perSecond, burst, tasks, refused) => {
    const run = await against(tokenBucket(perSecond, burst), { tasks, seed });
    expect(run.perSecond).toBeGreaterThan(0.85 * perSecond);
    expect(run.refused).toBeLessThan(refused);
    expect(run.dead).toBeLessThan(0.01 * tasks);
  });
});
