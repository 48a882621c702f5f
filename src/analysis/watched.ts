import { type Metric, type MetricInput, readMetric } from "#src/experiment/metrics";
import { metricsOf, type Outcome } from "#src/experiment/outcome";
import type { SettledSequential } from "#src/experiment/sequential";
import { observe, type Sequence, startSequence } from "#src/stats/sequential";
import type { Pair } from "./pairs.ts";

/** The pairs of a run on its first metric while its items come in. */
export interface Watched {
  /** One per pair, in their order. */
  readonly sequences: readonly Sequence[];
  /** Items seen, with or without values. */
  readonly items: number;
  /** Why the values cannot be watched, once one of them was seen. */
  readonly unfit?: string;
}

/** What is watched, and how. */
export interface Watch {
  readonly metric: MetricInput;
  readonly conditions: readonly string[];
  readonly pairs: readonly Pair[];
  readonly sequential: SettledSequential;
  readonly failedAs: "missing" | 0;
  /** Difference that counts as equal. */
  readonly margin?: number | undefined;
}

export type Decision = "different" | "equivalent" | "open";

/** The share of alpha that each pair gets, so that the chance of any false alarm stays below alpha. */
export const alphaOfPair = (alpha: number, pairs: number): number => alpha / Math.max(1, pairs);

/** Nothing seen yet. */
export function beginWatch({ pairs, sequential: { alpha, method, range } }: Watch): Watched {
  const width = range[1] - range[0];
  const options = { alpha: alphaOfPair(alpha, pairs.length), method, range: [-width, width] } as const;
  return { sequences: pairs.map(() => startSequence(options)), items: 0 };
}

/**
 * Takes one item more.
 *
 * @param values its mean over repeats by condition, NaN where there is none; a pair with a gap does not learn from the item
 */
export function watchItem(watch: Watch, watched: Watched, values: readonly number[]): Watched {
  const { pairs, sequential } = watch;
  const [low, high] = sequential.range;
  const slack = (high - low) * 1e-9; // a mean of three times 0.1 is a little more than 0.1
  const outside = values.find((value) => value < low - slack || value > high + slack);
  if (outside !== undefined) return { ...watched, unfit: `a value of ${outside} lies outside ${low} to ${high}` };
  const within = values.map((value) => Math.min(high, Math.max(low, value)));
  const sequences = watched.sequences.map((sequence, i) => {
    const difference = within[pairs[i]!.condition]! - within[pairs[i]!.against]!;
    return Number.isNaN(difference) ? sequence : observe(sequence, difference);
  });
  return { ...watched, sequences, items: watched.items + 1 };
}

/** What a sequence says: that there is a difference, that there is none worth speaking of, or nothing yet. */
export function decisionOf(sequence: Sequence, margin: number | undefined): Decision {
  if (sequence.decided) return "different";
  const { lower, upper } = sequence.interval;
  return margin !== undefined && lower > -margin && upper < margin ? "equivalent" : "open";
}

/** Whether every pair is decided: what a run may stop on. */
export const allDecided = ({ sequences }: Watched, margin: number | undefined): boolean =>
  sequences.length > 0 && sequences.every((sequence) => decisionOf(sequence, margin) !== "open");

/** Takes the rows of one item, all conditions and repeats. */
export function watchRows(watch: Watch, watched: Watched, rows: readonly Outcome[]): Watched {
  const found = itemValues(watch, rows);
  return typeof found === "string" ? { ...watched, unfit: found } : watchItem(watch, watched, found);
}

/** The means of an item by condition, or why there are none. */
function itemValues({ metric, conditions, failedAs }: Watch, rows: readonly Outcome[]): number[] | string {
  const sums = conditions.map(() => ({ sum: 0, n: 0 }));
  for (const row of rows) {
    const place = sums[conditions.indexOf(row.condition)];
    if (!place) continue;
    const fields = metricsOf(row);
    const read = readMetric(metric, Object.keys(fields));
    if (read && (read.reducer ?? read.aggregate) !== "mean") return `${read.name} is not a mean over items`;
    const value = read && fields[read.from];
    const zero = failedAs === 0 && isFailed(row) && higherIsBetter(metric, read);
    if (value === undefined && !zero) continue;
    place.sum += value ?? 0;
    place.n += 1;
  }
  return sums.map(({ sum, n }) => (n === 0 ? Number.NaN : sum / n));
}

const isFailed = ({ finalStatus }: Outcome): boolean => finalStatus.startsWith("failed");

/** Whether a failed task can count as 0: only where higher is better is 0 surely no good value. */
function higherIsBetter(metric: MetricInput, read: Metric | undefined): boolean {
  const name = typeof metric === "string" ? metric : (metric.from ?? metric.name);
  return (read ?? readMetric(metric, [name]))?.direction === "higher";
}

/** The verdict on a run, in a sentence. */
export function reasonToStop({ metric }: Watch, { items }: Watched): string {
  const name = typeof metric === "string" ? metric : metric.name;
  return `${name} is decided for every pair after ${items} items`;
}
