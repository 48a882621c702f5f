import type { Analysis, MetricAnalysis } from "#src/analysis/analysis";
import { ownMember } from "#src/kernel/record";
import { count, type Scale, scaleOf } from "./cell.ts";
import type { ChartLine, LinePoint } from "./chart.ts";
import type { Block } from "./report.ts";
import { metricIds } from "./results.ts";
import { MOST_LINES } from "./svg-lines.ts";

/** Conditions beside a sweep that are drawn as levels. */
const MOST_FLAT = 3;

type Condition = Analysis["conditions"][number];

/** A sweep as it is drawn: the factor of the horizontal axis, and a series for each combination of all others. */
interface Sweep {
  readonly factor: string;
  /** Names of the conditions of each series, by the value of the factor. */
  readonly series: ReadonlyMap<string, ReadonlyMap<number, number>>;
  /** Conditions without that factor. */
  readonly others: readonly number[];
}

/**
 * The sweep among conditions: the numeric factor with the most values, if every series has a condition of its own at each of its values.
 * Undefined where nothing is swept.
 */
export function sweepOf(conditions: readonly Condition[]): Sweep | undefined {
  const names = [...new Set(conditions.flatMap(({ factors }) => Object.keys(factors)))];
  const valuesOf = (name: string): unknown[] => conditions.map(({ factors }) => ownMember(factors, name));
  const numeric = names
    .map((name) => ({ name, values: valuesOf(name).filter((value) => value !== undefined) }))
    .filter(({ values }) => values.every((value) => typeof value === "number" && Number.isFinite(value)))
    .map(({ name, values }) => ({ name, distinct: new Set(values).size, all: values.length }))
    .filter(({ distinct, all }) => distinct >= 2 && all >= 3)
    .sort((a, b) => b.distinct - a.distinct);
  const factor = numeric[0]?.name;
  if (factor === undefined) return undefined;
  const series = new Map<string, Map<number, number>>();
  const others: number[] = [];
  for (const [place, { factors }] of conditions.entries()) {
    const value = ownMember(factors, factor) as number | undefined;
    if (value === undefined) {
      others.push(place);
      continue;
    }
    const label = seriesName(factors, factor);
    const own = series.get(label) ?? new Map<number, number>();
    if (own.has(value)) return undefined; // two conditions at one place are no line
    series.set(label, own.set(value, place));
  }
  const isDrawn = others.length <= MOST_FLAT && [...series.values()].some((own) => own.size > 1);
  return isDrawn ? { factor, series, others } : undefined;
}

/** The values of all other factors. A single one needs no name: it says itself. */
function seriesName(factors: Condition["factors"], swept: string): string {
  const rest = Object.entries(factors).filter(([name]) => name !== swept);
  if (rest.length === 1 && typeof rest[0]![1] === "string") return rest[0]![1];
  return rest.map(([name, value]) => `${name} = ${value}`).join(", ");
}

/** Each metric over the swept factor; the first stands open. */
export function sweepFigures({ conditions, metrics }: Analysis): Block[] {
  const sweep = sweepOf(conditions);
  if (!sweep) return [];
  const ids = metricIds(metrics, "sweep");
  return metrics.flatMap((metric, i) => sweepFigure(metric, ids[i]!, sweep, conditions, i > 0));
}

