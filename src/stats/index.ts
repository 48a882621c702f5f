/** Statistics for comparing conditions: pure functions of numbers, each with its source. `import { welchTTest } from "crucible-harness/stats"`. */

// Samples and what they look like

export {
  coefficientOfVariation,
  type Description,
  describe,
  excessKurtosis,
  geometricMean,
  lagOneAutocorrelation,
  medianDeviation,
  type QuantileType,
  quantile,
  quantiles,
  type ShapeProblem,
  type ShapeType,
  skewness,
  trimmedMean,
} from "./descriptives.ts";
export { addValue, type Moments, mergeMoments, momentsOf, noMoments } from "./moments.ts";
export {
  type Alternative,
  DEFAULT_LEVEL,
  differences,
  type Interval,
  omitMissing,
  omitMissingPairs,
  type Spread,
  spreadOf,
} from "./sample.ts";

// Two conditions on the same items

export { bentScoreInterval, type Scored } from "./bent-score.ts";
export {
  type ClusteredMean,
  type ClusterProblem,
  clusteredDifference,
  clusteredMean,
  type PairedDifference,
  pairedDifference,
} from "./cluster.ts";
export { type RobustMean, robustDifference, robustMean } from "./cluster-cr2.ts";
export { type Equivalence, type Margins, tostPaired, tostWelch } from "./equivalence.ts";
export {
  cochranQ,
  type McNemar,
  type McNemarMethod,
  mcnemarTest,
  type PairedCounts,
  type PairedDifferenceMethod,
  pairedCounts,
  pairedOddsRatio,
  pairedRiskDifference,
} from "./mcnemar.ts";
export { type SignFlips, signFlips } from "./sign-flip-interval.ts";
export {
  pairedHodgesLehmann,
  pairedShiftInterval,
  type SignedRank,
  type SignedRankOptions,
  type SignedRankProblem,
  wilcoxonSignedRank,
} from "./signed-rank.ts";
export {
  meanInterval,
  oneSampleTTest,
  pairedTTest,
  pooledSd,
  pooledTTest,
  type TTest,
  type TTestOptions,
  type TTestProblem,
  welchTTest,
} from "./t-test.ts";

export { tangoScore } from "./tango.ts";

// Two independent samples

export {
  type Correlation,
  type CorrelationProblem,
  type Kendall,
  kendallTest,
  pearson,
  pearsonTest,
  spearmanTest,
} from "./correlation.ts";
export {
  type Dominance,
  dominance,
  hodgesLehmann,
  type MannWhitney,
  type MannWhitneyOptions,
  mannWhitney,
  shiftInterval,
} from "./mann-whitney.ts";
export {
  agrestiCoullInterval,
  binomialTest,
  type Count,
  clopperPearsonInterval,
  jeffreysInterval,
  type LevelOption,
  modifiedWilsonInterval,
  proportionZ,
  waldInterval,
  wilsonInterval,
} from "./proportion.ts";
export {
  cohensH,
  type Estimate,
  oddsRatio,
  type RiskDifferenceMethod,
  relativeRisk,
  riskDifference,
  scoreOfShares,
  twoProportionTest,
  type ZTest,
} from "./two-proportions.ts";

// More than two conditions

export {
  type Anova,
  type AnovaProblem,
  type FTest,
  oneWayAnova,
  type RepeatedAnova,
  repeatedAnova,
  type SumsOfSquares,
  sumsOfSquares,
  welchAnova,
} from "./anova.ts";
export { type BaselinePair, dunnett } from "./dunnett.ts";
export { type Adjustment, adjustP } from "./multiplicity.ts";
export { gamesHowell, pairwiseTTests, type RangePair, tukeyHsd } from "./pairwise.ts";
export {
  dunn,
  type Friedman,
  friedman,
  type KruskalWallis,
  kruskalWallis,
  type PairTest,
  pairsOf,
  type RankProblem,
} from "./rank-omnibus.ts";

// Counts in tables

export type { ChiSquaredTest } from "./chi-squared.ts";
export { goodnessOfFit, type Independence, independenceTest, phiCoefficient } from "./contingency.ts";
export { type FisherExact, fisherExact } from "./fisher.ts";
export { type Answers, meanOverItems, passAtK, passHatK } from "./pass-at-k.ts";

