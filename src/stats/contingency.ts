import { invariant } from "#src/kernel/errors";
import { err, ok, type Result } from "#src/kernel/result";
import { type ChiSquaredTest, chiSquaredTestOf } from "./chi-squared.ts";

/** Counts: one row per group, one column per outcome. */
export type ContingencyTable = readonly (readonly number[])[];

export interface Independence extends ChiSquaredTest {
  readonly expected: readonly (readonly number[])[];
  /** Smallest expected count; the approximation is doubtful below 5 */
  readonly minExpected: number;
  /** Strength of the association, in [0, 1] */
  readonly cramersV: number;
  /** The same with Bergsma's correction of its bias */
  readonly cramersVCorrected: number;
  /** The likelihood-ratio statistic and its p */
  readonly g: number;
  readonly pG: number;
  /** Adjusted residuals: about normal where row and column are independent */
  readonly residuals: readonly (readonly number[])[];
}

function margins(table: ContingencyTable) {
  const width = table[0]?.length ?? 0;
  for (const row of table) {
    invariant(row.length === width, "the rows of a table must have one length");
    for (const count of row) invariant(count >= 0 && Number.isFinite(count), `a count must be 0 or more, got ${count}`);
  }
  const rows = table.map((row) => row.reduce((sum, count) => sum + count, 0));
  const columns = Array.from({ length: width }, (_, j) => table.reduce((sum, row) => sum + row[j]!, 0));
  return { rows, columns, total: rows.reduce((sum, count) => sum + count, 0) };
}

/**
 * Whether two classifications of the same items are independent: Pearson's chi-squared.
 *
 * - `corrected`: Yates' correction, for 2 x 2 tables; default false
 * @returns `too-few` with fewer than two rows or columns, `zero-margin` if a row or column is empty
 * @see Pearson 1900; Agresti, Categorical Data Analysis, 3rd ed., 3.2 and 3.3; Bergsma, J. Korean Statistical Society 42 (2013)
 * @example independenceTest([[30, 20], [15, 35]]) // => { ok: true, value: { chi2: 9.090909, df: 1, ... } }
 */
export function independenceTest(
  table: ContingencyTable,
  { corrected = false }: { corrected?: boolean } = {},
): Result<Independence, "too-few" | "zero-margin"> {
  const { rows, columns, total } = margins(table);
  const [r, c] = [rows.length, columns.length];
  if (r < 2 || c < 2) return err("too-few");
  if (rows.includes(0) || columns.includes(0)) return err("zero-margin");
  const expected = rows.map((row) => columns.map((column) => (row * column) / total));
  const cells = table.flatMap((row, i) => row.map((observed, j) => ({ observed, expected: expected[i]![j]! })));
  const yates = corrected && r === 2 && c === 2 ? Math.min(0.5, Math.abs(table[0]![0]! - expected[0]![0]!)) : 0;
  const chi2 = cells.reduce(
    (sum, cell) => sum + (Math.abs(cell.observed - cell.expected) - yates) ** 2 / cell.expected,
    0,
  );
  const g =
    2 *
    cells.reduce(
      (sum, cell) => sum + (cell.observed === 0 ? 0 : cell.observed * Math.log(cell.observed / cell.expected)),
      0,
    );
  const df = (r - 1) * (c - 1);
  const phi2 = chi2 / total;
  const shrink = (k: number): number => k - (k - 1) ** 2 / (total - 1);
  return ok({
    ...chiSquaredTestOf(chi2, df),
    expected,
    minExpected: Math.min(...expected.flat()),
    cramersV: Math.sqrt(phi2 / Math.min(r - 1, c - 1)),
    cramersVCorrected: Math.sqrt(Math.max(0, phi2 - df / (total - 1)) / Math.min(shrink(r) - 1, shrink(c) - 1)),
    g,
    pG: chiSquaredTestOf(Math.max(0, g), df).p,
    residuals: table.map((row, i) =>
      row.map(
        (observed, j) =>
          (observed - expected[i]![j]!) /
          Math.sqrt(expected[i]![j]! * (1 - rows[i]! / total) * (1 - columns[j]! / total)),
      ),
    ),
  });
}

/**
 * The phi coefficient of a 2 x 2 table: the correlation of two binary variables, in [-1, 1].
 * @returns `zero-margin` if a row or column is empty
 */
export function phiCoefficient([[a, b], [c, d]]: readonly [
  readonly [number, number],
  readonly [number, number],
]): Result<number, "zero-margin"> {
  const root = Math.sqrt(a + b) * Math.sqrt(c + d) * Math.sqrt(a + c) * Math.sqrt(b + d);
  return root === 0 ? err("zero-margin") : ok((a * d - b * c) / root);
}

/**
 * Whether counts follow given probabilities.
 *
 * @param probabilities above 0, adding up to 1
 * @returns `too-few` with fewer than two outcomes or no counts
 * @see Pearson 1900
 * @example goodnessOfFit([10, 10], [0.5, 0.5]) // => { ok: true, value: { chi2: 0, df: 1, p: 1, ... } }
 */
export function goodnessOfFit(
  observed: readonly number[],
  probabilities: readonly number[],
): Result<ChiSquaredTest, "too-few"> {
  invariant(observed.length === probabilities.length, "every count needs a probability");
  invariant(
    probabilities.every((p) => p > 0),
    "probabilities must be above 0",
  );
  invariant(Math.abs(probabilities.reduce((sum, p) => sum + p, 0) - 1) < 1e-8, "probabilities must add up to 1");
  const total = observed.reduce((sum, count) => sum + count, 0);
  if (observed.length < 2 || total === 0) return err("too-few");
  const chi2 = observed.reduce(
    (sum, count, i) => sum + (count - total * probabilities[i]!) ** 2 / (total * probabilities[i]!),
    0,
  );
  return ok(chiSquaredTestOf(chi2, observed.length - 1));
}
