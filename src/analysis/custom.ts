import type { CustomMetric, Metric } from "#src/experiment/metrics";
import { err } from "#src/kernel/result";
import { statisticOf } from "./aggregate.ts";
import type { Summary } from "./analysis.ts";
import { type Drawn, drawnDifference, drawnEstimate } from "./bootstrap.ts";
import type { Tested } from "./compare.ts";
import type { Pair } from "./pairs.ts";
import { quantity } from "./quantity.ts";
import type { DrawnStatistic, Replicates, Resamples } from "./resample.ts";
import type { Table } from "./table.ts";

type Numbers = Readonly<Record<string, number>>;

/**
 * A metric made from a condition's aggregates: the function gets every listed metric under its name and the mean of every field under
 * its own, and is bootstrapped as a whole, so that a ratio of means has the interval of a ratio.
 */
export function customReading(
  custom: CustomMetric,
  metrics: readonly Metric[],
  pairs: readonly Pair[],
  table: Table,
  level: number,
  resamples: Resamples,
): { summaries: Summary[]; tested: Tested[] } {
  const drawn = table.conditions.map((_, condition) => drawnCustom(custom, metrics, table, condition, resamples));
  const n = table.items.length;
  return {
    summaries: table.conditions.map((condition, i) => summaryOf(condition, drawn[i]!, table, i, level)),
    tested: pairs.map((pair) => ({
      ...drawnDifference(
        drawn[pair.condition]!,
        drawn[pair.against]!,
        level,
        `${custom.name}, made from other metrics,`,
      ),
      pair,
      condition: table.conditions[pair.condition]!,
      against: table.conditions[pair.against]!,
      design: "paired",
      n,
      dropped: {},
    })),
  };
}

function drawnCustom(
  { fn }: CustomMetric,
  metrics: readonly Metric[],
  table: Table,
  condition: number,
  resamples: Resamples,
): Drawn {
  const parts: Record<string, { field: string; aggregate: Metric["aggregate"] }> = {};
  for (const field of table.fields) parts[field] = { field, aggregate: "mean" };
  for (const { name, from, aggregate } of metrics) parts[name] = { field: from, aggregate };
  const drawn = Object.entries(parts).flatMap(([name, { field, aggregate }]): [string, DrawnStatistic][] => {
    const column = table.column(condition, field);
    return column.length === 0
      ? []
      : [[name, resamples.draw(`${field}/${aggregate}/missing/${condition}`, column, statisticOf(aggregate))]];
  });
  const values = Object.fromEntries(drawn.map(([name, { value }]) => [name, value]));
  const read = namesRead(fn, values);
  return {
    value: quantity(call(fn, values), "the function gives no finite number"),
    replicates: () => {
      const used = drawn
        .filter(([name]) => read.includes(name))
        .map(([name, statistic]) => [name, statistic.replicates()] as const);
      const over = (side: keyof Replicates, length: number): Float64Array =>
        Float64Array.from({ length }, (_, i) =>
          call(fn, {
            ...values,
            ...Object.fromEntries(used.map(([name, replicates]) => [name, replicates[side][i]!])),
          }),
        );
      return { drawn: over("drawn", resamples.draws), leftOut: over("leftOut", used[0]?.[1].leftOut.length ?? 0) };
    },
    ...(read.length === 0 ? { unfit: "it reads no metric" } : {}),
  };
}

/** The names that the function looks at. */
function namesRead(fn: CustomMetric["fn"], values: Numbers): string[] {
  const names = new Set<string>();
  const watched = new Proxy(values, {
    get: (target, name) => {
      if (typeof name === "string" && name in target) names.add(name);
      return Reflect.get(target, name) as number;
    },
  });
  call(fn, watched);
  return [...names];
}

/** NaN when the function throws: its author may not have thought of a condition without values. */
function call(fn: CustomMetric["fn"], values: Numbers): number {
  try {
    return fn(values);
  } catch {
    return Number.NaN;
  }
}

function summaryOf(condition: string, drawn: Drawn, table: Table, place: number, level: number): Summary {
  const none = err("made from other metrics");
  const parts = {
    mean: none,
    sd: none,
    sem: none,
    sdWithin: none,
    median: none,
    min: none,
    max: none,
    p25: none,
    p75: none,
    p95: none,
    p99: none,
  };
  return {
    condition,
    n: table.items.length,
    tasks: table.counts(place).succeeded,
    estimate: drawnEstimate(drawn, level),
    ...parts,
  };
}
