import { analyse, type PlainRow } from "#src/analysis/index";
import type { Random } from "#src/kernel/random";
import type { Cell } from "./cell.ts";
import { ALPHA, FEW_DRAWS, gauss, isFound, lognormals, passes, rowsOf, type Values } from "./data.ts";

const failed = ({ condition, itemId, repeat }: PlainRow): PlainRow => ({
  condition,
  itemId,
  repeat,
  finalStatus: "failed_permanent",
});

interface Failing {
  readonly name: string;
  readonly values: Values;
  readonly direction: "higher" | "lower";
  readonly n: number;
  /** Which tasks fail. */
  readonly fails: (row: PlainRow, rank: number, random: Random) => boolean;
}

/**
 * Conditions are alike but for which of their tasks fail. A verdict is false; it is warned of where another reading of the failed tasks
 * changes it, or where conditions are found to fail unequally often.
 */
const failingCell = ({ name, values, direction, n, fails }: Failing): Cell => ({
  name: `${name}, ${n} items`,
  sets: 400,
  once: (random) => {
    const rows = rowsOf(random, { values, k: 2, n, rho: 0.5 });
    const order = ["c0", "c1"].map((name) =>
      rows.filter(({ condition }) => condition === name).sort((a, b) => (b.y as number) - (a.y as number)),
    );
    const rank = new Map(order.flatMap((sorted) => sorted.map((row, i) => [row, (i + 0.5) / n] as const)));
    const seen = rows.map((row) => (fails(row, rank.get(row)!, random) ? failed(row) : row));
    const { metrics, failures } = analyse(seen, { metrics: [{ name: "y", direction }], resamples: FEW_DRAWS });
    const found = metrics[0]!;
    const isFalse = found.comparisons.some(isFound);
    const isWarned = (found.otherReading?.changed.length ?? 0) > 0 || (failures?.comparisons.some(isFound) ?? false);
    return {
      "false difference": Number(isFalse),
      "without a warning": Number(isFalse && !isWarned),
      "failures differ": failures ? Number(failures.comparisons.some(isFound)) : 0,
    };
  },
  laws: { "false difference": "shown", "without a warning": { atMost: ALPHA }, "failures differ": "shown" },
});

const isSecond = ({ condition }: PlainRow): boolean => condition === "c1";

/** Slow tasks of one condition time out; answers that would be wrong are lost; hard items fail. */
export const failureCells: readonly Cell[] = [
  ...[0.05, 0.1, 0.24].flatMap((share) =>
    [30, 100, 300].map((n) =>
      failingCell({
        name: `the slowest ${share} of one fail`,
        values: lognormals,
        direction: "lower",
        n,
        fails: (row, rank) => isSecond(row) && rank < share,
      }),
    ),
  ),
  ...[30, 100].flatMap((n) => [
    failingCell({
      name: "one fails on 0.3 by chance",
      values: passes(0.5),
      direction: "higher",
      n,
      fails: (row, _, random) => isSecond(row) && random() < 0.3,
    }),
    failingCell({
      name: "half of what one would miss fails",
      values: passes(0.5),
      direction: "higher",
      n,
      fails: (row, _, random) => isSecond(row) && row.y === 0 && random() < 0.5,
    }),
    failingCell({
      name: "both fail on 0.2 by chance",
      values: passes(0.5),
      direction: "higher",
      n,
      fails: (_, __, random) => random() < 0.2,
    }),
  ]),
];

/** Conditions that fail equally often are not told apart by how often they fail. */
const rateCell = (k: number, share: number, n: number): Cell => ({
  name: `failure rates, k ${k}, ${share} of ${n} items fail`,
  sets: 300,
  once: (random) => {
    const rows = Array.from({ length: n }, (_, itemId) => {
      const hard = random() < share;
      return Array.from({ length: k }, (__, c): PlainRow => {
        const row = { condition: `c${c}`, itemId, y: gauss(random) };
        return (hard && random() < 0.5) || random() < share / 2 ? failed(row) : row;
      });
    }).flat();
    const { failures } = analyse(rows, { metrics: [{ name: "y", direction: "lower" }], resamples: FEW_DRAWS });
    return { "failures differ": Number(failures?.comparisons.some(isFound) ?? false) };
  },
  laws: { "failures differ": { atMost: ALPHA } },
});

export const failureRateCells: readonly Cell[] = [rateCell(2, 0.1, 30), rateCell(2, 0.3, 100), rateCell(5, 0.3, 100)];
