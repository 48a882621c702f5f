import type { FaultedAnalysis, LossAnalysis, LossComparison, MetricAnalysis, Verdict } from "#src/analysis/analysis";
import { isDifferent } from "#src/analysis/verdict";
import {
  absentCell,
  count,
  countCell,
  differenceCell,
  level,
  plain,
  type Scale,
  scaleOf,
  shareWords,
  textCell,
} from "./cell.ts";
import { cut } from "./cut.ts";
import { otherwiseWords } from "./failed-words.ts";
import type { ReportTable, TableRow } from "./report.ts";
import { droppedNotes, pCells } from "./results.ts";
import { adjustedWords, named, range, size, turned, unitOf } from "./words.ts";

type Direction = MetricAnalysis["metric"]["direction"];

/** The comparison with a difference that is above 0 where the first condition loses more; where neither way is better, as it is. */
const asLoss = (one: LossComparison, direction: Direction): LossComparison => {
  if (direction !== "higher") return one;
  const { difference, same, alone } = turned(one);
  return { ...one, difference, alone, ...(same ? { same } : {}) };
};

/** The same pair named in the order in which the first loses more. */
const moreFirst = (one: LossComparison): LossComparison =>
  one.difference.value.ok && one.difference.value.value < 0 ? { ...turned(one), level: one.level } : one;

/** Sentences that the first screen has; the others stand in the table. */
const SENTENCES = 6;

/**
 * Whether one condition loses more than another, a sentence a pair and level, those with a difference first; the last says what the intervals are.
 *
 * @example "a loses 12.5 points more than b under slowTools [3.1, 21.9] (adjusted p = .012)"
 */
export function lossSentences(
  { losses, conditions }: Pick<FaultedAnalysis, "losses" | "conditions">,
  analysed: MetricAnalysis,
): string[] {
  if (!losses) return [];
  const isSpared = (name: string, under: string): boolean =>
    conditions.some(({ of, level: own, met }) => of === name && own === under && met === 0);
  const scale = scaleOf(analysed);
  const { comparisons, family } = losses;
  const found = comparisons.filter(({ verdict }) => isDifferent(verdict));
  const others = comparisons.filter(({ verdict }) => !isDifferent(verdict));
  const all = [...found, ...others].map((one) => {
    const spared = [one.condition, one.against].filter((name) => isSpared(name, one.level));
    const who = spared.map((name) => named(cut(name, 120)));
    if (spared.length === 2) return `No task of ${who.join(" or ")} was struck under ${named(cut(one.level, 120))}`;
    const sentence = lossSentence(one, analysed.metric.direction, scale);
    return who.length === 0 ? sentence : `${sentence}; no task of ${who[0]} was struck`;
  });
  const more = all.length - SENTENCES;
  return [
    ...all.slice(0, SENTENCES),
    ...(more > 0 ? [`${count(more)} more pairs of losses in the table`] : []),
    ...(comparisons.some(({ difference }) => difference.interval.ok) && family.size > 0
      ? [`Intervals of what one loses more than another: ${family.intervals}`]
      : []),
  ];
}

/** What a pair says at a level, from its numbers alone. */
export function lossSentence(given: LossComparison, direction: Direction, scale: Scale): string {
  const one = moreFirst(asLoss(given, direction));
  const { difference, same, verdict, detectable, clusters } = one;
  const [condition, against] = [named(cut(one.condition, 120)), named(cut(one.against, 120))];
  const under = `under ${named(cut(one.level, 120))}`;
  if (!difference.value.ok)
    return `What ${condition} and ${against} lose ${under} could not be compared: ${difference.value.error}`;
  const way = direction === "none" ? "changes" : "loses";
  const more = (amount: string): string =>
    direction === "none"
      ? `the change of ${condition} ${under} is ${amount}${unitOf(scale)} higher than that of ${against}`
      : `${condition} loses ${amount}${unitOf(scale)} more than ${against} ${under}`;
  if (same) {
    const unit = clusters === undefined ? "item" : "cluster";
    const on = `on all ${count(same.items)} ${unit}s`;
    if (same.by === 0)
      return `${condition} and ${against} ${way === "loses" ? "lose" : "change by"} the same ${under} ${on}; up to ${shareWords(same.missed)} of all ${unit}s may differ`;
    const always = `${more(plain(Math.abs(same.by) * scale.factor))}, always, ${on}`;
    return isDifferent(verdict) ? `${always}${otherwiseLoss(one, true)}` : `${always}, too few to tell`;
  }
  const shown = `${more(size(one, scale))}${range(one, scale, false)}`;
  if (isDifferent(verdict)) return `${shown}${adjustedWords(one)}${otherwiseLoss(one, true)}`;
  if (verdict === "not tested") return `${shown}; not tested: ${one.p.ok ? one.why : one.p.error}`;
  const power = detectable.ok ? `; this design could detect ${level(detectable.value, scale)}${unitOf(scale)}` : "";
  return `No difference could be shown between what ${condition} and ${against} ${way === "loses" ? "lose" : "change by"} ${under}: ${shown}${adjustedWords(one)}${power}${otherwiseLoss(one, true)}`;
}

