import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type AnalyseOptions, analyse, type PlainRow } from "#src/analysis/index";
import { resamplesOf } from "#src/analysis/resample";
import { type Mask, swapTest } from "#src/analysis/swap-test";
import { tableBuilder } from "#src/analysis/table";
import type { OverRow } from "#src/experiment/metrics";
import { stream } from "#src/kernel/random";
import { eachInSlices, inSlices, STEP, type Steps } from "#src/kernel/steps";
import { smallestPsInSteps } from "#src/stats/min-p";
import { draws } from "../runs.ts";

/** The most that was counted between two places to stop. */
function longest<T>(steps: Steps<T>, counted: () => number): number {
  let [most, before] = [0, counted()];
  for (;;) {
    const { done } = steps.next();
    const now = counted();
    most = Math.max(most, now - before);
    before = now;
    if (done) return most;
  }
}

function rowsOf(seed: number, items: number, conditions: number): PlainRow[] {
  const random = stream(seed, "rows");
  return Array.from({ length: items * conditions }, (_, i) => ({
    condition: `c${i % conditions}`,
    itemId: Math.floor(i / conditions),
    subject: `s${Math.floor(i / conditions) % 3}`,
    accuracy: Number(random() < 0.5 + 0.1 * (i % conditions)),
    latency: random() * 100,
    finalStatus: random() < 0.05 ? ("failed_permanent" as const) : ("success" as const),
  }));
}

const meanOf = (rows: readonly OverRow[]): number =>
  rows.reduce((sum, { accuracy }) => sum + (accuracy as number), 0) / rows.length;

describe("an analysis in slices", () => {
  it("gives bit for bit what it gives at once, whatever the rows are", async () => {
    const setups = fc.record({
      seed: fc.integer({ min: 0, max: 1e6 }),
      items: fc.integer({ min: 1, max: 40 }),
      conditions: fc.integer({ min: 1, max: 4 }),
    });
    const options: AnalyseOptions = {
      metrics: ["accuracy", "latency", "latency_p99", "latency_std"],
      customMetrics: [
        { name: "own", over: ["accuracy"], direction: "higher", fn: meanOf },
        { name: "ratio", direction: "lower", fn: ({ latency, accuracy }) => latency! / accuracy! },
      ],
      by: ["subject"],
      resamples: 100,
    };
    await fc.assert(
      fc.asyncProperty(setups, async ({ seed, items, conditions }) => {
        const rows = rowsOf(seed, items, conditions);
        const slowly = (async function* () {
          for (const row of rows) yield row;
        })();
        expect(await analyse(slowly, options)).toEqual(analyse(rows, options));
      }),
      draws(3, 10),
    );
  });

  it("lets the rest of the process have its turn, between rows and between steps", async () => {
    let turns = 0;
    const count = (): void => {
      turns += 1;
      if (turns < 1e6) next = setImmediate(count);
    };
    let next = setImmediate(count);
    const busy = (): void => {
      for (const end = performance.now() + 11; performance.now() < end; );
    };
    await eachInSlices([1, 2, 3], busy);
    expect(turns).toBeGreaterThanOrEqual(3);
    turns = 0;
    await inSlices(
      (function* () {
        for (let step = 0; step < 3; step++) {
          busy();
          yield;
        }
      })(),
    );
    clearImmediate(next);
    expect(turns).toBeGreaterThanOrEqual(3);
  });
});

describe("no step looks at more numbers than it may", () => {
  const items = 20_000;

  it("bootstrap draws, however many", () => {
    const builder = tableBuilder({ metrics: ["x"] });
    for (let item = 0; item < items; item++) builder.add({ condition: "a", itemId: item, x: item });
    let looked = 0;
    const drawn = resamplesOf(builder.table(), 500, 1).drawBy((weights) => {
      looked += weights.length;
      return weights[0]!;
    });
    looked = 0;
    expect(longest(drawn.replicates(), () => looked)).toBeLessThanOrEqual(STEP);
    expect(looked).toBeGreaterThan(20 * STEP);
  });

  it("swapped labels, however many arrangements, all of them or drawn", () => {
    for (const units of [12, items]) {
      let looked = 0;
      const members = { a: new Uint8Array(units).fill(1), b: new Uint8Array(units).fill(1) };
      const swapped = (mask: Mask): [number, number] => {
        looked += 60_000;
        return [mask[0]!, 0.5];
      };
      const setting = { draws: 2000, seed: 1, smallestP: 0.001, steps: 1e9, cost: 60_000 };
      expect(longest(swapTest(swapped, members, setting), () => looked)).toBeLessThanOrEqual(STEP + 60_000);
      expect(looked).toBeGreaterThan(20 * STEP);
    }
  });

  it("a user's function, which is called once a step, however slow it is", () => {
    const builder = tableBuilder({ metrics: ["x"] });
    for (let item = 0; item < 10; item++) builder.add({ condition: "a", itemId: item, x: item });
    let calls = 0;
    const drawn = resamplesOf(builder.table(), 100, 1).drawBy(() => {
      calls += 1;
      return calls;
    });
    expect(longest(drawn.replicates(), () => calls)).toBe(1);
    const members = { a: new Uint8Array(30).fill(1), b: new Uint8Array(30).fill(1) };
    const swapped = (): [number, number] => {
      calls += 1;
      return [1, calls % 7];
    };
    const setting = { draws: 200, seed: 1, smallestP: 0.05, steps: 1e7, cost: 1 };
    expect(longest(swapTest(swapped, members, setting), () => calls)).toBe(1);
  });

  it("draws of the smallest p of a thousand pairs", () => {
    const size = 50;
    const covariance = new Float64Array(size * size).map((_, at) => Number(at % (size + 1) === 0));
    const tests = Array.from({ length: size * (size - 1) }, (_, i) => [Math.floor(i / (size - 1)), i % (size - 1)])
      .filter(([a, b]) => a !== b)
      .map(([a, b]) => ({ pair: [a!, b!] as const }));
    let stops = 0;
    const steps = smallestPsInSteps({ covariance, size, units: 5000 }, tests, 4000, 1);
    while (!steps.next().done) stops += 1;
    expect(stops).toBeGreaterThanOrEqual(Math.floor((4000 * tests.length) / STEP));
  });
});
