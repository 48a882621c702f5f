import type { Experiment } from "#src/experiment/define";
import { asksJudge } from "#src/experiment/estimate";
import { correctedHalfWidth } from "#src/stats/label-width";

/** What labels by people would buy, of each condition. */
export interface EstimatedLabels {
  /** Answers of a condition. */
  readonly answers: number;
  readonly sizes: readonly {
    /** Answers that are labelled, drawn at random. */
    readonly labels: number;
    /** Half the expected width of the 95 % interval of a corrected share near one half, the widest there is, by how often judge and people agree. */
    readonly halfWidths: readonly { readonly agreement: number; readonly halfWidth: number }[];
  }[];
}

const SIZES = [20, 50, 100, 200, 500] as const;
/** Shares of answers on which judge and people agree; half is chance. */
const AGREEMENTS = [0.5, 0.8, 0.9] as const;

/**
 * How many labels buy what width, where a model judges the answers. Repeats of an item are not independent: nothing is said then.
 *
 * @param answers tasks of each condition
 */
export function estimateLabels({ conditions, repeat }: Experiment, answers: number): EstimatedLabels | undefined {
  if (repeat > 1 || !conditions.some(({ scorers = [] }) => asksJudge(scorers))) return undefined;
  const sizes = SIZES.filter((labels) => labels <= answers / 2).map((labels) => ({
    labels,
    halfWidths: AGREEMENTS.map((agreement) => ({
      agreement,
      halfWidth: correctedHalfWidth({ labels, answers, correlation: 2 * agreement - 1 }),
    })),
  }));
  return sizes.length > 0 ? { answers, sizes } : undefined;
}
