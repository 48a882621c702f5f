import type { MetricOverRows, OverRow } from "#src/experiment/metrics";
import { show } from "#src/kernel/errors";
import { pearson as correlationOf } from "#src/stats/correlation";
import { rankOf } from "#src/stats/ranks";

/** A metric over rows as written, with rows that have the fields it names. */
export interface MetricOverInput<Field extends string> extends Omit<MetricOverRows, "over" | "fn"> {
  readonly over: readonly Field[];
  readonly fn: (rows: readonly Readonly<Record<Field, number | string>>[]) => number | undefined;
}

/**
 * A metric over rows as it is, with its rows typed by the fields that it names.
 *
 * @example metricOver({ name: "agreed", over: ["a", "b"], fn: (rows) => rows.filter((row) => row.a === row.b).length / rows.length }).fn([{ a: 1, b: 1 }]) // => 1
 */
export const metricOver = <const Field extends string>(metric: MetricOverInput<Field>): MetricOverRows =>
  metric as MetricOverRows;

/** How a ready-made metric is named, where its own name will not do. */
export interface OverMetricOptions {
  readonly name?: string;
  readonly description?: string;
}

const readyMade = (
  name: string,
  description: string,
  over: readonly string[],
  fn: MetricOverRows["fn"],
  options: OverMetricOptions,
): MetricOverRows => ({ name, description, direction: "higher", over, fn, ...options });

/**
 * Pearson's correlation of two fields over the tasks of a condition; no value where one of them does not vary.
 *
 * @example pearson("score", "rating").fn([{ score: 1, rating: 2 }, { score: 2, rating: 4 }, { score: 3, rating: 6 }]) // => 1
 */
export const pearson = (x: string, y: string, options: OverMetricOptions = {}): MetricOverRows =>
  readyMade(
    "pearson",
    `Pearson's correlation of ${x} and ${y}`,
    [x, y],
    (rows) => knownOf(correlationOf(numbers(rows, x), numbers(rows, y))),
    options,
  );

/**
 * Spearman's rank correlation of two fields, tied values sharing the mean of their ranks; no value where one of them does not vary.
 *
 * @example spearman("score", "rating").fn([{ score: 1, rating: 2 }, { score: 2, rating: 9 }, { score: 4, rating: 10 }]) // => 1
 */
export const spearman = (x: string, y: string, options: OverMetricOptions = {}): MetricOverRows =>
  readyMade(
    "spearman",
    `Spearman's rank correlation of ${x} and ${y}`,
    [x, y],
    (rows) =>
      knownOf(correlationOf(Array.from(rankOf(numbers(rows, x)).ranks), Array.from(rankOf(numbers(rows, y)).ranks))),
    options,
  );

/**
 * Area under the ROC curve: the chance that a task with the label has a higher score than one without, ties counting half. No value where all
 * tasks have the label, or none.
 *
 * @param label field that is 0 or 1, or any field with `positive` as the value that counts as 1
 * @throws TypeError, which the report prints, for a label that is neither 0 nor 1 where no `positive` is given
 * @see Hanley & McNeil, Radiology 143 (1982): the area is U / (n1 n0)
 * @example auc("p", "y").fn([{ p: 0.1, y: 0 }, { p: 0.4, y: 0 }, { p: 0.35, y: 1 }, { p: 0.8, y: 1 }]) // => 0.75
 */
export const auc = (
  score: string,
  label: string,
  { positive, ...options }: OverMetricOptions & { readonly positive?: string | number } = {},
): MetricOverRows =>
  readyMade(
    "auc",
    `area under the ROC curve of ${score} for ${label}`,
    [score, label],
    (rows) => {
      const { ranks } = rankOf(numbers(rows, score));
      let [ones, sum] = [0, 0];
      rows.forEach((row, i) => {
        if (!isPositive(row[label]!, label, positive)) return;
        ones += 1;
        sum += ranks[i]!;
      });
      const zeros = rows.length - ones;
      return ones === 0 || zeros === 0 ? undefined : (sum - (ones * (ones + 1)) / 2) / (ones * zeros);
    },
    options,
  );

/**
 * F1 of each label, averaged over all labels that were predicted or right: rare labels count as much as common ones. A label that is never
 * predicted right has F1 0, as in scikit-learn.
 *
 * @param predicted field with the predicted label, such as `scores.choice.answer`
 * @param actual field with the right one, such as `target`
 * @see scikit-learn, `f1_score(average="macro")`
 * @example f1Macro("p", "y").fn([{ p: "a", y: "a" }, { p: "a", y: "b" }, { p: "b", y: "a" }]) // => 0.25
 */
export const f1Macro = (predicted: string, actual: string, options: OverMetricOptions = {}): MetricOverRows =>
  readyMade(
    "f1_macro",
    `F1 of ${predicted} against ${actual}, averaged over labels`,
    [predicted, actual],
    (rows) => {
      const counts = new Map<string, { both: number; one: number }>();
      const of = (value: string | number): { both: number; one: number } => {
        const label = String(value);
        const found = counts.get(label) ?? { both: 0, one: 0 };
        counts.set(label, found);
        return found;
      };
      for (const row of rows) {
        const [said, right] = [of(row[predicted]!), of(row[actual]!)];
        said.one += 1;
        right.one += 1;
        if (said === right) said.both += 1;
      }
      const each = [...counts.values()].map(({ both, one }) => (2 * both) / one);
      return each.length === 0 ? undefined : each.reduce((total, f1) => total + f1, 0) / each.length;
    },
    options,
  );

/** @throws TypeError for a text */
const numbers = (rows: readonly OverRow[], field: string): number[] =>
  rows.map((row) => {
    const value = row[field];
    if (typeof value !== "number") throw new TypeError(`${field} must be a number in every row, got ${show(value)}`);
    return value;
  });

function isPositive(value: string | number, label: string, positive: string | number | undefined): boolean {
  if (positive !== undefined) return String(value) === String(positive);
  if (value !== 0 && value !== 1)
    throw new TypeError(`${label} must be 0 or 1, got ${show(value)}: say which value is the positive one`);
  return value === 1;
}

const knownOf = (found: { readonly ok: true; readonly value: number } | { readonly ok: false }): number | undefined =>
  found.ok ? found.value : undefined;
