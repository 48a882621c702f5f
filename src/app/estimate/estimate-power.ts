import { type PlannedFamily, plannedFamilies } from "#src/analysis/family";
import { comparedPairs } from "#src/analysis/pairs";
import type { Experiment } from "#src/experiment/define";
import { DEFAULT_POWER, smallestPairedMean } from "#src/stats/power";
import { smallestMcNemarDifference } from "#src/stats/power-exact";

/** What a design can tell apart, before anything is known of the data. */
export interface EstimatedPower {
  /** Items that every condition does: repeats make no new ones. */
  readonly items: number;
  /** Families of tests as the report will have them: the first is primary. */
  readonly families: readonly PlannedFamily[];
  /** Tests of the first family. */
  readonly tests: number;
  /** Level of the family's strictest test. */
  readonly alpha: number;
  /** Chance with which differences of these sizes are found. */
  readonly power: number;
  /** Yes or no: smallest difference of two shares, by the share of items on which two conditions disagree; absent where none is found. */
  readonly shares: readonly { readonly disagreement: number; readonly difference?: number }[];
  /** Scores: smallest mean difference in standard deviations of the differences by item; absent where items are too few for any. */
  readonly standardised?: number;
}

/** Shares of items on which two conditions may disagree: alike, as is common, unlike. */
const DISAGREEMENTS = [0.05, 0.2, 0.4];

/**
 * The smallest differences that an experiment can find four times out of five at the strictest level of its first family.
 *
 * @param items of the data set, as every condition does them
 * @returns nothing without pairs, or with fewer than two items
 */
export function estimatePower(experiment: Experiment, items: number): EstimatedPower | undefined {
  const { conditions, metrics, customMetrics, statisticalAnalysis } = experiment;
  const named = conditions.map(({ name, factors, faults }) => ({ name, factors: factors ?? {}, faults }));
  const pairs = comparedPairs(named, statisticalAnalysis).pairs.length;
  if (pairs === 0 || items < 2) return undefined;
  const names = [
    ...metrics.map((metric) => (typeof metric === "string" ? metric : metric.name)),
    ...customMetrics.map(({ name }) => name),
  ];
  const families = plannedFamilies(names, pairs, statisticalAnalysis.family === "all");
  const tests = families[0]!.size;
  const { significanceLevel, multipleTestingCorrection, mcnemar } = statisticalAnalysis;
  const alpha = multipleTestingCorrection === "none" ? significanceLevel : significanceLevel / tests;
  const standardised = smallestPairedMean(items, { alpha });
  return {
    items,
    families,
    tests,
    alpha,
    power: DEFAULT_POWER,
    shares: DISAGREEMENTS.map((disagreement) => {
      const found = smallestMcNemarDifference(items, disagreement, { alpha, method: mcnemar });
      return found.ok ? { disagreement, difference: found.value } : { disagreement };
    }),
    ...(standardised.ok ? { standardised: standardised.value } : {}),
  };
}
