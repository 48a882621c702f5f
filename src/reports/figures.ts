import type { Analysis, Comparison, Family, MetricAnalysis, Summary } from "#src/analysis/analysis";
import { wordsOf } from "#src/experiment/direction";
import { mapInSteps, type Steps } from "#src/kernel/steps";
import { count, differenceCell, estimateCell, isAnother, p, type Scale, scaleOf } from "./cell.ts";
import type { DistributionRow, HeatCell, IntervalRow, ScatterPoint } from "./chart.ts";
import type { RunCounts } from "./drill-down.ts";
import { groupsOf, pairOf, squareGroups } from "./matrix.ts";
import { byGroup } from "./pairs.ts";
import type { Block } from "./report.ts";
import { metricIds } from "./results.ts";
import { repeatsFigure, sweepFigures } from "./sweep-figures.ts";
import { toneOf } from "./words.ts";

const figure = (
  id: string,
  title: string,
  description: string,
  chart: Extract<Block, { kind: "figure" }>["figure"]["chart"],
): Block => ({
  kind: "figure",
  figure: { id: `figure-${id}`, title, description, chart },
});

/** What an axis is of: `accuracy (%)`. */
const axisLabel = (name: string, unit: string): string => (unit ? `${name} (${unit})` : name);

/** Levels with intervals for every metric, and quality against cost where both are measured. */
export function* overviewFigures(analysis: Analysis): Steps<Block[]> {
  const ids = metricIds(analysis.metrics, "levels");
  const levels = yield* mapInSteps(analysis.metrics, (metric, i) => levelsFigure(metric, ids[i]!));
  const drawn = [...sweepFigures(analysis), ...repeatsFigure(analysis), ...tradeOffFigure(analysis)];
  return [...drawn, ...levels.flat().map((block) => ({ ...block, folded: true }))];
}

/** Names the group of each condition, where pairs are compared within a factor. */
function groupNames(analysed: MetricAnalysis): Map<string, string> {
  const named = new Map<string, string>();
  for (const { group, names } of groupsOf(analysed))
    if (group !== undefined) for (const name of names) named.set(name, group);
  return named;
}

/** Conditions of one group together. */
function inGroups(analysed: MetricAnalysis): Summary[] {
  const place = new Map(groupsOf(analysed).flatMap(({ names }, g) => names.map((name) => [name, g] as const)));
  const placeOf = ({ condition }: Summary): number => place.get(condition) ?? place.size;
  return [...analysed.summaries].sort((a, b) => placeOf(a) - placeOf(b));
}

function levelsFigure(analysed: MetricAnalysis, id: string): Block[] {
  const scale = scaleOf(analysed);
  const groups = groupNames(analysed);
  const rows = inGroups(analysed).flatMap(({ condition, estimate }): IntervalRow[] => {
    if (!estimate.value.ok) return [];
    const value = estimate.value.value * scale.factor;
    const { low, high } = estimate.interval.ok
      ? estimate.interval.value
      : { low: estimate.value.value, high: estimate.value.value };
    const group = groups.get(condition);
    return [
      {
        label: condition,
        ...(group ? { group } : {}),
        value,
        low: low * scale.factor,
        high: high * scale.factor,
        text: estimateCell(estimate, scale).text,
      },
    ];
  });
  if (rows.length === 0) return [];
  const { name } = analysed.metric;
  return [
    figure(
      id,
      `${name} by condition`,
      `Level and interval of ${name} for ${rows.length} conditions; the numbers stand in the results table.`,
      { type: "intervals", unit: axisLabel(name, scale.unit), rows },
    ),
  ];
}

