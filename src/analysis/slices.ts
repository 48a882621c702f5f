import type { Metric } from "#src/experiment/metrics";
import { ownMember } from "#src/kernel/record";
import { err, ok } from "#src/kernel/result";
import type { Steps } from "#src/kernel/steps";
import type { Interaction, SliceAnalysis, SlicedMetric, Summary } from "./analysis.ts";
import { type Tested, testPairs } from "./compare.ts";
import { usedReading } from "./failed-as.ts";
import { decide } from "./family.ts";
import { groupDifference, heterogeneity } from "./interaction.ts";
import type { SettledOptions } from "./options.ts";
import { pairData } from "./pair-data.ts";
import type { Pair } from "./pairs.ts";
import { kindOf, type Reading, readingOf, whyMissing } from "./reading.ts";
import { resamplesOf } from "./resample.ts";
import { settleFamily } from "./settle-family.ts";
import { INVALID, withoutP } from "./stopped.ts";
import { subTable } from "./sub-table.ts";
import { summarise } from "./summary.ts";
import type { Table } from "./table.ts";
import { drawsOfChecks, swapsOf } from "./test-outcome.ts";
import { toldOnly } from "./untested.ts";

/** Groups that are shown by themselves; the rest stand together. */
const MOST_GROUPS = 20;

interface Group {
  readonly name: string;
  readonly items: readonly number[];
}

/** The items by the value of a field, in the order of their names; the smallest together where there are many, those without the field last. */
export function sliceGroups(table: Table, by: string): Group[] {
  const groups = new Map<string, number[]>();
  const without: number[] = [];
  for (let item = 0; item < table.items.length; item++) {
    const value = table.slicesOf(item).get(by);
    if (value === undefined) without.push(item);
    else if (groups.get(value)?.push(item) === undefined) groups.set(value, [item]);
  }
  const bySize = [...groups]
    .map(([name, items]) => ({ name, items }))
    .sort((a, b) => b.items.length - a.items.length || order(a, b));
  const shown = bySize.length > MOST_GROUPS ? bySize.slice(0, MOST_GROUPS - 1) : bySize;
  const folded = bySize.slice(shown.length);
  return [
    ...shown.sort(order),
    ...(folded.length > 0
      ? [{ name: `${folded.length} smaller groups`, items: folded.flatMap(({ items }) => items).sort((a, b) => a - b) }]
      : []),
    ...(without.length > 0 ? [{ name: `without ${by}`, items: without }] : []),
  ];
}

/** Why a field is not sliced by: it identifies items and does not group them. */
function scattered(table: Table, by: string): string | undefined {
  const sizes = new Map<string, number>();
  for (let item = 0; item < table.items.length; item++) {
    const value = table.slicesOf(item).get(by);
    if (value !== undefined) sizes.set(value, (sizes.get(value) ?? 0) + 1);
  }
  if (sizes.size <= MOST_GROUPS) return undefined;
  const all = [...sizes.values()].sort((a, b) => b - a);
  const total = all.reduce((sum, size) => sum + size, 0);
  const shown = all.slice(0, MOST_GROUPS - 1).reduce((sum, size) => sum + size, 0);
  return shown * 2 >= total
    ? undefined
    : `it has ${sizes.size} values on ${total} items, and the ${MOST_GROUPS - 1} most frequent ones make up ${shown} of them only; make a field of fewer values from it`;
}

/** Numbers as numbers, texts by their code: the same everywhere. */
const order = (a: Group, b: Group): number => {
  const [x, y] = [Number(a.name), Number(b.name)];
  if (x !== y && Number.isFinite(x) && Number.isFinite(y)) return x - y;
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
};

/** Levels and pairs by each field of `by`; a field that no row has is named in a note, and not sliced by. */
export function* slicesOf(
  table: Table,
  metrics: readonly Metric[],
  pairs: readonly Pair[],
  options: SettledOptions,
): Steps<{ slices: SliceAnalysis[]; notes: string[] }> {
  const { by = [] } = options.statistics;
  const found = by.filter((name) => table.items.some((_, item) => table.slicesOf(item).has(name)));
  const unfit = new Map(found.map((name) => [name, scattered(table, name)]));
  const known = found.filter((name) => unfit.get(name) === undefined);
  const slices: SliceAnalysis[] = [];
  for (const name of known) {
    yield;
    const groups = sliceGroups(table, name).map((group) => ({ ...group, table: subTable(table, group.items) }));
    const sliced: SlicedMetric[] = [];
    for (const metric of metrics) sliced.push(yield* slicedMetric(metric, groups, pairs, options));
    slices.push({
      by: name,
      exploratory: !options.decidedSlices.includes(name),
      groups: groups.map((group) => ({ name: group.name, items: group.items.length })),
      metrics: sliced,
    });
  }
  return {
    slices,
    notes: by
      .filter((name) => !known.includes(name))
      .map((name) => {
        const why =
          unfit.get(name) ??
          "no row has it. It is kept with the results where statisticalAnalysis.by names it before the run";
        return `Results are not sliced by ${name}: ${why}.`;
      }),
  };
}

