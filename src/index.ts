/** The front door. */

export type { Fact } from "#actors/messages";
export { auc, f1Macro, metricOver, pearson, spearman } from "./analysis/over-metrics.ts";
export type { PooledPair, Study } from "./analysis/pooled.ts";
export { type Estimates, estimate } from "./app/estimate/estimate.ts";
export type { FaultInjection } from "./app/fault-injection.ts";
export { hardwareProfile } from "./app/hardware.ts";
export {
  type JudgePairsOptions,
  judgePairs,
  type PairJudge,
  type PairsReport,
  startJudgingPairs,
} from "./app/judge-pairs.ts";
export { type ExportLabelsOptions, exportLabels, type ImportLabelsOptions, importLabels } from "./app/labels.ts";
export { loadExperiment } from "./app/load.ts";
export type { RunStatusNow } from "./app/observe/status.ts";
export { printRunTree, type TreeNode } from "./app/observe/tree.ts";
export { type RescoreOptions, rescore, startRescoring } from "./app/rescore.ts";
export { type AnswerPair, type AnswerPairsOptions, answerPairs } from "./app/results/answer-pairs.ts";
export { type ComparableRun, type CompareOptions, compare, type RunComparison } from "./app/results/compare.ts";
export { type MetaOfRuns, type MetaRunsOptions, meta } from "./app/results/meta.ts";
export { listRuns, type PastRun } from "./app/results/past-runs.ts";
export { type ResumeOptions, resume, startResumed } from "./app/resume.ts";
export { run, start } from "./app/run.ts";
export type { RunHandle } from "./app/run-handle.ts";
export type { RunOptions } from "./app/run-options.ts";
export type { RunReport } from "./app/run-report.ts";
export { defineConfig } from "./app/setting-options.ts";
export type { SuiteAggregate } from "./app/suite/aggregates.ts";
export type { SuiteEntry } from "./app/suite/load-suite.ts";
export { runSuite, startResumedSuite, startSuite } from "./app/suite/suite.ts";
export type { SuiteFact, SuiteHandle, SuiteOptions, SuiteStatusNow } from "./app/suite/suite-handle.ts";
export type { SuiteExperimentResult, SuiteReport } from "./app/suite/suite-report.ts";
export type { DatasetInput, DatasetItem } from "./dataset/dataset.ts";
export { csv, jsonl, parquet } from "./dataset/file.ts";
export { type Fold, folds } from "./dataset/folds.ts";
export type { ForeignAnswer } from "./dataset/foreign.ts";
export { type HubDataset, huggingFace } from "./dataset/hugging-face.ts";
export { inspectLog } from "./dataset/inspect-log.ts";
export { lmEvalSamples } from "./dataset/lm-eval.ts";
export { type DatasetLoader, registerDataset } from "./dataset/registry.ts";
export { type DatasetStream, type OpenRows, type RowSource, type StreamOptions, streamed } from "./dataset/stream.ts";
export type { Executor } from "./execute/executor.ts";
export { inline } from "./execute/inline.ts";
export { type QueueOptions, queue } from "./execute/queue.ts";
export type { ExecutorFactory, ExecutorScope } from "./execute/scope.ts";
export { type ThreadsOptions, threads } from "./execute/threads.ts";
export type { Answer } from "./experiment/attempts.ts";
export type { CallSpan, CallsMade } from "./experiment/calls.ts";
export type { Condition, RunFunction, TaskContext, TaskReturn } from "./experiment/condition.ts";
export {
  defineExperiment,
  type Experiment,
  type ExperimentDefinition,
  type ExperimentInput,
} from "./experiment/define.ts";
export { describe, type ExperimentDescription } from "./experiment/describe.ts";
export { experimentJsonSchema } from "./experiment/describe-schema.ts";
export type { Hooks } from "./experiment/hooks.ts";
export type { HardwareProfile, Manifest } from "./experiment/manifest.ts";
export { type MetricSchema, Schema } from "./experiment/metric-schema.ts";
export type {
  CustomMetric,
  Metric,
  MetricInput,
  MetricOfMetrics,
  MetricOverRows,
  OverRow,
} from "./experiment/metrics.ts";
export type { Accounting, Outcome, ScoringStage, TaskResult } from "./experiment/outcome.ts";
export { type WithParameters, withParameters } from "./experiment/parameters.ts";
export { type Replay, replay } from "./experiment/replay.ts";
export { type StoreSummary, summarizeOutcomes } from "./experiment/store-summary.ts";
export { type ConditionMakers, range, sweep } from "./experiment/sweep.ts";
export type { Inspector, InspectorOptions } from "./inspector/inspector.ts";
export { openInspector } from "./inspector/open.ts";
export { ConfigError, StoreError } from "./kernel/errors.ts";
export { type Failure, FailureError } from "./kernel/failure.ts";
export { secret } from "./kernel/secrets.ts";
export type { JsonSchema, SchemaInput, StandardSchema } from "./schema/schema.ts";
export { memoryStore } from "./store/memory.ts";
export { sqliteStore } from "./store/sqlite.ts";
export type { RunStore } from "./store/store.ts";
