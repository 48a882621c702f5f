import { describe, expect, it } from "vitest";
import { type AnalyseOptions, analyse, type PlainRow } from "#src/analysis/index";
import { stream } from "#src/kernel/random";
import { scaleOf } from "#src/reports/cell";
import { conclusion } from "#src/reports/words";
import { normal } from "#src/stats/distributions";
import { runs } from "../runs.ts";

const gauss = (random: () => number): number => normal.quantile(Math.min(1 - 1e-9, Math.max(1e-9, random())));

/** Two equal conditions with latencies that belong to the item; those of `b` above a quantile time out. */
function timedOut(items: number, share: number, random: () => number): PlainRow[] {
  const limit = Math.exp(normal.quantile(1 - share));
  return Array.from({ length: items }, (_, itemId) => {
    const item = gauss(random);
    const [a, b] = [0, 1].map(() => Math.exp(Math.SQRT1_2 * (item + gauss(random))));
    return [
      { condition: "a", itemId, latency: a! },
      b! > limit
        ? { condition: "b", itemId, finalStatus: "failed_permanent" as const }
        : { condition: "b", itemId, latency: b! },
    ];
  }).flat();
}
const latency = (rows: PlainRow[], options: Partial<AnalyseOptions> = {}) =>
  analyse(rows, { metrics: ["latency"], resamples: 200, ...options }).metrics[0]!;

describe("tasks that fail because they are slow", () => {
  it.each([
    [100, 0.05],
    [100, 0.1],
    [300, 0.05],
    [100, 0.24],
  ])("never make their condition better without the other reading beside it: %i items, slowest %f", (items, share) => {
    const random = stream(11, `${items}/${share}`);
    const sets = runs(20, 100);
    let [better, alone] = [0, 0];
    for (let run = 0; run < sets; run++) {
      const { comparisons } = latency(timedOut(items, share, random));
      const [pair] = comparisons;
      if (pair!.verdict !== "better") continue;
      better += 1;
      alone += Number(pair!.otherwise === undefined);
    }
    if (share >= 0.1) expect(better).toBeGreaterThan(0.1 * sets); // left out, they flatter
    expect(alone).toBeLessThanOrEqual(0.05 * sets);
  });

  it("are told in the pair's own sentence and left without a colour", () => {
    const analysed = latency(timedOut(100, 0.24, stream(3, "one")));
    const [pair] = analysed.comparisons;
    expect(pair).toMatchObject({ verdict: "better", otherwise: { failedAs: "highest" } });
    expect(analysed.otherReading).toMatchObject({ failedAs: "highest", changed: [{ condition: "b", from: "better" }] });
    expect(conclusion(pair!, scaleOf(analysed))).toMatch(
      /^b is better than a by .*; with failed tasks as the highest value seen: (not distinguishable|worse)$/,
    );
  });
});

const failing: PlainRow[] = Array.from({ length: 40 }, (_, itemId) => [
  { condition: "a", itemId, score: itemId % 5, cost: 1 + (itemId % 3) },
  itemId % 4 === 0
    ? { condition: "b", itemId, finalStatus: "failed_permanent" as const }
    : { condition: "b", itemId, score: itemId % 5, cost: 1 + (itemId % 3) },
]).flat();
const read = (metric: AnalyseOptions["metrics"][number], rows = failing, more: Partial<AnalyseOptions> = {}) =>
  analyse(rows, { metrics: [metric], resamples: 200, ...more }).metrics[0]!;

describe("a failed task counts as", () => {
  const level = ({ otherReading }: ReturnType<typeof read>): number => {
    const { value } = otherReading!.summaries[1]!.estimate;
    return value.ok ? value.value : Number.NaN;
  };

  it("0 where higher is better, and as the lowest value seen where that is below 0", () => {
    const metric = { name: "score", direction: "higher" } as const;
    expect(read(metric).otherReading?.failedAs).toBe(0);
    const negative = failing.map((row) => ("score" in row ? { ...row, score: Number(row.score) - 10 } : row));
    const found = read(metric, negative);
    expect(found.otherReading?.failedAs).toBe("lowest");
    expect(level(found)).toBeLessThan(-8); // 0 would have been the best of all
    expect(read(metric, negative, { failedAs: 0 }).failedAs).toBe("lowest");
  });

  it("the highest value seen where lower is better, 1 for yes or no", () => {
    expect(read("cost").otherReading).toMatchObject({ failedAs: "highest" });
    const never = failing.map((row) => ("score" in row ? { ...row, refused: 0 } : row));
    expect(level(read({ name: "refused", direction: "lower" }, never))).toBe(0.25);
  });

  it.each(["median", "p90", "std", "sum"] as const)("the same for a %s", (aggregate) => {
    expect(read({ name: "x", from: "cost", aggregate, direction: "lower" }).otherReading?.failedAs).toBe("highest");
  });

  it("the highest or the lowest where it is not known which way is better, whichever changes more", () => {
    const of = (value: number) =>
      failing.map((row) => ("score" in row ? { ...row, size: Number(row.itemId) % 4 === 1 ? value : 5 } : row));
    expect(read("size", of(50)).otherReading).toMatchObject({ failedAs: "highest", changed: [{ to: "higher" }] });
    expect(read("size", of(-50)).otherReading).toMatchObject({ failedAs: "lowest", changed: [{ to: "lower" }] });
  });

  it("the worst of each part where a metric is made from others, and nothing where it is made from rows", () => {
    const made = (over: boolean) =>
      analyse(failing, {
        metrics: [{ name: "score", direction: "higher" }, "cost"],
        customMetrics: [
          over
            ? { name: "made", direction: "higher", over: ["score"], fn: (rows: readonly unknown[]) => rows.length }
            : { name: "made", direction: "lower", fn: ({ cost, score }) => cost! / score! },
        ],
        resamples: 100,
      }).metrics[2]!;
    const value = (one: { summaries: ReturnType<typeof made>["summaries"] }) => one.summaries[1]!.estimate.value;
    expect(made(false).otherReading?.failedAs).toBe("worst");
    expect(value(made(false).otherReading!)).not.toEqual(value(made(false)));
    expect(made(true)).not.toHaveProperty("otherReading");
  });

  it("nothing where no task failed", () => {
    const rows = failing.filter((row) => row.finalStatus === undefined);
    for (const metric of ["score", "cost"]) expect(read(metric, rows)).not.toHaveProperty("otherReading");
  });
});