function sweepFigure(
  analysed: MetricAnalysis,
  id: string,
  { factor, series, others }: Sweep,
  conditions: readonly Condition[],
  folded: boolean,
): Block[] {
  const scale = scaleOf(analysed);
  const { metric, summaries } = analysed;
  const pointAt = (x: number, place: number): LinePoint | undefined => {
    const { value, interval } = summaries[place]!.estimate;
    if (!value.ok) return undefined;
    const ends = interval.ok
      ? { low: interval.value.low * scale.factor, high: interval.value.high * scale.factor }
      : {};
    return { x, y: value.value * scale.factor, ...ends };
  };
  const all = [...series].flatMap(([label, own]) => {
    const places = [...own].sort(([a], [b]) => a - b);
    const points = places.flatMap(([x, place]) => pointAt(x, place) ?? []);
    return points.length > 0 ? [{ label: label || metric.name, points, missing: places.length - points.length }] : [];
  });
  const way = metric.direction === "lower" ? 1 : -1;
  const last = ({ points }: { points: readonly LinePoint[] }): number => points.at(-1)!.y;
  const room = Math.max(1, MOST_LINES - others.length);
  const shown = all.length > room ? [...all].sort((a, b) => way * (last(a) - last(b))).slice(0, room) : all;
  const xs = shown.flatMap(({ points }) => points.map(({ x }) => x));
  if (new Set(xs).size < 2) return [];
  const [from, to] = [Math.min(...xs), Math.max(...xs)];
  const flat = others.flatMap((place, i): ChartLine[] => {
    const level = pointAt(from, place);
    if (!level) return [];
    const ends = [level, { ...level, x: to }];
    return [{ label: conditions[place]!.name, points: ends, colour: shown.length + i, isDashed: true, isFlat: true }];
  });
  const missing = shown.reduce((sum, one) => sum + one.missing, 0);
  const description = [
    `${metric.name} over ${factor}, ${shown.length === 1 ? "one series" : `${shown.length} series`}; shades or strokes are the intervals of the levels, each by itself: whether two conditions differ is said by their pair.`,
    ...(shown.length < all.length
      ? [`The ${shown.length} best at the largest ${factor}, of ${count(all.length)}.`]
      : []),
    ...(flat.length > 0 ? [`Dashed: conditions without ${factor}.`] : []),
    ...(missing > 0 ? [`${count(missing)} conditions without a value are left out.`] : []),
  ];
  return [
    {
      kind: "figure",
      folded,
      figure: {
        id: `figure-${id}`,
        title: `${metric.name} by ${factor}`,
        description: description.join(" "),
        chart: {
          type: "lines",
          x: { label: factor, log: from > 0 && to > 20 * from },
          y: yAxis(metric.name, scale),
          lines: [...shown.map(({ label, points }, colour) => ({ label, points, colour })), ...flat],
        },
      },
    },
  ];
}

const yAxis = (name: string, { unit }: Scale) => ({
  label: unit ? `${name} (${unit})` : name,
  log: false,
  ...(unit === "%" ? { least: 0, most: 100 } : {}),
});

/** How reliable conditions are: the chance that any of k repeats is right, and that all of them are. */
export function repeatsFigure({ metrics }: Analysis): Block[] {
  const metric = metrics.find(({ repeats }) => repeats !== undefined);
  const curves = metric?.repeats ?? [];
  if (!metric || curves.length === 0) return [];
  const drawn =
    curves.length <= MOST_LINES / 2
      ? curves
      : [...curves].sort((a, b) => b.points[0]!.any - a.points[0]!.any).slice(0, MOST_LINES / 2);
  const { name } = metric.metric;
  const items = new Set(drawn.map((curve) => curve.items));
  const most = Math.max(...drawn.map(({ points }) => points.length));
  const left = drawn.reduce((sum, { without }) => sum + without, 0);
  const lines = drawn.flatMap(({ condition, points }, colour): ChartLine[] => [
    { label: `${condition}, any of k`, points: points.map(({ any }, i) => ({ x: i + 1, y: 100 * any })), colour },
    {
      label: `${condition}, all of k`,
      points: points.map(({ all }, i) => ({ x: i + 1, y: 100 * all })),
      colour,
      isDashed: true,
    },
  ]);
  const description = [
    `Solid: pass@k, the chance that at least one of k repeats of an item is right. Dashed: pass^k, the chance that all of them are. Estimates without bias over ${items.size === 1 ? `${count([...items][0]!)} items` : "the items"} with ${most} repeats, without intervals.`,
    ...(drawn.length < curves.length
      ? [`The ${drawn.length} conditions with the highest ${name}, of ${count(curves.length)}.`]
      : []),
    ...(left > 0 ? [`Items with fewer answers are left out: ${count(left)} over these conditions.`] : []),
  ];
  return [
    {
      kind: "figure",
      figure: {
        id: "figure-repeats",
        title: `${name} over repeats`,
        description: description.join(" "),
        chart: {
          type: "lines",
          x: { label: "k repeats", log: false },
          y: { label: `${name} (%)`, log: false, least: 0, most: 100 },
          lines,
        },
      },
    },
  ];
}
