import type { Analysis, Comparison, Family, MetricAnalysis, Omnibus } from "#src/analysis/analysis";
import { mapInSteps, type Steps } from "#src/kernel/steps";
import {
  absentCell,
  count,
  countCell,
  differenceCell,
  effectCell,
  estimateCell,
  fixed,
  levelCell,
  pCell,
  type Scale,
  scaleOf,
  textCell,
} from "./cell.ts";
import type { Cell, Column, ReportTable, TableRow } from "./report.ts";
import { arrow, betterWords, conclusion, correctionOf, listed, sameWord, toneOf, verdictWord } from "./words.ts";

const left = (id: string, label: string, description?: string): Column => ({
  id,
  label,
  align: "left",
  ...(description ? { description } : {}),
});
const right = (id: string, label: string, description?: string): Column => ({
  id,
  label,
  align: "right",
  ...(description ? { description } : {}),
});

/** Name of a metric with its unit and the way that is better: `latency_p99 (ms) ↓`. */
export function metricLabel({ metric, kind }: Pick<MetricAnalysis, "metric" | "kind">, scale: Scale): string {
  const unit = scale.unit || (kind === "custom" ? "" : metric.unit) || "";
  return `${metric.name}${unit ? ` (${unit})` : ""}${arrow(metric)}`;
}

/** An id made of words: letters, digits and hyphens. Distinct names stay distinct by their place. */
export const idOf = (prefix: string, name: string, place: number): string => {
  const slug = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 40);
  return `${prefix}-${slug || "metric"}${place > 0 ? `-${place + 1}` : ""}`;
};

/** Ids of all metrics, distinct. */
export function metricIds(metrics: readonly MetricAnalysis[], prefix: string): string[] {
  const seen = new Map<string, number>();
  return metrics.map(({ metric }) => {
    const plain = idOf(prefix, metric.name, 0);
    const before = seen.get(plain) ?? 0;
    seen.set(plain, before + 1);
    return idOf(prefix, metric.name, before);
  });
}

/** One row a condition, one column a metric: its level with the interval. */
export function resultsTable({ conditions, metrics, options }: Analysis): ReportTable {
  const scales = metrics.map(scaleOf);
  return {
    id: "results",
    caption: `Results by condition, with ${Math.round(options.confidenceInterval * 1000) / 10} % intervals`,
    columns: [
      left("condition", "Condition"),
      right("n", "Items", "Items with a value of the first metric"),
      ...metrics.map((metric, i) => ({
        ...right(`metric-${i + 1}`, metricLabel(metric, scales[i]!), betterWords(metric.metric)),
        metric: metric.metric.name,
      })),
    ],
    rows: groupedConditions(conditions, options).map(({ c, group }) => ({
      key: { condition: conditions[c]!.name },
      ...(group === undefined ? {} : { group }),
      cells: [
        textCell(conditions[c]!.name),
        countCell(metrics[0]?.summaries[c]?.n ?? 0),
        ...metrics.map((metric, i) => estimateCell(metric.summaries[c]!.estimate, scales[i]!)),
      ],
    })),
    notes: [intervalNote(metrics)],
  };
}

/** Places of conditions, those of one group together where pairs are compared within a factor. */
function groupedConditions(
  conditions: Analysis["conditions"],
  { pairs }: Analysis["options"],
): { c: number; group?: string }[] {
  if (!pairs) return conditions.map((_, c) => ({ c }));
  const named = conditions.map(({ factors }, c) => ({
    c,
    group: `${pairs.within} = ${factors[pairs.within] ?? "none"}`,
  }));
  const order = [...new Set(named.map(({ group }) => group))];
  return named.sort((a, b) => order.indexOf(a.group) - order.indexOf(b.group));
}

function intervalNote(metrics: readonly MetricAnalysis[]): string {
  const methods = metrics.flatMap(({ metric, summaries }) => {
    const first = summaries.find(({ estimate }) => estimate.interval.ok)?.estimate.interval;
    return first?.ok ? [`${metric.name} by ${first.value.method}`] : [];
  });
  const reasons = metrics.flatMap(({ metric, summaries }) => {
    if (summaries.some(({ estimate }) => estimate.interval.ok)) return [];
    const [without] = summaries.filter(({ estimate }) => estimate.value.ok);
    return without && !without.estimate.interval.ok ? [`${metric.name} (${without.estimate.interval.error})`] : [];
  });
  const without = reasons.length > 0 ? `No interval: ${reasons.join("; ")}.` : "";
  if (methods.length === 0) return without || "No interval could be given.";
  const cautions = metrics.flatMap(({ metric, summaries }) => {
    const marked = summaries.filter(({ caution }) => caution !== undefined);
    const names = marked.map(({ condition }) => condition);
    return marked.length > 0 ? [` Caution: ${metric.name} of ${listed(names)}: ${marked[0]!.caution}.`] : [];
  });
  return `Intervals: ${methods.join("; ")}.${without && ` ${without}`}${cautions.join("")}`;
}

