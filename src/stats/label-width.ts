import { ConfigError } from "#src/kernel/errors";
import { criticalZ, type LevelOption } from "./proportion.ts";
import { DEFAULT_LEVEL } from "./sample.ts";

/** What labels by people are expected to buy. */
export interface LabelPlan {
  /** Answers with a label, drawn at random. */
  readonly labels: number;
  /** All answers, those with a label among them. */
  readonly answers: number;
  /** Of what a judge says and what people say, -1 to 1; 0 for a judge that knows nothing. */
  readonly correlation: number;
}

/**
 * The expected half width of the interval of a mean that is corrected by labels (`predictionPoweredMean`, with its best lambda).
 *
 * - `deviation`: standard deviation of what people say. Default: 0.5, that of a share of one half, than which no share has more
 * @throws ConfigError for counts that are not whole, labels that are fewer than 2 or leave fewer than 2 answers, and a correlation beyond -1 and 1
 * @see Angelopoulos, Duchi and Zrnic, PPI++, arXiv 2311.01453 (2023), section 6
 * @example correctedHalfWidth({ labels: 100, answers: 500, correlation: 0.8 }) // => 0.0684586
 */
export function correctedHalfWidth(
  { labels, answers, correlation }: LabelPlan,
  { level = DEFAULT_LEVEL, deviation = 0.5 }: LevelOption & { readonly deviation?: number } = {},
): number {
  if (!Number.isInteger(labels) || labels < 2)
    throw new ConfigError("labels", "must be a whole number of at least 2", labels);
  if (!Number.isInteger(answers) || answers < labels + 2)
    throw new ConfigError("answers", "must be a whole number of at least 2 more than the labels", answers);
  if (!(correlation >= -1 && correlation <= 1))
    throw new ConfigError("correlation", "must be from -1 to 1", correlation);
  const helps = Math.max(0, correlation); // a judge that says the contrary is not used
  const share = helps ** 2 / (1 + labels / (answers - labels));
  return criticalZ(level) * deviation * Math.sqrt((1 - share) / labels);
}

/**
 * The fewest labels that are expected to give an interval of at most a given half width.
 *
 * @returns nothing where labels of all answers but two do not
 * @throws ConfigError for a half width that is not above 0, and as `correctedHalfWidth`
 * @example labelsFor({ halfWidth: 0.05, answers: 500, correlation: 0.8 }) // => 273
 */
export function labelsFor(
  { halfWidth, answers, correlation }: Omit<LabelPlan, "labels"> & { readonly halfWidth: number },
  options: Parameters<typeof correctedHalfWidth>[1] = {},
): number | undefined {
  if (!(halfWidth > 0)) throw new ConfigError("halfWidth", "must be above 0", halfWidth);
  const widthOf = (labels: number): number => correctedHalfWidth({ labels, answers, correlation }, options);
  let [low, high] = [2, answers - 2];
  if (high < 2 || widthOf(high) > halfWidth) return undefined;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (widthOf(middle) <= halfWidth) high = middle;
    else low = middle + 1;
  }
  return low;
}
