import type { CustomMetric, Metric, MetricOfMetrics, MetricOverRows, OverRow } from "#src/experiment/metrics";
import { err } from "#src/kernel/result";
import type { Steps } from "#src/kernel/steps";
import { statisticOf } from "./aggregate.ts";
import type { Summary } from "./analysis.ts";
import { type Drawn, drawnEstimate, type SwappedPair, swappedDifference } from "./bootstrap.ts";
import type { Tested } from "./compare.ts";
import type { Pair } from "./pairs.ts";
import { quantity } from "./quantity.ts";
import type { DrawnStatistic, Replicates, Resamples } from "./resample.ts";
import { membersOf, swapStatistic } from "./swap-statistic.ts";
import { noSwaps, type Swapped, swapOf } from "./swap-test.ts";
import type { Table } from "./table.ts";
import type { TestSetting } from "./test-outcome.ts";

type Numbers = Readonly<Record<string, number>>;

/**
 * A metric made from a condition's aggregates or from the rows of its tasks, bootstrapped as a whole, so that a ratio of means has the
 * interval of a ratio, and a correlation that of a correlation.
 *
 * @param worst whether failed tasks are counted in the columns of the table
 */
export function* customReading(
  custom: CustomMetric,
  metrics: readonly Metric[],
  pairs: readonly Pair[],
  table: Table,
  setting: TestSetting,
  resamples: Resamples,
  worst = false,
): Steps<{ summaries: Summary[]; tested: Tested[] }> {
  const from = custom.over ? "the rows of a condition's tasks" : "other metrics";
  const drawn = table.conditions.map((_, condition) =>
    custom.over === undefined
      ? drawnMade(custom, metrics, table, condition, resamples, worst)
      : drawnOver(custom, table, condition, resamples),
  );
  const used = table.conditions.map((_, condition) =>
    custom.over === undefined ? undefined : table.over.rows(custom, condition).items,
  );
  const summaries: Summary[] = [];
  for (const [i, condition] of table.conditions.entries())
    summaries.push(yield* summaryOf(condition, drawn[i]!, table, i, setting.confidenceInterval, from, used[i]));
  const tested: Tested[] = [];
  for (const pair of pairs) {
    yield;
    tested.push({
      ...(yield* swappedDifference(
        {
          a: drawn[pair.condition]!.value,
          b: drawn[pair.against]!.value,
          unfit: drawn[pair.condition]!.unfit ?? drawn[pair.against]!.unfit,
          what: `${custom.name}, made from ${from},`,
          sameReplies: table.sameReplies(pair.condition, pair.against) ? table.items.length : undefined,
          ...(custom.over === undefined
            ? swappedMade(custom, metrics, table, pair, resamples)
            : swappedOver(custom, table, pair, resamples)),
        },
        setting,
      )),
      pair,
      condition: table.conditions[pair.condition]!,
      against: table.conditions[pair.against]!,
      design: "paired",
      ...usedItems(table, used[pair.condition], used[pair.against]),
    });
  }
  return { summaries, tested };
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
    return callOver(fn, sample, (thrown) => {
      problem ??= failedWords(thrown);
    });
  };
  const { value, replicates } = resamples.drawBy(statistic);
  return { value: quantity(value, problem ?? "the function gives no finite number for these rows"), replicates };
}

const failedWords = (thrown: unknown): string =>
  `the function failed: ${thrown instanceof Error ? thrown.message : String(thrown)}`;

/** NaN for no rows, and where the function gives nothing or throws. */
function callOver(
  fn: MetricOverRows["fn"],
  rows: readonly OverRow[],
  onThrow: (thrown: unknown) => void = () => {},
): number {
  if (rows.length === 0) return Number.NaN;
  try {
    return fn(rows) ?? Number.NaN;
  } catch (thrown) {
    onThrow(thrown);
    return Number.NaN;
  }
}

/** A metric over rows under swapped labels: the rows of a unit change sides together. */
function swappedOver(
  metric: MetricOverRows,
  table: Table,
  { condition, against }: Pair,
  { unitOf, units }: Resamples,
): Pick<SwappedPair, "statistic" | "members"> {
  const [a, b] = [table.over.rows(metric, condition), table.over.rows(metric, against)];
  const unit = (item: number): number => (unitOf ? unitOf[item]! : item);
  const swapped: Swapped = (mask) => {
    const sides: [OverRow[], OverRow[]] = [[], []];
    a.rows.forEach((row, i) => {
      sides[swapOf(mask, unit(a.items[i]!)) as 0 | 1].push(row);
    });
    b.rows.forEach((row, i) => {
      sides[(1 - swapOf(mask, unit(b.items[i]!))) as 0 | 1].push(row);
    });
    return [callOver(metric.fn, sides[0]), callOver(metric.fn, sides[1])];
  };
  const lists = [a, b].map(({ items }) => [{ items: Uint32Array.from(items) }]);
  return {
    statistic: { swapped, cost: COST_OF_A_ROW * (a.rows.length + b.rows.length) },
    members: membersOf(lists[0]!, lists[1]!, unitOf, units),
  };
}

