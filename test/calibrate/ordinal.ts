import { analyse, type PlainRow } from "#src/analysis/index";
import type { Cell } from "./cell.ts";
import { ALPHA, covers, FEW_DRAWS, isFound } from "./data.ts";

const metrics = [{ name: "y", direction: "higher" as const, scale: "ordinal" as const }];

/**
 * Three of four items gain a grade and one loses three: means are equal, ranks are not. A verdict is about ranks, so that it is true as
 * long as it says so and the ranks speak for the same condition as it does.
 */
const oppositeCell = (n: number): Cell => ({
  name: `grades of equal means and unequal ranks, ${n} items`,
  sets: 400,
  once: (random) => {
    const rows: PlainRow[] = Array.from({ length: n }, (_, itemId) => {
      const change = random() < 0.75 ? 1 : -3;
      return [4, 4 + change].map((y, c) => ({ condition: `c${c}`, itemId, y }));
    }).flat();
    const [found] = analyse(rows, { metrics, resamples: FEW_DRAWS, conditions: ["c0", "c1"] }).metrics[0]!.comparisons;
    const { tested, effect, difference } = found!;
    const ofRanks = tested === "effect" && effect.value.ok ? Math.sign(effect.value.value - 0.5) : 0;
    const ofMeans = difference.value.ok ? Math.sign(difference.value.value) : 0;
    return {
      "means called different": Number(isFound(found!) && (tested !== "effect" || ofRanks * ofMeans < 0)),
      "mean covered": found!.means && covers(found!.means.interval, 0),
    };
  },
  laws: { "means called different": { atMost: ALPHA }, "mean covered": "shown" }, // Student's t of differences this skewed
});

/** Different items, shares of five grades: the probability of superiority is known. */
const superiorityCell = (n: number): Cell => {
  const [first, second] = [
    [0.3, 0.3, 0.2, 0.1, 0.1],
    [0.1, 0.1, 0.2, 0.3, 0.3],
  ];
  const truth = first!.reduce(
    (sum, p, i) => sum + p * second!.reduce((below, q, j) => below + q * (j < i ? 1 : j === i ? 0.5 : 0), 0),
    0,
  );
  return {
    name: `superiority of grades apart, ${n} items each`,
    sets: 400,
    once: (random) => {
      const rows = [first!, second!].flatMap((shares, c) =>
        Array.from({ length: n }, (_, i): PlainRow => {
          let u = random();
          const grade = shares.findIndex((share) => {
            u -= share;
            return u < 0;
          });
          return { condition: `c${c}`, itemId: `${c} ${i}`, y: grade === -1 ? 4 : grade };
        }),
      );
      const [found] = analyse(rows, { metrics, resamples: FEW_DRAWS, conditions: ["c0", "c1"] }).metrics[0]!
        .comparisons;
      return { "superiority covered": covers(found!.effect.interval, found!.condition === "c0" ? truth : 1 - truth) };
    },
    laws: { "superiority covered": { atLeast: 1 - ALPHA } },
  };
};

export const ordinalCells: readonly Cell[] = [...[15, 30, 100].map(oppositeCell), ...[15, 50].map(superiorityCell)];
