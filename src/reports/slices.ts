import type { Analysis, MetricAnalysis, SliceAnalysis, SlicedMetric } from "#src/analysis/analysis";
import {
  amount,
  count,
  countCell,
  differenceCell,
  estimateCell,
  levelCell,
  pCell,
  type Scale,
  scaleOf,
  textCell,
} from "./cell.ts";
import { cut } from "./cut.ts";
import type { Block, Column, ReportTable } from "./report.ts";
import { idOf, pCells } from "./results.ts";
import { correctionNames, toneOf, verdictWord } from "./words.ts";

/** Rows up to which a table is shown open. */
const OPEN_ROWS = 60;

/** Levels and pairs by one field of the items. @param s place of the field among those of the analysis */
export const slicesBlocks = ({ slices = [], metrics }: Pick<Analysis, "slices" | "metrics">, s: number): Block[] =>
  slices.slice(s, s + 1).flatMap((slice): Block[] => [
    { kind: "paragraph", text: sliceSentence(slice) },
    ...slice.metrics.flatMap((sliced, m): Block[] => {
      const analysed = metrics.find(({ metric }) => metric.name === sliced.metric);
      if (!analysed) return [];
      const id = (what: string): string => idOf(`slice-${s + 1}-${m + 1}-${what}`, slice.by, 0);
      const tables = [
        ...(slice.groups.length > 1 && sliced.interactions.length > 0
          ? [interactionTable(slice, sliced, id("interaction"))]
          : []),
        levelTable(slice, sliced, analysed, id("levels")),
        ...(sliced.comparisons.length > 0 ? [pairTable(slice, sliced, analysed, scaleOf(analysed), id("pairs"))] : []),
      ];
      return tables.map((table) => ({
        kind: "table" as const,
        table,
        ...(m > 0 || table.rows.length > OPEN_ROWS ? { folded: true } : {}),
      }));
    }),
  ]);

const short = (name: string): string => cut(name, 120);

function sliceSentence({ by, exploratory, groups }: SliceAnalysis): string {
  const how = exploratory
    ? "Exploratory: this was not decided before the first task, so what it finds is a question for other data."
    : "Decided before the first task.";
  return `By ${short(by)}: ${groups.length} ${groups.length === 1 ? "group" : "groups"} of items. ${how}`;
}

const text = (id: string, label: string): Column => ({ id, label, align: "left" });
const number = (id: string, label: string, description?: string): Column => ({
  id,
  label,
  align: "right",
  ...(description ? { description } : {}),
});

const marked = ({ exploratory }: SliceAnalysis): string => (exploratory ? " (exploratory)" : "");

function interactionTable(
  slice: SliceAnalysis,
  { metric, interactions, family }: SlicedMetric,
  id: string,
): ReportTable {
  return {
    id,
    caption: `${short(metric)}: does a difference depend on ${short(slice.by)}?${marked(slice)}`,
    columns: [
      text("condition", "Condition"),
      text("against", "Against"),
      number("f", "F"),
      text("df", "df"),
      number("p", "p"),
      number("p-adjusted", "Adjusted p"),
      number("groups", "Groups"),
      number("n", "Items"),
    ],
    rows: interactions.map(({ condition, against, f, df, p, pAdjusted, groups, n }) => ({
      key: { metric, condition, against },
      cells: [
        textCell(condition),
        textCell(against),
        levelCell(f, { factor: 1, decimals: 2, unit: "", differenceUnit: "" }),
        textCell(df.map(amount).join(", ")),
        pCell(p),
        pCell(pAdjusted),
        countCell(groups),
        countCell(n),
      ],
    })),
    notes: [
      `Test of the interaction: Cochran's Q over the differences of the groups, with Welch's correction for few items. Adjusted by ${correctionNames[family.correction]} over ${interactions.length} ${interactions.length === 1 ? "pair" : "pairs"}. A group that is alone significant is not a proof that it is another one than the rest; this test is.`,
    ],
  };
}

function levelTable(
  slice: SliceAnalysis,
  { metric, levels }: SlicedMetric,
  { kind, metric: definition }: MetricAnalysis,
  id: string,
): ReportTable {
  const scale = scaleOf({ metric: definition, kind, summaries: [] });
  const sized = slice.groups.reduce((most, { items }) => Math.max(most, items), 0);
  const decimals =
    scale.factor === 100 ? Math.max(1, Math.ceil(Math.log10(Math.max(sized, 1))) - 2) : decimalsOf(levels);
  return {
    id,
    caption: `${short(metric)}${scale.unit ? ` (${scale.unit})` : ""} by ${short(slice.by)}${marked(slice)}`,
    columns: [
      text("condition", "Condition"),
      number("n", "Items"),
      number("level", metric === "" ? "Level" : short(metric)),
    ],
    rows: levels.map(({ group, condition, n, estimate }) => ({
      key: { metric, condition },
      group: groupName(slice, group),
      cells: [textCell(condition), countCell(n), estimateCell(estimate, { ...scale, decimals })],
    })),
    notes: [],
  };
}

/** Digits for the largest level: four in all. */
function decimalsOf(levels: SlicedMetric["levels"]): number {
  const largest = levels.reduce(
    (most, { estimate }) => (estimate.value.ok ? Math.max(most, Math.abs(estimate.value.value)) : most),
    0,
  );
  return largest === 0 ? 1 : Math.min(8, Math.max(0, 3 - Math.floor(Math.log10(largest))));
}

const groupName = ({ by }: SliceAnalysis, group: string): string =>
  group === `without ${by}` ? short(group) : `${short(by)} = ${short(group)}`;

function pairTable(
  slice: SliceAnalysis,
  { metric, comparisons, family }: SlicedMetric,
  analysed: MetricAnalysis,
  scale: Scale,
  id: string,
): ReportTable {
  const tests = [...new Set(comparisons.map(({ test }) => test))];
  const unit = scale.differenceUnit ? ` (${scale.differenceUnit})` : "";
  return {
    id,
    caption: `${short(metric)}: pairs by ${short(slice.by)}${marked(slice)}`,
    columns: [
      text("condition", "Condition"),
      text("against", "Against"),
      number("difference", `Difference${unit}`),
      number("p", "p"),
      number("p-adjusted", "Adjusted p"),
      number("n", "Items"),
      ...(tests.length > 1 ? [text("test", "Test")] : []),
      text("conclusion", "Conclusion"),
    ],
    rows: comparisons.map((comparison) => ({
      key: { metric, field: analysed.metric.from, condition: comparison.condition, against: comparison.against },
      group: groupName(slice, comparison.group ?? ""),
      cells: [
        textCell(comparison.condition),
        textCell(comparison.against),
        differenceCell(comparison, scale),
        ...pCells(comparison),
        countCell(comparison.n),
        ...(tests.length > 1 ? [textCell(comparison.test)] : []),
        textCell(verdictWord(comparison), toneOf(comparison.verdict)),
      ],
    })),
    notes: [
      family.correction === "none"
        ? "P-values are not adjusted."
        : `Adjusted by ${correctionNames[family.correction]} over ${count(family.size)} ${family.size === 1 ? "test" : "tests"} of this field and metric: pairs and groups.`,
      ...(tests.length === 1 ? [`Test: ${tests[0]}.`] : []),
    ],
  };
}