/** What a function does with a row, in looks at a number. */
const COST_OF_A_ROW = 20;

/** A metric made from others under swapped labels: each aggregate that it reads is made again on both sides. */
function swappedMade(
  { fn }: MetricOfMetrics,
  metrics: readonly Metric[],
  table: Table,
  { condition, against }: Pair,
  { unitOf, units }: Resamples,
): Pick<SwappedPair, "statistic" | "members"> {
  const unswapped = noSwaps(units);
  const parts = Object.entries(partsOf(metrics, table)).map(([name, { field, aggregate }]) => {
    const [a, b] = [table.column(condition, field), table.column(against, field)];
    return { name, a, b, ...swapStatistic(a, b, statisticOf(aggregate), unitOf, units) };
  });
  const plain = parts.map(({ swapped }) => swapped(unswapped));
  const values = ([0, 1] as const).map((side) =>
    Object.fromEntries(
      parts.flatMap(({ name, a, b }, i) => ((side === 0 ? a : b).length === 0 ? [] : [[name, plain[i]![side]]])),
    ),
  );
  const read = new Set(values.flatMap((numbers) => namesRead(fn, numbers)));
  const used = parts.filter(({ name }) => read.has(name));
  return {
    statistic: {
      swapped: (mask) => {
        const [a, b] = [{ ...values[0]! }, { ...values[1]! }];
        for (const { name, swapped } of used) [a[name], b[name]] = swapped(mask);
        return [call(fn, a), call(fn, b)];
      },
      cost: used.reduce((cost, part) => cost + part.cost, 1),
    },
    members: membersOf(
      used.map(({ a }) => a),
      used.map(({ b }) => b),
      unitOf,
      units,
    ),
  };
}

function* noReplicates(): Steps<Replicates> {
  yield;
  return { drawn: new Float64Array(), leftOut: new Float64Array() };
}

/** The function gets every listed metric under its name and the mean of every field under its own. */
function drawnMade(
  { fn }: MetricOfMetrics,
  metrics: readonly Metric[],
  table: Table,
  condition: number,
  resamples: Resamples,
  worst: boolean,
): Drawn {
  const drawn = Object.entries(partsOf(metrics, table)).flatMap(
    ([name, { field, aggregate }]): [string, DrawnStatistic][] => {
      const column = table.column(condition, field);
      return column.length === 0
        ? []
        : [
            [
              name,
              resamples.draw(
                `${field}/${aggregate}/${worst ? "worst" : "missing"}/${condition}`,
                column,
                statisticOf(aggregate),
              ),
            ],
          ];
    },
  );
  const values = Object.fromEntries(drawn.map(([name, { value }]) => [name, value]));
  const read = namesRead(fn, values);
  let problem: string | undefined;
  const value = call(fn, values, (thrown) => {
    problem = failedWords(thrown);
  });
  return {
    value: quantity(value, problem ?? "the function gives no finite number"),
    *replicates() {
      const used: [string, Replicates][] = [];
      for (const [name, statistic] of drawn) if (read.includes(name)) used.push([name, yield* statistic.replicates()]);
      const over = (side: keyof Replicates, length: number): Float64Array =>
        Float64Array.from({ length }, (_, i) =>
          call(fn, {
            ...values,
            ...Object.fromEntries(used.map(([name, replicates]) => [name, replicates[side][i]!])),
          }),
        );
      return { drawn: over("drawn", resamples.draws), leftOut: over("leftOut", used[0]?.[1].leftOut.length ?? 0) };
    },
    ...(read.length === 0 ? { unfit: "the function reads no metric" } : {}),
  };
}

/** The numbers that a function may read, by name. */
function partsOf(
  metrics: readonly Metric[],
  table: Table,
): Record<string, { field: string; aggregate: Metric["aggregate"] }> {
  const parts: Record<string, { field: string; aggregate: Metric["aggregate"] }> = {};
  for (const field of table.fields) parts[field] = { field, aggregate: "mean" };
  for (const { name, from, aggregate } of metrics) parts[name] = { field: from, aggregate };
  return parts;
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
function call(fn: MetricOfMetrics["fn"], values: Numbers, onThrow: (thrown: unknown) => void = () => {}): number {
  try {
    return fn(values);
  } catch (thrown) {
    onThrow(thrown);
    return Number.NaN;
  }
}

function* summaryOf(
  condition: string,
  drawn: Drawn,
  table: Table,
  place: number,
  level: number,
  from: string,
  used: readonly number[] | undefined,
): Steps<Summary> {
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
    estimate: yield* drawnEstimate(drawn, level, table.clusterCount),
    ...parts,
  };
}
