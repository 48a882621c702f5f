import type { CustomMetric, Metric, MetricOfMetrics, MetricOverRows, OverRow } from "#src/experiment/metrics";
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
 * A metric made from a condition's aggregates or from the rows of its tasks, bootstrapped as a whole, so that a ratio of means has the
 * interval of a ratio, and a correlation that of a correlation.
 */
export function customReading(
  custom: CustomMetric,
  metrics: readonly Metric[],
  pairs: readonly Pair[],
  table: Table,
  level: number,
  resamples: Resamples,
): { summaries: Summary[]; tested: Tested[] } {
  const from = custom.over ? "the rows of a condition's tasks" : "other metrics";
  const drawn = table.conditions.map((_, condition) =>
    custom.over === undefined
      ? drawnMade(custom, metrics, table, condition, resamples)
      : drawnOver(custom, table, condition, resamples),
  );
  const used = table.conditions.map((_, condition) =>
    custom.over === undefined ? undefined : table.over.rows(custom, condition).items,
  );
  return {
    summaries: table.conditions.map((condition, i) => summaryOf(condition, drawn[i]!, table, i, level, from, used[i])),
    tested: pairs.map((pair) => ({
      ...drawnDifference(drawn[pair.condition]!, drawn[pair.against]!, level, `${custom.name}, made from ${from},`),
      pair,
      condition: table.conditions[pair.condition]!,
      against: table.conditions[pair.against]!,
      design: "paired",
      ...usedItems(table, used[pair.condition], used[pair.against]),
    })),
  };
}

/** Items behind a pair: all, or those that have a row in either condition. */
function usedItems(
  table: Table,
  a: readonly number[] | undefined,
  b: readonly number[] | undefined,
): Pick<Tested, "n" | "dropped"> {
  const all = table.items.length;
  if (!a || !b) return { n: all, dropped: {} };
  const n = new Set([...a, ...b]).size;
  return { n, dropped: n === all ? {} : { "no row with every field": all - n } };
}

/** A metric over rows: in every draw the function gets the rows of the items drawn, as often as they were. */
function drawnOver(metric: MetricOverRows, table: Table, condition: number, resamples: Resamples): Drawn {
  const { fn, over } = metric;
  const { rows, items } = table.over.rows(metric, condition);
  if (rows.length === 0) return { value: err(`no task has ${over.join(" and ")}`), replicates: noReplicates };
  const { clusters } = table;
  const units = clusters ? items.map((item) => clusters[item]!) : items;
  let problem: string | undefined;
  const statistic = (weights: Uint8Array): number => {
    const sample: OverRow[] = [];
    rows.forEach((row, i) => {
      for (let times = weights[units[i]!]!; times > 0; times--) sample.push(row);
    });
    if (sample.length === 0) return Number.NaN;
    try {
      return fn(sample) ?? Number.NaN;
    } catch (thrown) {
      problem ??= `the function failed: ${thrown instanceof Error ? thrown.message : String(thrown)}`;
      return Number.NaN;
    }
  };
  const { value, replicates } = resamples.drawBy(statistic);
  return { value: quantity(value, problem ?? "the function gives no finite number for these rows"), replicates };
}

const noReplicates = (): Replicates => ({ drawn: new Float64Array(), leftOut: new Float64Array() });

/** The function gets every listed metric under its name and the mean of every field under its own. */
function drawnMade(
  { fn }: MetricOfMetrics,
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
function namesRead(fn: MetricOfMetrics["fn"], values: Numbers): string[] {
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
function call(fn: MetricOfMetrics["fn"], values: Numbers): number {
  try {
    return fn(values);
  } catch {
    return Number.NaN;
  }
}

function summaryOf(
  condition: string,
  drawn: Drawn,
  table: Table,
  place: number,
  level: number,
  from: string,
  used: readonly number[] | undefined,
): Summary {
  const none = err(`made from ${from}`);
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
    n: used ? new Set(used).size : table.items.length,
    tasks: used ? used.length : table.counts(place).succeeded,
    estimate: drawnEstimate(drawn, level),
    ...parts,
  };
}
