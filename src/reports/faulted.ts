import type { Analysis, Comparison, FaultedCondition, MetricAnalysis } from "#src/analysis/analysis";
import { isDifferent } from "#src/analysis/verdict";
import {
  absentCell,
  count,
  countCell,
  differenceCell,
  level,
  levelCell,
  type Scale,
  scaleOf,
  textCell,
} from "./cell.ts";
import { cut } from "./cut.ts";
import { lossTable } from "./losses.ts";
import type { Block, Column, ReportTable, TableRow } from "./report.ts";
import { pCells } from "./results.ts";
import type { VerdictLine } from "./verdict-panel.ts";
import {
  adjustedWords,
  conclusion,
  familyOf,
  otherwiseSentence,
  range,
  size,
  toneOf,
  unitOf,
  verdictWord,
} from "./words.ts";

type Faulted = Pick<Analysis, "faulted" | "metrics" | "families">;

const text = (id: string, label: string): Column => ({ id, label, align: "left" });
const number = (id: string, label: string, description?: string): Column => ({
  id,
  label,
  align: "right",
  ...(description ? { description } : {}),
});

/** What each condition loses at each level of faults, and what became of the tasks that faults struck. */
export function faultedBlocks(analysis: Faulted & Pick<Analysis, "conditions">): Block[] {
  const { faulted } = analysis;
  const analysed = analysis.metrics.find(({ metric }) => metric.name === faulted?.metric);
  if (!faulted || !analysed || faulted.conditions.length === 0) return [];
  return [
    { kind: "table", table: faultedTable(faulted.conditions, analysed, analysis) },
    ...(faulted.losses ? [{ kind: "table", table: lossTable(faulted.losses, analysed) } as const] : []),
    { kind: "list", title: "Levels", items: levelItems(faulted.conditions) },
  ];
}

function faultedTable(
  conditions: readonly FaultedCondition[],
  analysed: MetricAnalysis,
  analysis: Faulted,
): ReportTable {
  const scale = scaleOf(analysed);
  const unit = scale.differenceUnit ? ` (${scale.differenceUnit})` : "";
  const name = cut(analysed.metric.name, 120);
  return {
    id: "faulted",
    caption: `${name}${scale.unit ? ` (${scale.unit})` : ""} under faults, against the same condition without`,
    columns: [
      text("level", "Faults"),
      number("clean", "Without"),
      number("faulted", "With"),
      number("difference", `Difference${unit}`),
      number("p-adjusted", "Adjusted p"),
      number("struck", "Struck", "Tasks that a fault struck, of those that ended"),
      number("recovered", "As good", "Struck, and at least as good as the same task without faults"),
      number("worse", "Answered anyway", "Struck, and answered worse than without faults"),
      number("gave-up", "Gave up", "Struck, and failed, or without an answer that could be scored"),
      text("conclusion", "Conclusion"),
    ],
    rows: conditions.map((one) => faultedRow(one, analysed, scale)),
    notes: [
      `Differences are paired by item; their intervals are ${familyOf(analysis, analysed.metric.name)?.intervals ?? "of each pair alone"}.`,
      "Of the tasks that a fault struck: as good as the same task without faults; answered anyway, and worse; gave up, which is to fail or to leave nothing that could be scored.",
      ...leftOutNotes(conditions),
    ],
  };
}

/** Tasks that are counted in none of the columns, or in no difference. */
function leftOutNotes(conditions: readonly FaultedCondition[]): string[] {
  const sum = (of: "unknown" | "unscored"): number => conditions.reduce((all, one) => all + one[of], 0);
  const [unknown, unscored] = [sum("unknown"), sum("unscored")];
  return [
    ...(unscored > 0
      ? [
          `${count(unscored)} of those that gave up left nothing that could be scored: they are in no difference, and what is lost is larger than it looks.`,
        ]
      : []),
    ...(unknown > 0
      ? [
          `${count(unknown)} were struck and answered, but had no value without faults to compare with: they are in none of the three.`,
        ]
      : []),
  ];
}

