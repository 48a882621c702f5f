import type { Direction } from "#src/experiment/direction";
import { type CustomMetric, type Metric, readMetric, readMetrics } from "#src/experiment/metrics";
import { ownMember } from "#src/kernel/record";
import { eachInSlices, finish, inSlices, type Steps } from "#src/kernel/steps";
import { accountingOf, conditionAccounting } from "./accounting.ts";
import type { Analysis, Family, LossAnalysis, MetricAnalysis, MetricValues } from "./analysis.ts";
import { changedVerdicts, type Tested, testPairs } from "./compare.ts";
import { customReading } from "./custom.ts";
import { type FailedAs, usedReading, worstOf, worstTable } from "./failed-as.ts";
import { failuresOf } from "./failures.ts";
import { plannedFamilies } from "./family.ts";
import { type FaultGathering, gatherFaults } from "./faulted.ts";
import { lossesOf, withOtherLosses } from "./losses.ts";
import { fewItems, notesOf } from "./notes.ts";
import { omnibusTests } from "./omnibus.ts";
import {
  type AnalyseOptions,
  checkReferences,
  type NamedCondition,
  type SettledOptions,
  settleOptions,
} from "./options.ts";
import { checkOver } from "./over.ts";
import { comparedPairs, type Group, type Pair } from "./pairs.ts";
import { kindOf, type Reading, readingOf, type WhyMissing, whyMissing } from "./reading.ts";
import { repeatCurves } from "./repeats.ts";
import { replyEndings } from "./replies.ts";
import { type Resamples, resamplesOf } from "./resample.ts";
import type { Row } from "./row.ts";
import { type Head, settleFamily, type TestedMetric } from "./settle-family.ts";
import { slicesOf } from "./slices.ts";
import { smallestOf } from "./smallest.ts";
import {
  anytimeValid,
  watchedNote,
  watchedSummary,
  watchOf,
  watchReading,
  withoutOmnibusP,
  withoutP,
} from "./stopped.ts";
import { summarise } from "./summary.ts";
import { type Table, tableBuilder } from "./table.ts";
import { drawsOfChecks, swapsOf } from "./test-outcome.ts";
import { omnibusToldOnly, toldOnly } from "./untested.ts";
import type { WatchedMetric } from "./watched-metric.ts";
import { withoutValue } from "./without-value.ts";

/**
 * Compares conditions over rows: stored outcomes of a run, or plain rows from anywhere. Rows are read once.
 *
 * @param rows an iterable, or an async one, for which a promise is returned
 * @throws ConfigError for a metric that no condition returned, an unknown option, a row that stands there twice
 * @example
 * const rows = [{ condition: "a", itemId: 1, accuracy: 1 }, { condition: "b", itemId: 1, accuracy: 0 }];
 * const analysis = analyse(rows, { metrics: ["accuracy"] });
 * analysis.metrics[0]?.summaries[0]?.mean // => { ok: true, value: 1 }
 */
export function analyse(rows: Iterable<Row>, options: AnalyseOptions): Analysis;
export function analyse(rows: AsyncIterable<Row>, options: AnalyseOptions): Promise<Analysis>;
export function analyse(
  rows: Iterable<Row> | AsyncIterable<Row>,
  options: AnalyseOptions,
): Analysis | Promise<Analysis>;
export function analyse(
  rows: Iterable<Row> | AsyncIterable<Row>,
  options: AnalyseOptions,
): Analysis | Promise<Analysis> {
  if (Symbol.asyncIterator in rows) return analyseInSlices(rows, options);
  const settled = settleOptions(options);
  const builder = builderFor(settled);
  const faulted = gatherFaults(settled);
  for (const row of rows) {
    builder.add(row);
    faulted?.add(row);
  }
  return finish(analyseTable(builder.table(), settled, faulted));
}

/** `analyse` that lets everything else of the process have its turn every few milliseconds, whatever the rows come from. @param each sees every row as it is read */
export async function analyseInSlices<R extends Row>(
  rows: Iterable<R> | AsyncIterable<R>,
  options: AnalyseOptions,
  each: (row: R) => void = () => {},
): Promise<Analysis> {
  const settled = settleOptions(options);
  const builder = builderFor(settled);
  const faulted = gatherFaults(settled);
  await eachInSlices(rows, (row) => {
    builder.add(row);
    faulted?.add(row);
    each(row);
  });
  return inSlices(analyseTable(builder.table(), settled, faulted));
}

export const builderFor = (settled: SettledOptions): ReturnType<typeof tableBuilder> =>
  tableBuilder({
    conditions: settled.conditions?.map(({ name }) => name),
    metrics: settled.metrics,
    by: settled.statistics.by,
    keepAll: settled.customMetrics.some(({ over }) => over === undefined),
    over: settled.customMetrics.filter((metric) => metric.over !== undefined),
  });