/** How the values of a field spread over items. */
export function distributionFigure(analysed: MetricAnalysis, id: string): Block[] {
  if (analysed.kind === "binary" || analysed.kind === "custom") return [];
  const groups = groupNames(analysed);
  const rows = inGroups(analysed).flatMap((summary): DistributionRow[] => {
    const { min, median, max, spread = [] } = summary;
    const group = groups.get(summary.condition);
    if (!min.ok || !median.ok || !max.ok || spread.length === 0) return [];
    const drawn = { min: min.value, median: median.value, max: max.value, dots: spread };
    return [{ label: summary.condition, ...(group ? { group } : {}), ...drawn }];
  });
  if (rows.length === 0 || rows.every(({ min, max }) => min === max)) return [];
  const { from, unit = "" } = analysed.metric;
  return [
    figure(
      id,
      `Distribution of ${from} over items`,
      "Quantile plot. Each dot is a twentieth of the items, at its middle value; of up to 20 items each is a dot. The line is the median, the ticks are the smallest and the largest value.",
      { type: "distribution", unit: axisLabel(from, unit), rows },
    ),
  ];
}

/** Differences with intervals, and the adjusted p of all pairs as a square, for one metric. */
export function* figuresOf(
  analysed: MetricAnalysis,
  id: string,
  family: Family,
): Steps<[differences: Block[], squares: Block[]]> {
  const scale = scaleOf(analysed);
  const differences = yield* differencesFigure(analysed, id, scale, family);
  yield;
  return [differences, heatFigures(analysed, id).map((block) => ({ ...block, folded: true }))];
}

function* differencesFigure(analysed: MetricAnalysis, id: string, scale: Scale, { intervals }: Family): Steps<Block[]> {
  const shown = drawn(analysed);
  const made = yield* mapInSteps(shown, (comparison): IntervalRow[] => {
    const { difference, condition, against, group, verdict, same, alone } = comparison;
    if (!difference.value.ok || !difference.interval.ok) return [];
    const { low, high } = same ? { low: same.by, high: same.by } : difference.interval.value;
    const tone = toneOf(verdict);
    return [
      {
        label: `${condition} − ${against}`,
        ...(group ? { group } : {}),
        value: difference.value.value * scale.factor,
        low: low * scale.factor,
        high: high * scale.factor,
        ...(!same && isAnother(difference.interval, alone)
          ? { alone: { low: alone.value.low * scale.factor, high: alone.value.high * scale.factor } }
          : {}),
        text: differenceCell(comparison, scale).text,
        tone,
      },
    ];
  });
  const rows = made.flat();
  if (rows.length === 0) return [];
  const { name, direction } = analysed.metric;
  const right = {
    higher: "to the right of 0 the first condition is better",
    lower: "to the left of 0 the first condition is better",
    none: "to the right of 0 the first condition is higher",
  }[direction];
  return [
    figure(
      id,
      `Differences in ${name}, intervals: ${intervals}`,
      `${rows.some(({ alone }) => alone) ? `Thin lines: ${intervals}. Thick lines: the interval of each pair by itself. ` : ""}${shown.length < analysed.comparisons.length ? `The first ${rows.length} of ${count(analysed.comparisons.length)} pairs, those of the best observed before all others` : `${rows.length} ${rows.length === 1 ? "pair" : "pairs"}`}: ${right}. Filled marks are distinguishable after adjustment.`,
      { type: "intervals", unit: axisLabel(`difference in ${name}`, scale.differenceUnit), rows, reference: 0 },
    ),
  ];
}

/** Conditions beyond which drawings show the best and not all. */
export const MANY = 20;
/** Pairs that are drawn of more conditions, and of fewer. */
const DRAWN_OF_MANY = 20;
const DRAWN = 60;

/** The pairs that are drawn: the first of each group. */
function drawn({ comparisons, summaries }: MetricAnalysis): readonly Comparison[] {
  const most = summaries.length > MANY ? DRAWN_OF_MANY : DRAWN;
  if (comparisons.length <= most) return comparisons;
  const groups = byGroup(comparisons);
  return groups.flatMap((pairs) => pairs.slice(0, Math.max(3, Math.floor(most / groups.length))));
}

