import type { AnalysisOptions } from "#src/experiment/options";
import { corrections } from "#src/experiment/options";
import { ConfigError, didYouMean } from "#src/kernel/errors";
import { refuseOptions } from "./backends.ts";
import type { ReliabilityIR } from "./schema.ts";

type Stats = NonNullable<ReliabilityIR["stats"]>;

const tests = ["ttest", "bootstrap", "anova", "mannwhitney", "wilcoxon", "kruskal"];
const effects = ["cohens_d", "eta_squared"];

/**
 * `reliability.stats` as options of the analysis. Which test and which effect size is made depends on the metric: those that a document
 * names must be known, and choose nothing.
 *
 * @throws ConfigError for what is unknown
 */
export function analysisFrom(stats: Stats | undefined): Partial<AnalysisOptions> {
  if (!stats) return {};
  const place = "reliability.stats";
  stats.tests.forEach((test, i) => void known(test, tests, `${place}.tests[${i}]`));
  if (stats.effect_size_type !== undefined) known(stats.effect_size_type, effects, `${place}.effect_size_type`);
  refuseOptions(`${place}.options`, stats.options);
  const { multiple_testing_correction: named } = stats;
  const correction = named === "fdr" ? "bh" : named;
  if (correction !== undefined) known(correction, [...corrections, "fdr"], `${place}.multiple_testing_correction`);
  return {
    significanceLevel: stats.alpha,
    ...(stats.confidence_level === undefined ? {} : { confidenceInterval: stats.confidence_level }),
    ...(correction === undefined
      ? {}
      : { multipleTestingCorrection: correction as AnalysisOptions["multipleTestingCorrection"] }),
    ...(stats.bootstrap_iterations === undefined ? {} : { resamples: stats.bootstrap_iterations }),
  };
}

function known(value: string, all: readonly string[], place: string): void {
  if (!all.includes(value))
    throw new ConfigError(place, `must be one of ${all.join(", ")}`, value, didYouMean(value, all));
}

/** The way back: `bh` is `fdr` there. */
export function statsFrom(analysis: Readonly<Partial<AnalysisOptions>>): Stats {
  const { significanceLevel = 0.05, confidenceInterval, multipleTestingCorrection: correction, resamples } = analysis;
  return {
    tests: ["ttest", "bootstrap"],
    alpha: significanceLevel,
    ...(confidenceInterval === undefined ? {} : { confidence_level: confidenceInterval }),
    ...(correction === undefined ? {} : { multiple_testing_correction: correction === "bh" ? "fdr" : correction }),
    ...(resamples === undefined ? {} : { bootstrap_iterations: resamples }),
  };
}