/** What all metrics of an analysis share. */
interface Shared {
  readonly table: Table;
  readonly options: SettledOptions;
  readonly groups: readonly Group[];
  readonly pairs: readonly Pair[];
  readonly why: WhyMissing;
  readonly resamples: Resamples;
}

function* analyseTable(table: Table, options: SettledOptions, faulted: FaultGathering | undefined): Steps<Analysis> {
  const { statistics, seed } = options;
  const conditions: NamedCondition[] = options.conditions
    ? [...options.conditions]
    : table.conditions.map((name) => ({ name, factors: {} }));
  checkReferences(statistics, conditions);
  const returned = table.fields.length === 0 ? [] : [...table.fields, ...options.fields];
  const metrics = readMetrics(options.metrics, returned).map((metric) => withDirection(metric, options));
  checkOver(
    table.over,
    options.customMetrics.filter((metric) => metric.over !== undefined),
    options.fields,
  );
  const shared: Shared = {
    table,
    options,
    ...comparedPairs(conditions, statistics),
    why: whyMissing(table),
    resamples: resamplesOf(table, statistics.resamples, seed),
  };
  const accounting = { ...accountingOf(table, options.planned), ...(options.open ? { open: true as const } : {}) };
  const { significanceLevel } = statistics;
  const replies = yield* replyEndings(table, {
    conditions,
    pairs: shared.pairs,
    significanceLevel,
    stoppedEarly: options.stoppedEarly,
  });
  const sliced = yield* slicesOf(table, metrics, shared.pairs, options);
  const counted = (metric: Metric): FailedAs | undefined => worstOf(metric, table);
  const usedAs = (metric: Metric): FailedAs => usedReading(metric, statistics.failedAs, table);
  const otherwise =
    (neutral: FailedAs) =>
    (metric: Metric): FailedAs =>
      usedAs(metric) === "missing" ? (counted(metric) ?? neutral) : "missing";
  const used = yield* readAll(shared, metrics, usedAs);
  const isNeutral = ({ direction }: { readonly direction?: Direction | undefined }): boolean => direction === "none";
  const others =
    accounting.failed === 0
      ? []
      : [
          yield* readAll(shared, metrics, otherwise("highest"), true),
          ...(metrics.some(isNeutral) ? [yield* readAll(shared, metrics, otherwise("lowest"), true)] : []),
        ];
  const failures = yield* failuresOf(table, { ...shared, statistics, seed });
  return {
    format: "crucible-analysis/1",
    options: { ...statistics, seed },
    accounting,
    items: table.items.length,
    repeats: table.repeats,
    ...(table.clusters ? { clusters: table.clusterCount } : {}),
    conditions: conditions.map(({ name, factors }, i) => ({
      name,
      factors,
      accounting: conditionAccounting(table, i, options.planned, conditions.length),
    })),
    metrics: used.readings.map((reading, i) =>
      withOther(
        reading,
        used.heads[i]!,
        others.map(({ readings }) => readings[i]!),
      ),
    ),
    families: used.families,
    ...(failures ? { failures } : {}),
    ...(faulted && metrics[0] ? { faulted: faulted.analysis(metrics[0], withOtherLosses(used, others)) } : {}),
    ...(replies.length > 0 ? { replies } : {}),
    ...(sliced.slices.length > 0 ? { slices: sliced.slices } : {}),
    ...(used.watched ? { sequential: used.watched } : {}),
    notes: [
      ...withoutValue(table, metrics),
      ...sliced.notes,
      ...fewItems(used.readings),
      ...notesOf(shared.resamples, used.readings),
      ...(used.watched ? [watchedNote(used.watched)] : []),
    ],
  };
}

interface ReadAll {
  readonly heads: Head[];
  readonly readings: MetricValues[];
  readonly families: Family[];
  readonly watched: WatchedMetric | undefined;
  /** Of the first metric. */
  readonly losses: LossAnalysis | undefined;
}

/**
 * All metrics under one way of counting failed tasks, each family adjusted by itself.
 *
 * @param worst whether metrics made from others see failed tasks as the worst of each
 */
