import type { Comparison, MetricAnalysis } from "#src/analysis/analysis";
import type { RunComparison } from "#src/app/results/compare";
import type { ItemChange, ItemChanges, ItemSide } from "#src/app/results/item-changes";
import { count, differenceCell, estimateCell, pCell, scaleOf, valueWords } from "#src/reports/cell";
import { bareName, meaning, whyNotTested } from "#src/reports/pair-words";
import { metricLabel } from "#src/reports/results";
import { label } from "#src/reports/svg-parts";
import { columns } from "./columns.ts";

/** One metric of two runs as a table: each condition under both, the difference, and what that says in words. */
export function pairLines(metric: MetricAnalysis, { runs }: RunComparison): string[] {
  const scale = scaleOf(metric);
  const ids = runs.map(({ experimentId }) => experimentId);
  const level = (name: string): string => {
    const summary = metric.summaries.find(({ condition }) => condition === name);
    return summary ? estimateCell(summary.estimate, scale).text : "-";
  };
  const rows = metric.comparisons.map((pair) => [
    bareName(pair.condition, ids),
    level(pair.against),
    level(pair.condition),
    differenceCell(pair, scale).text,
    pair.pAdjusted.ok ? pCell(pair.pAdjusted, pair.pIsBound).text : "-",
    count(pair.n),
    meaning(pair, scale),
  ]);
  const reasons = new Set(metric.comparisons.map((pair) => (pair.verdict === "not tested" ? whyNotTested(pair) : "")));
  const heads = ["Condition", "A", "B", "B minus A", "Adjusted p", "Items", "What it says"];
  return [
    `${metricLabel(metric, scale)}${scale.differenceUnit && scale.differenceUnit !== scale.unit ? `, differences in ${scale.differenceUnit}` : ""}`,
    ...columns(heads, rows, [1, 2, 3, 4, 5]).map((line) => `  ${line}`),
    ...[...reasons].filter(Boolean).map((reason) => `  Not tested: ${reason}.`),
    ...leftOut(metric.comparisons, ids),
  ];
}

function leftOut(comparisons: readonly Comparison[], ids: readonly string[]): string[] {
  const said = comparisons.flatMap(({ condition, dropped }) => {
    const reasons = Object.entries(dropped).map(([reason, items]) => `${count(items)} ${reason}`);
    return reasons.length > 0 ? [`${bareName(condition, ids)} ${reasons.join(", ")}`] : [];
  });
  return said.length > 0 ? [`  Items left out: ${said.join("; ")}.`] : [];
}

/**
 * Item by item: how many changed, and those that changed most.
 *
 * @param most changes that are listed
 */
export function changeLines(changed: ItemChanges, most: number): string[] {
  const { metric, direction, counts, changes, omitted, unread } = changed;
  const [rose, fell] = direction === "none" ? (["higher", "lower"] as const) : (["better", "worse"] as const);
  const head = ["Condition", `B ${rose}`, `B ${fell}`, "Other answer, same value", "Same", "In one run alone"];
  const rows = counts.map((own) => [
    own.condition,
    ...[own[rose], own[fell], own.answer, own.same, own.alone].map((n) => count(n)),
  ]);
  const listed = changes.slice(0, most);
  const more = changes.length + omitted - listed.length;
  return [
    `Item by item, ${metric}:`,
    ...columns(head, rows, [1, 2, 3, 4, 5]).map((line) => `  ${line}`),
    ...(listed.length > 0 ? [""] : []),
    ...columns(["Item", "Condition", "A", "B"], listed.map(rowOf)).map((line) => `  ${line}`),
    ...(more > 0
      ? [
          `  ${count(more)} more ${more === 1 ? "change" : "changes"}: crucible compare --items <n>, or crucible view, where two runs are compared`,
        ]
      : []),
    ...(unread > 0 ? [`  ${count(unread)} more items were not read`] : []),
  ];
}

const rowOf = ({ item, condition, sides }: ItemChange): string[] => [
  label(item),
  label(condition),
  ...sides.map(sideWords),
];

/** A value with the beginning of its answer. */
const sideWords = (side: ItemSide | undefined): string =>
  side === undefined
    ? "-"
    : `${side.value === null ? side.status.replaceAll("_", " ") : valueWords(side.value)} ${label(side.text)}`.trimEnd();