/** Every pair on one metric, a row a step. */
export function* comparisonsTable(analysed: MetricAnalysis, id: string, family: Family): Steps<ReportTable> {
  const scale = scaleOf(analysed);
  const unit = scale.differenceUnit ? ` (${scale.differenceUnit})` : "";
  const effects = [...new Set(analysed.comparisons.map(({ effect }) => effect.name))];
  const tests = [...new Set(analysed.comparisons.map(({ test }) => test))];
  const checked = analysed.comparisons.some(({ check }) => check);
  const equivalence = analysed.comparisons.some((comparison) => comparison.equivalence);
  return {
    id,
    caption: `${analysed.metric.name}: all pairs that were compared`,
    columns: [
      left("condition", "Condition"),
      left("against", "Against"),
      right(
        "difference",
        `Difference${unit}${arrow(analysed.metric)}`,
        `Condition minus against, ${family.intervals}; ${betterWords(analysed.metric)}`,
      ),
      right("p", "p"),
      right("p-adjusted", "Adjusted p"),
      ...(checked ? [right("check", "Check p", "A second test that assumes less")] : []),
      right("effect", effects.length === 1 ? effects[0]! : "Effect size"),
      ...(equivalence
        ? [right("equivalence", "Equivalence p", "Whether the difference lies within the margin (TOST), adjusted")]
        : []),
      right("n", "Items"),
      ...(tests.length > 1 ? [left("test", "Test")] : []),
      left("conclusion", "Conclusion"),
    ],
    rows: yield* mapInSteps(analysed.comparisons, (comparison) =>
      comparisonRow(comparison, analysed, scale, { checked, equivalence, test: tests.length > 1 }),
    ),
    notes: [
      ...testNotes(analysed.comparisons),
      ...pairingNotes(analysed.comparisons),
      family.correction === "none"
        ? "P-values are not adjusted."
        : `Adjusted by ${correctionOf(family, analysed.metric.name)} over ${count(family.size)} ${family.size === 1 ? "test" : "tests"}. Intervals of differences: ${family.intervals}.`,
      ...[...new Set(analysed.comparisons.flatMap(({ caution }) => (caution ? [`Caution: ${caution}.`] : [])))],
      ...droppedNotes(analysed.comparisons),
    ],
  };
}

/** Why a pair that differs by one amount has no p in a table: its verdict follows from the number of items alone. */
const sameWhy = (same: NonNullable<Comparison["same"]>): string =>
  same.by === 0 ? sameWord(same) : "always the same difference";

/** p and adjusted p of a pair. */
export const pCells = ({ p, pAdjusted, pIsBound, same }: Comparison): Cell[] =>
  [p, pAdjusted].map((one) => (same ? absentCell(sameWhy(same)) : pCell(one, pIsBound)));

function comparisonRow(
  comparison: Comparison,
  { metric }: MetricAnalysis,
  scale: Scale,
  shown: { readonly checked: boolean; readonly equivalence: boolean; readonly test: boolean },
): TableRow {
  const { condition, against, check, equivalence, n, test, group, same } = comparison;
  return {
    key: { metric: metric.name, field: metric.from, condition, against, test },
    ...(group === undefined ? {} : { group }),
    cells: [
      textCell(condition),
      textCell(against),
      differenceCell(comparison, scale),
      ...pCells(comparison),
      ...(shown.checked ? [check && !same ? pCell(check.p, check.pIsBound) : absentCell("none")] : []),
      effectCell(comparison),
      ...(shown.equivalence ? [equivalence ? pCell(equivalence.pAdjusted) : absentCell("no margin")] : []),
      countCell(n),
      ...(shown.test ? [textCell(test)] : []),
      textCell(verdictWord(comparison), comparison.otherwise ? "none" : toneOf(comparison.verdict)),
    ],
  };
}

/** Each test once, with the reason why it was chosen. */
function testNotes(comparisons: readonly Comparison[]): string[] {
  const seen = new Map<string, string>();
  for (const { test, why, check } of comparisons)
    seen.set(test, `Test: ${test}, because ${why}.${check ? ` Check: ${check.test}.` : ""}`);
  return [...seen.values()];
}