function* readAll(
  shared: Shared,
  metrics: readonly Metric[],
  failedAs: (metric: Metric) => FailedAs,
  worst = false,
): Steps<ReadAll> {
  const { table, options, pairs, groups, why, resamples } = shared;
  const { statistics, seed, customMetrics } = options;
  const level = statistics.confidenceInterval;
  const stopped = options.stoppedEarly;
  const tests = pairs.length * (statistics.family === "all" ? metrics.length + customMetrics.length : 1);
  const smallestP = statistics.significanceLevel / Math.max(1, tests);
  const common = { ...statistics, seed, smallestP, swaps: swapsOf(statistics.resamples, tests) };
  let watched: WatchedMetric | undefined;
  let losses: LossAnalysis | undefined;
  const all: TestedMetric[] = [];
  for (const [i, metric] of metrics.entries()) {
    yield;
    const reading = yield* readingOf(table, metric, failedAs(metric));
    const checkDraws = drawsOfChecks(statistics.resamples, pairs.length, table.items.length);
    const setting = { ...common, checkDraws, margin: ownMember(statistics.equivalenceMargin, metric.name) };
    const untested = options.untested(metric);
    const tested = toldOnly(yield* testPairs(pairs, reading, table, why, setting, resamples), untested);
    if (i === 0) watched = watchFirst(shared, reading);
    const valid = i === 0 ? watched?.pairs : undefined;
    const anytime = (one: Tested, pair: number): Tested =>
      valid ? anytimeValid(one, valid[pair]!, metric.direction, options.sequential!) : withoutP(one);
    const omnibus = omnibusToldOnly(yield* omnibusTests(groups, reading, table), untested);
    const summaries = yield* summarise(reading, table, level, resamples);
    if (i === 0)
      losses = yield* lossesOf(reading, {
        table,
        conditions: options.conditions ?? [],
        summaries,
        statistics,
        setting,
        why,
        untested,
        stopped,
      });
    all.push({
      head: headOf(reading, table),
      failedAs: reading.failedAs,
      summaries,
      omnibus: stopped ? omnibus.map(withoutOmnibusP) : omnibus,
      tested: stopped ? tested.map(anytime) : tested,
      smallest: stopped ? undefined : yield* smallestOf(reading, table, tested, statistics, seed),
    });
  }
  const seen = worst ? worstTable(table, metrics) : table;
  for (const metric of customMetrics) {
    const setting = { ...common, checkDraws: 0, margin: undefined };
    const reading = yield* customReading(metric, metrics, pairs, seen, setting, resamples, worst);
    all.push({
      head: customHead(metric, options),
      failedAs: worst && metric.over === undefined ? "worst" : "missing",
      omnibus: [],
      ...withValidP(reading, stopped),
    });
  }
  const planned = plannedFamilies(
    all.map(({ head }) => head.metric.name),
    pairs.length,
    statistics.family === "all",
  );
  const settled: { family: Family; readings: MetricValues[] }[] = [];
  for (const [i, family] of planned.entries())
    settled.push(yield* settleFamily(family, family.role === "all" ? all : [all[i]!], statistics));
  return {
    heads: all.map(({ head }) => head),
    readings: settled.flatMap(({ readings }) => readings),
    families: settled.map(({ family }) => family),
    watched,
    losses,
  };
}

/** What was watched of the first metric; nothing for an aggregate, clustered items, or without `sequential`. */
function watchFirst({ table, options, pairs }: Shared, reading: Reading): WatchedMetric | undefined {
  const { sequential, statistics, stoppedEarly } = options;
  if (!sequential || reading.metric.aggregate !== "mean" || pairs.length === 0 || table.clusters) return undefined;
  const margin = ownMember(statistics.equivalenceMargin, reading.metric.name);
  const watch = watchOf(reading, table.conditions, pairs, sequential, margin);
  return watchedSummary(watch, watchReading(watch, reading, table), table, reading.metric.name, stoppedEarly);
}

const withValidP = <T extends { readonly tested: Tested[] }>(reading: T, stopped: boolean): T =>
  stopped ? { ...reading, tested: reading.tested.map(withoutP) } : reading;

/** What was decided before outlives a change of the list of names. */
export function withDirection(metric: Metric, { directions }: SettledOptions): Metric {
  const direction = directions.get(metric.name) ?? metric.direction;
  if (direction === metric.direction) return metric;
  const { directionUnknown: _, ...known } = metric;
  return { ...known, direction };
}

function headOf(reading: Reading, table: Table): Head {
  const { metric } = reading;
  const kind = kindOf(reading);
  const repeats = kind === "binary" && metric.reducer === undefined ? repeatCurves(table, metric.from) : [];
  return { metric, kind, ...(repeats.length > 0 ? { repeats } : {}) };
}

const customHead = ({ name, description, direction, over }: CustomMetric, options: SettledOptions): Head => ({
  metric: withDirection(readMetric({ name, direction }, [name])!, options),
  kind: "custom",
  ...(over ? { over } : {}),
  ...(description === undefined ? {} : { description }),
});

/** The reading beside the other one that changes most; the first where all change as much. */
function withOther(reading: MetricValues, head: Head, others: readonly MetricValues[]): MetricAnalysis {
  const [other] = others
    .filter(({ failedAs }) => failedAs !== reading.failedAs)
    .map((one) => ({ ...one, changed: changedVerdicts(reading, one) }))
    .toSorted((a, b) => b.changed.length - a.changed.length);
  if (!other) return { ...head, ...reading };
  const comparisons = reading.comparisons.map((comparison, i) => {
    const { verdict } = other.comparisons[i]!;
    return verdict === comparison.verdict
      ? comparison
      : { ...comparison, otherwise: { failedAs: other.failedAs, verdict } };
  });
  return { ...head, ...reading, comparisons, otherReading: other };
}