function faultedRow(one: FaultedCondition, analysed: MetricAnalysis, scale: Scale): TableRow {
  const pair = pairOf(one, analysed);
  const levelOf = (name: string) => {
    const summary = analysed.summaries.find(({ condition }) => condition === name);
    return summary ? levelCell(summary.estimate.value, scale) : absentCell("no task ended");
  };
  return {
    key: { metric: analysed.metric.name, field: analysed.metric.from, condition: one.condition, against: one.clean },
    group: cut(one.of, 120),
    cells: [
      textCell(cut(one.level, 120)),
      levelOf(one.clean),
      levelOf(one.condition),
      pair ? differenceCell(pair, scale) : absentCell("not compared"),
      pair ? pCells(pair)[1]! : absentCell("not compared"),
      textCell(`${count(one.met)} of ${count(one.ended)}`),
      countCell(one.recovered),
      countCell(one.worse),
      countCell(one.gaveUp),
      pair ? textCell(ownVerdict(pair), toneOf(pair.verdict)) : textCell("not compared"),
    ],
  };
}

/** What is said of the condition itself. */
const ownVerdict = (pair: Comparison): string =>
  isDifferent(pair.verdict) && !pair.otherwise ? pair.verdict : verdictWord(pair);

const pairOf = ({ condition, clean }: FaultedCondition, { comparisons }: MetricAnalysis): Comparison | undefined =>
  comparisons.find((pair) => pair.condition === condition && pair.against === clean);

/** What the rules of each level are, once a level. */
function levelItems(conditions: readonly FaultedCondition[]): string[] {
  const levels = new Map(conditions.map(({ level, rules }) => [level, rules]));
  return [...levels].map(([level, rules]) => cut(`${level}: ${rules.join("; ")}`, 600));
}

/** The verdict of a run with levels of faults: what each condition loses, and how it bears them. */
export const faultedLines = (analysed: MetricAnalysis, { faulted }: Faulted, scale: Scale): VerdictLine[] =>
  (faulted?.conditions ?? []).flatMap((one) => {
    const pair = pairOf(one, analysed);
    if (!pair) return [];
    const { heading, detail } = lossWords(pair, one, scale);
    const details = [detail, borneWords(one)].filter((text) => text !== undefined && text !== "");
    return [
      { group: cut(one.of, 120), heading: `${cut(one.level, 120)}: ${heading}`, names: [], detail: details.join("; ") },
    ];
  });

/** What a level does to a condition, from the numbers of the pair alone. */
function lossWords(
  pair: Comparison,
  { unscored }: FaultedCondition,
  scale: Scale,
): { readonly heading: string; readonly detail?: string } {
  const { difference, verdict, same, tested } = pair;
  if (same?.by === 0 && unscored > 0) return { heading: "the same where there is a score" };
  if (same?.by === 0) return { heading: same.replies ? "the same replies" : "the same values" };
  if (same || tested === "effect" || !difference.value.ok || verdict === "not tested")
    return { heading: verdict, detail: conclusion(pair, scale) };
  const how = `${adjustedWords(pair).trim().slice(1, -1)}${otherwiseSentence(pair)}`;
  if (isDifferent(verdict))
    return { heading: `${verdict} by ${size(pair, scale)}${unitOf(scale)}${range(pair, scale, true)}`, detail: how };
  const shown = `${level(difference.value.value, scale)}${unitOf(scale)}${range(pair, scale, false)}`;
  return { heading: verdict, detail: how === "" ? shown : `${shown}; ${how}` };
}

/** @example "12 of 40 tasks struck: 2 as good, 9 answered anyway, 1 gave up" */
function borneWords({ ended, met, recovered, worse, gaveUp, unknown }: FaultedCondition): string {
  if (met === 0) return "no task was struck";
  const parts = [`${count(recovered)} as good`, `${count(worse)} answered anyway`, `${count(gaveUp)} gave up`];
  const all = unknown > 0 ? [...parts, `${count(unknown)} without a value to compare with`] : parts;
  return `${count(met)} of ${count(ended)} ${ended === 1 ? "task" : "tasks"} struck: ${all.join(", ")}`;
}

/** The metric without the pairs of a condition with itself; nothing where there are no others. */
export function withoutFaulted(analysed: MetricAnalysis, { faulted }: Faulted): MetricAnalysis | undefined {
  if (!faulted) return analysed;
  const own = new Set(faulted.conditions.map(({ condition, clean }) => JSON.stringify([condition, clean])));
  const comparisons = analysed.comparisons.filter(
    ({ condition, against }) => !own.has(JSON.stringify([condition, against])),
  );
  return comparisons.length > 0 ? { ...analysed, comparisons } : undefined;
}
