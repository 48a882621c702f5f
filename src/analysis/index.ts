export { analyse } from "./analyse.ts";
export type {
  AnalysedCondition,
  Analysis,
  Comparison,
  FailureAnalysis,
  Family,
  FaultedAnalysis,
  FaultedCondition,
  LossAnalysis,
  LossComparison,
  MetricAnalysis,
  MetricKind,
  MetricValues,
  Omnibus,
  Summary,
  Verdict,
} from "./analysis.ts";
export { type BestGroup, bestGroups } from "./best-group.ts";
export {
  type DigestBuilder,
  type DigestExample,
  type DigestGroup,
  type DigestOutcome,
  digestBuilder,
  type FailureDigest,
  type WrongWhere,
  wrongWhereOf,
} from "./failure-digest.ts";
export { type GateResult, judgeGates } from "./gates.ts";
export type { AnalyseOptions, ConditionInput } from "./options.ts";
export { auc, f1Macro, metricOver, pearson, spearman } from "./over-metrics.ts";
export type { Estimate, Interval, Quantity } from "./quantity.ts";
export type { ReplyComparison, ReplyEnding } from "./replies.ts";
export type { PlainRow, Row } from "./row.ts";
export type { WatchedMetric, WatchedPair } from "./watched-metric.ts";
