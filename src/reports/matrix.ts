import type { Comparison, MetricAnalysis } from "#src/analysis/analysis";
import { absentCell, differenceCell, level, p, type Scale, scaleOf, textCell } from "./cell.ts";
import type { Cell, ReportTable } from "./report.ts";
import { sameWord, turned } from "./words.ts";

/** The groups in which pairs were compared, with their conditions in the order of the report. */
export function groupsOf({ comparisons, summaries }: MetricAnalysis): { group: string | undefined; names: string[] }[] {
  const groups = new Map<string | undefined, Set<string>>();
  for (const { group, condition, against } of comparisons) {
    const members = groups.get(group) ?? new Set();
    groups.set(group, members.add(condition).add(against));
  }
  return [...groups].map(([group, members]) => ({
    group,
    names: summaries.map(({ condition }) => condition).filter((name) => members.has(name)),
  }));
}

/** Groups that make a square worth printing: more than a pair, and no wider than a page. */
export const squareGroups = (analysed: MetricAnalysis): ReturnType<typeof groupsOf> =>
  groupsOf(analysed).filter(({ names }) => names.length > 2 && names.length <= WIDEST);

/** Conditions beyond which a square is no longer read; the list of pairs has them all. */
const WIDEST = 16;

/** Finds the comparison of two conditions, seen from the first. */
export function pairOf(comparisons: readonly Comparison[], condition: string, against: string): Comparison | undefined {
  const found = comparisons.find((one) => one.condition === condition && one.against === against);
  if (found) return found;
  const other = comparisons.find((one) => one.condition === against && one.against === condition);
  return other && turned(other);
}

/** All pairs of a metric as squares, one per group: row minus column, with the adjusted p. Only for groups of a fitting size. */
export function matrixTables(analysed: MetricAnalysis, id: string): ReportTable[] {
  const scale = scaleOf(analysed);
  const groups = squareGroups(analysed);
  return groups.map(({ group, names }, g) => ({
    id: `${id}-matrix${groups.length > 1 ? `-${g + 1}` : ""}`,
    caption: `${analysed.metric.name}${group ? ` at ${group}` : ""}: row minus column${scale.differenceUnit ? ` (${scale.differenceUnit})` : ""}, adjusted p`,
    columns: [
      { id: "condition", label: "Row", align: "left" },
      ...names.map((name, i) => ({ id: `column-${i + 1}`, label: name, align: "right" as const })),
    ],
    rows: names.map((row) => ({
      key: { metric: analysed.metric.name, condition: row },
      cells: [textCell(row), ...names.map((column) => matrixCell(analysed.comparisons, row, column, scale))],
    })),
    notes: [],
  }));
}

function matrixCell(comparisons: readonly Comparison[], row: string, column: string, scale: Scale): Cell {
  if (row === column) return textCell("");
  const pair = pairOf(comparisons, row, column);
  if (!pair?.difference.value.ok)
    return absentCell(pair?.difference.value.ok === false ? pair.difference.value.error : "not compared");
  const { value } = pair.difference.value;
  if (pair.same) return value === 0 ? textCell(sameWord(pair.same)) : differenceCell(pair, scale);
  const adjusted = pair.pAdjusted.ok ? ` (p ${p(pair.pAdjusted.value, pair.pIsBound)})` : "";
  return { kind: "number", text: `${value > 0 ? "+" : ""}${level(value, scale)}${adjusted}`, value };
}