/** What it is worth that both conditions did the same items. */
function pairingNotes(comparisons: readonly Comparison[]): string[] {
  const pairs = comparisons.flatMap(({ pairing, same }) => (pairing?.correlation.ok && !same ? [pairing] : []));
  if (pairs.length === 0) return [];
  const correlations = pairs.map(({ correlation }) => (correlation.ok ? correlation.value : 0));
  const ratios = pairs.map(({ standardError, standardErrorUnpaired }) => standardError / standardErrorUnpaired);
  return [
    `Pairing by item: conditions correlate by ${span(correlations)} over items, so that standard errors are ${span(ratios)} times those of different items.`,
  ];
}

/** The least and the largest with two digits, once where they are the same. */
function span(values: readonly number[]): string {
  const [least, most] = [Math.min(...values), Math.max(...values)].map((value) => fixed(value, 2));
  return least === most ? least! : `${least} to ${most}`;
}

export function droppedNotes(comparisons: readonly Comparison[]): string[] {
  const worst: Record<string, number> = {};
  for (const { dropped } of comparisons) {
    for (const [reason, items] of Object.entries(dropped)) worst[reason] = Math.max(worst[reason] ?? 0, items);
  }
  const parts = Object.entries(worst).filter(([, items]) => items > 0);
  if (parts.length === 0) return ["No item was left out."];
  return [`Items left out of a pair, at most: ${parts.map(([reason, items]) => `${items} ${reason}`).join(", ")}.`];
}

/** All sentences about the pairs of a metric. */
export const conclusions = (analysed: MetricAnalysis): string[] => {
  const scale = scaleOf(analysed);
  return analysed.comparisons.map((comparison) => `${conclusion(comparison, scale)}.`);
};

/** The tests over more than two conditions. */
export function omnibusTable(metrics: readonly MetricAnalysis[]): ReportTable | undefined {
  const all = metrics.flatMap((analysed) => analysed.omnibus.map((test) => ({ name: analysed.metric.name, test })));
  if (all.length === 0) return undefined;
  const grouped = all.some(({ test }) => test.group !== undefined);
  return {
    id: "omnibus",
    caption: "Do the conditions differ at all? One test over all conditions",
    columns: [
      left("metric", "Metric"),
      ...(grouped ? [left("group", "Within")] : []),
      left("test", "Test"),
      right("statistic", "Statistic"),
      right("df", "df"),
      right("p", "p"),
      right("conditions", "Conditions"),
      right("n", "Items"),
    ],
    rows: all.map(({ name, test }) => ({ key: { metric: name }, cells: omnibusCells(name, test, grouped) })),
    notes: [...new Set(all.map(({ test }) => `${test.test}: because ${test.why}.`))],
  };
}

const plainNumber: Scale = { factor: 1, decimals: 2, unit: "", differenceUnit: "" };

const omnibusCells = (name: string, test: Omnibus, grouped: boolean): Cell[] => [
  textCell(name),
  ...(grouped ? [textCell(test.group ?? "all")] : []),
  textCell(test.test),
  levelCell(test.statistic, plainNumber),
  textCell(test.df.map((df) => (Number.isInteger(df) ? String(df) : fixed(df, 2))).join(", ")),
  pCell(test.p),
  countCell(test.conditions),
  countCell(test.n),
];

/** Descriptives of one metric over items. */
export function descriptivesTable(analysed: MetricAnalysis, id: string): ReportTable {
  const scale = scaleOf(analysed);
  const { metric, summaries } = analysed;
  const repeated = summaries.some(({ sdWithin }) => sdWithin.ok);
  const parts = [
    "mean",
    "sd",
    ...(repeated ? (["sdWithin"] as const) : []),
    ...(["sem", "min", "p25", "median", "p75", "p95", "p99", "max"] as const),
  ] as const;
  return {
    id,
    caption: `${metric.from}${scale.unit ? ` (${scale.unit})` : ""}: distribution over items`,
    columns: [
      left("condition", "Condition"),
      right("n", "Items"),
      right("tasks", "Tasks"),
      ...parts.map((part) => (part === "sdWithin" ? right("sd-within", "sd within items") : right(part, part))),
    ],
    rows: summaries.map((summary) => ({
      key: { metric: metric.name, condition: summary.condition },
      cells: [
        textCell(summary.condition),
        countCell(summary.n),
        countCell(summary.tasks),
        ...parts.map((part) => levelCell(summary[part], scale)),
      ],
    })),
    notes: [
      repeated
        ? "Repeats are averaged within the item first. sd is that of items, sd within items that of repeats around their item: more repeats reduce only the second."
        : "Repeats are averaged within the item first.",
    ],
  };
}