// How large an effect is, and how sure that is

export {
  type BcaInterval,
  type BcaProblem,
  type Bootstrap,
  type BootstrapOptions,
  biasCorrection,
  bootstrap,
  drawResamples,
  type IndexStatistic,
  meanJackknife,
  meanOf,
  type Resamples,
  statisticOf,
} from "./bootstrap.ts";
export {
  type CliffsDelta,
  cliffsDelta,
  type EffectSize,
  type EffectSizeProblem,
  effectSize,
  hedgesFactor,
  type PairedEffectSize,
  pairedEffectSize,
} from "./effect-size.ts";
export {
  type Permutation,
  type PermutationOptions,
  type PermutationProblem,
  permutationTest,
  signFlipTest,
} from "./permutation.ts";

// Several runs or studies together

export { type MetaAnalysis, type MetaOptions, type MetaProblem, metaAnalysis, type StudyEffect } from "./meta.ts";

// How many items, and when to stop

export { type Goal, type PlanOptions, planSampleSize, type SamplePlan } from "./plan.ts";
export {
  DEFAULT_POWER,
  designEffect,
  type MeanDesign,
  meanPower,
  meanSampleSize,
  type PowerOptions,
  smallestMeanDifference,
  smallestPairedMean,
} from "./power.ts";
export {
  type ExactMcNemar,
  fisherPower,
  fisherSampleSize,
  type McNemarPowerOptions,
  mcnemarPower,
  mcnemarSampleSize,
  smallestMcNemarDifference,
} from "./power-exact.ts";
export {
  type Discordance,
  pairedProportionPower,
  pairedProportionSampleSize,
  proportionPower,
  proportionSampleSize,
  repeatedSampleSize,
  smallestHigherProportion,
  smallestPairedDifference,
} from "./power-proportion.ts";
export {
  betaBinomialE,
  type Evidence,
  normalMixture,
  observe,
  type Sequence,
  type SequenceOptions,
  startSequence,
} from "./sequential.ts";

// Diagnostics

export { shapiroWilk } from "./shapiro-wilk.ts";
export { bartlettTest, flignerTest, leveneTest, type VarianceProblem } from "./variance-tests.ts";

// Distributions and special functions

export {
  betaDistribution,
  binomialProbability,
  binomialTails,
  chiSquared,
  type Distribution,
  fisherF,
  normal,
  studentT,
} from "./distributions.ts";
export { incompleteBeta, inverseIncompleteBetaLogOdds } from "./incomplete-beta.ts";
export { erf, erfc, incompleteGamma, inverseIncompleteGamma } from "./incomplete-gamma.ts";
export { noncentralFCdf, noncentralFInterval, noncentralTInterval, noncentralTTails } from "./noncentral.ts";
export { lnBeta, lnGamma } from "./special.ts";
export { studentizedRange } from "./studentized-range.ts";
export type { Tails } from "./tails.ts";

// Agreement of raters, and of a judge with people

export {
  type Agreement,
  type AgreementProblem,
  cohenKappa,
  fleissKappa,
  gwetAC1,
  type KappaOptions,
  type Rating,
} from "./agreement.ts";
export {
  type Alpha,
  type Confusion,
  type ConfusionShare,
  confusionOf,
  krippendorffAlpha,
  type MeasurementLevel,
} from "./agreement-alpha.ts";
export {
  type Corrected,
  type CorrectedDifference,
  type CorrectedProblem,
  type CorrectedShare,
  type JudgedItems,
  type JudgedPair,
  type JudgeErrors,
  predictionPoweredDifference,
  predictionPoweredMean,
  roganGladen,
  type ShareProblem,
} from "./corrected.ts";
export { correctedHalfWidth, type LabelPlan, labelsFor } from "./label-width.ts";

// Preferences between pairs

export {
  type BradleyTerry,
  type BradleyTerryProblem,
  bradleyTerry,
  type PairedComparison,
  type Strength,
} from "./bradley-terry.ts";