interface SlicedGroup extends Group {
  readonly table: Table;
}

interface ReadGroup extends Pick<SlicedGroup, "name" | "table"> {
  readonly reading: Reading;
  readonly levels: readonly Summary[];
  readonly tested: readonly Tested[];
}

function* slicedMetric(
  metric: Metric,
  groups: readonly SlicedGroup[],
  pairs: readonly Pair[],
  options: SettledOptions,
): Steps<SlicedMetric> {
  const { statistics, seed, stoppedEarly } = options;
  const { failedAs, multipleTestingCorrection: correction, significanceLevel } = statistics;
  const untested = options.untested(metric);
  const size = pairs.length * groups.length;
  const read: ReadGroup[] = [];
  for (const { name, table } of groups) {
    yield;
    const reading = yield* readingOf(table, metric, usedReading(metric, failedAs, table));
    const resamples = resamplesOf(table, statistics.resamples, seed);
    const setting = {
      ...statistics,
      seed,
      checkDraws: drawsOfChecks(statistics.resamples, size, table.items.length),
      smallestP: significanceLevel / Math.max(1, size),
      swaps: swapsOf(statistics.resamples, size),
      margin: ownMember(statistics.equivalenceMargin, metric.name),
    };
    const within = pairs.map((pair) => ({
      ...pair,
      group: pair.group === undefined ? name : `${name}, ${pair.group}`,
    }));
    const tested = toldOnly(yield* testPairs(within, reading, table, whyMissing(table), setting, resamples), untested);
    const levels = yield* summarise(reading, table, statistics.confidenceInterval, resamples);
    read.push({ name, table, reading, levels, tested: stoppedEarly ? tested.map(withoutP) : tested });
  }
  const { readings } = yield* settleFamily(
    { role: "secondary", metrics: [metric.name], pairs: pairs.length, size },
    [
      {
        head: { metric, kind: kindOf(read[0]!.reading) },
        failedAs: read[0]!.reading.failedAs,
        summaries: [],
        omnibus: [],
        tested: read.flatMap(({ tested }) => tested),
      },
    ],
    statistics,
  );
  const interactions: ReturnType<typeof interactionOf>[] = [];
  for (const pair of pairs) {
    yield;
    interactions.push(interactionOf(pair, metric, read, untested ?? (stoppedEarly ? INVALID : undefined)));
  }
  const together = decide({ correction, metrics: [{ ps: interactions.map(({ p }) => (p.ok ? p.value : undefined)) }] });
  return {
    metric: metric.name,
    levels: read.flatMap(({ name: group, levels }) =>
      levels.map(({ condition, n, estimate }) => ({ group, condition, n, estimate })),
    ),
    comparisons: readings[0]!.comparisons,
    interactions: interactions.map((one, i) => ({
      ...one,
      pAdjusted: one.p.ok ? ok(together.adjusted[0]![i]!) : one.p,
    })),
    family: { size, correction: correction === "min-p" ? "bonferroni" : correction }, // no draws: one is the other's bound
  };
}

function interactionOf(
  pair: Pair,
  metric: Metric,
  groups: readonly { readonly table: Table; readonly reading: Reading }[],
  refused: string | undefined,
): Omit<Interaction, "pAdjusted"> {
  const { conditions } = groups[0]!.table;
  const data = groups.map(({ table, reading }) => ({
    ...pairData(pair, reading, table, whyMissing(table)),
    yesOrNo: groups.every((group) => group.reading.binary && group.reading.once),
  }));
  const fit = data.flatMap((one) => {
    const difference = groupDifference(one, one.yesOrNo);
    return difference ? [{ difference, n: one.n }] : [];
  });
  const reason =
    refused ??
    (metric.aggregate !== "mean" || metric.ordinal
      ? "only means have one here"
      : data.some(({ xClusters }) => xClusters)
        ? "items are in clusters"
        : undefined);
  const found = reason === undefined ? heterogeneity(fit.map(({ difference }) => difference)) : err(reason);
  return {
    condition: conditions[pair.condition]!,
    against: conditions[pair.against]!,
    test: "Cochran's Q over groups, corrected by Welch",
    f: found.ok ? ok(found.value.f) : found,
    df: found.ok ? [found.value.df1, found.value.df2] : [],
    p: found.ok ? ok(found.value.p) : found,
    groups: fit.length,
    n: fit.reduce((sum, { n }) => sum + n, 0),
  };
}