/** Every pair of conditions at every level. */
export function lossTable({ comparisons, family }: LossAnalysis, analysed: MetricAnalysis): ReportTable {
  const scale = scaleOf(analysed);
  const { metric } = analysed;
  const isNeutral = metric.direction === "none";
  const unit = scale.differenceUnit ? ` (${scale.differenceUnit})` : "";
  const tests = [...new Set(comparisons.map(({ test }) => test))].filter((test) => test !== "none");
  const cautions = [...new Set(comparisons.flatMap(({ caution }) => (caution ? [`Caution: ${caution}.`] : [])))];
  return {
    id: "losses",
    caption: `Whether one condition ${isNeutral ? "changes" : "loses"} more than another under the same faults: ${cut(metric.name, 120)}`,
    columns: [
      { id: "condition", label: "Condition", align: "left" },
      { id: "against", label: "Against", align: "left" },
      {
        id: "difference",
        label: `${isNeutral ? "Changes" : "Loses"} more by${unit}`,
        align: "right",
        description: `What the condition ${isNeutral ? "changes by" : "loses"} minus what the other does, item by item; ${family.intervals}`,
      },
      { id: "p", label: "p", align: "right" },
      { id: "p-adjusted", label: "Adjusted p", align: "right" },
      { id: "n", label: "Items", align: "right" },
      { id: "conclusion", label: "Conclusion", align: "left" },
    ],
    rows: comparisons.map((one) => lossRow(asLoss(one, metric.direction), analysed, scale)),
    notes: [
      `${isNeutral ? "A change is the value under faults minus that without" : `A loss is ${metric.direction === "higher" ? "the value without faults minus that under them" : "the value under faults minus that without"}`}, of the same item in the same condition; an item counts where it has all four values. Intervals are ${family.intervals}, a family of their own.`,
      ...(tests.length > 0
        ? [`Test: ${tests.join("; ")} of the differences of ${isNeutral ? "changes" : "losses"}.`]
        : []),
      ...cautions,
      ...droppedNotes(comparisons),
    ],
  };
}

function lossRow(one: LossComparison, { metric }: MetricAnalysis, scale: Scale): TableRow {
  const { condition, against, n, test, verdict, difference, same } = one;
  const alike = absentCell(same?.by === 0 ? "identical" : "always the same difference");
  const isNeutral = metric.direction === "none";
  const tone = !isDifferent(verdict) || isNeutral ? "none" : verdict === "worse" ? "down" : "up";
  return {
    key: { metric: metric.name, field: metric.from, condition, against, test },
    group: cut(one.level, 120),
    cells: [
      textCell(cut(condition, 120)),
      textCell(cut(against, 120)),
      difference.value.ok ? differenceCell(one, scale) : absentCell(difference.value.error),
      ...(same ? [alike, alike] : pCells(one)),
      countCell(n),
      textCell(`${lossWords[verdict]}${otherwiseLoss(one)}`, one.otherwise ? "none" : tone),
    ],
  };
}

const lossWords: Readonly<Record<Verdict, string>> = {
  better: "loses less",
  worse: "loses more",
  higher: "change is higher",
  lower: "change is lower",
  equivalent: "equivalent",
  "not distinguishable": "no difference shown",
  "not tested": "not tested",
};

/** What the other way of counting failed tasks says of the first of the two. */
const otherwiseLoss = ({ otherwise, condition }: LossComparison, isNamed = false): string =>
  otherwise
    ? `; ${otherwiseWords(otherwise.failedAs, "continuous")}: ${isNamed && isDifferent(otherwise.verdict) ? `${named(cut(condition, 120))} ` : ""}${lossWords[otherwise.verdict]}`
    : "";