function heatFigures(analysed: MetricAnalysis, id: string): Block[] {
  const groups = squareGroups(analysed);
  return groups.map(({ group, names }, g) => {
    const cells = names.flatMap((row, r) =>
      names.flatMap((column, c): HeatCell[] => {
        const pair = r === c ? undefined : pairOf(analysed.comparisons, row, column);
        if (!pair?.pAdjusted.ok || pair.same) return [];
        const sign = ({ up: 1, down: -1, none: 0 } as const)[toneOf(pair.verdict)];
        return [{ row: r, column: c, p: pair.pAdjusted.value, sign, text: p(pair.pAdjusted.value, pair.pIsBound) }];
      }),
    );
    const place = group ? ` at ${group}` : "";
    return figure(
      `${id}-heat${groups.length > 1 ? `-${g + 1}` : ""}`,
      `Adjusted p: ${analysed.metric.name}${place}`,
      `+ the row is ${analysed.metric.direction === "none" ? "higher" : "better"}, − the column is; pale: not distinguishable.`,
      { type: "heatmap", labels: names, cells },
    );
  });
}

/** Whether a field is what a task costs, in money, time or tokens. */
const isPrice = (field: string): boolean => wordsOf(field).some((word) => prices.has(word));
const prices = new Set(["cost", "costs", "latency", "duration", "time", "runtime", "tokens"]);

/** Quality against cost or time: the first metric where higher is better, over the first that costs. */
function tradeOffFigure({ metrics, conditions }: Analysis): Block[] {
  const quality = metrics.find(({ metric, kind }) => metric.direction === "higher" && kind !== "custom");
  const price = metrics.find(
    ({ metric, kind }) => metric.direction === "lower" && isPrice(metric.from) && kind !== "custom",
  );
  if (!quality || !price || conditions.length < 2) return [];
  const [q, c] = [scaleOf(quality), scaleOf(price)];
  const points = conditions.flatMap(({ name }, i): ScatterPoint[] => {
    const [x, y] = [price.summaries[i]!.estimate, quality.summaries[i]!.estimate];
    if (!x.value.ok || !y.value.ok) return [];
    return [
      {
        label: name,
        x: x.value.value * c.factor,
        y: y.value.value * q.factor,
        ...(x.interval.ok ? { xLow: x.interval.value.low * c.factor, xHigh: x.interval.value.high * c.factor } : {}),
        ...(y.interval.ok ? { yLow: y.interval.value.low * q.factor, yHigh: y.interval.value.high * q.factor } : {}),
      },
    ];
  });
  if (points.length < 2) return [];
  const front = paretoFront(points);
  const positive = points.every(({ x, xLow }) => (xLow ?? x) > 0);
  const xs = points.map(({ x }) => x);
  const log = positive && Math.max(...xs) > 20 * Math.min(...xs);
  return [
    figure(
      "trade-off",
      `${quality.metric.name} against ${price.metric.name}`,
      `Each condition with the intervals of both metrics; up and to the left is better. Filled, and joined by a line: the Pareto front, those that no other beats in one of the two without losing in the other, by the levels that were observed. A name stands where there is room.`,
      {
        type: "scatter",
        x: { label: axisLabel(price.metric.name, c.unit), log },
        y: { label: axisLabel(quality.metric.name, q.unit), log: false, ...(q.unit === "%" ? { most: 100 } : {}) },
        points: points.map((point) => ({ ...point, isFront: front.has(point) })),
      },
    ),
  ];
}

/** The points of which no other is at least as far up and to the left, and further in one. */
export function paretoFront<P extends { readonly x: number; readonly y: number }>(points: readonly P[]): Set<P> {
  const front = new Set<P>();
  let best = Number.NEGATIVE_INFINITY;
  let at = Number.NaN;
  for (const point of [...points].sort((a, b) => a.x - b.x || b.y - a.y)) {
    if (point.y < best || (point.y === best && point.x !== at)) continue;
    best = point.y;
    at = point.x;
    front.add(point);
  }
  return front;
}

/** Tasks ended over time. */
export function progressFigure({ progress }: RunCounts): Block[] {
  const last = progress.at(-1);
  if (!last || last.ms <= 0) return [];
  const [unit, size] =
    last.ms < 120_000
      ? (["s", 1000] as const)
      : last.ms < 7_200_000
        ? (["min", 60_000] as const)
        : (["h", 3_600_000] as const);
  return [
    figure("progress", "Tasks ended over time", "Number of ended tasks by time since the first one ended.", {
      type: "progress",
      unit: axisLabel("time since the first task ended", unit),
      points: progress.map(({ ms, done }) => ({ x: ms / size, y: done })),
    }),
  ];
}
