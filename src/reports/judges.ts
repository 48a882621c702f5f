import type { JudgeAnalysis, KinJudge, PairwiseJudging } from "#src/analysis/judges";
import { count, countCell, estimateCell, type Scale, textCell } from "./cell.ts";
import { cut } from "./cut.ts";
import type { Block, ReportTable } from "./report.ts";
import { listed } from "./words.ts";

const logOdds: Scale = { factor: 1, decimals: 2, unit: "", differenceUnit: "" };
const percent: Scale = { factor: 100, decimals: 1, unit: "%", differenceUnit: "points" };

/** Cautions that are printed. */
const CAUTIONS = 5;

/** What is to be known of judges: those that are kin to what they judge, and what they said of pairs. */
export function judgeBlocks(judges: JudgeAnalysis | undefined): Block[] {
  if (!judges) return [];
  const { kin, pairwise } = judges;
  const more = kin.length - CAUTIONS;
  const cautions = [
    ...kin.slice(0, CAUTIONS).map(cautionOf),
    ...(more > 0 ? [`So it is of ${count(more)} more judges and conditions.`] : []),
  ];
  return [
    ...cautions.map((text): Block => ({ kind: "warning", text })),
    ...(pairwise.length > 0 ? [{ kind: "table", table: consistencyTable(pairwise) } as const] : []),
    ...pairwise.flatMap(strengthBlocks),
  ];
}

function cautionOf({ condition, model, judge, families }: KinJudge): string {
  const [who, whose] = [cut(judge, 120), `the answers of ${cut(model, 120)} (${cut(condition, 120)})`];
  const kinship =
    judge === model
      ? `${who} judges its own answers in ${cut(condition, 120)}`
      : `${who} judges ${whose}, which is of the same family, ${listed(families)}`;
  return `${kinship}: judges tend to favour what they would have written. Hold it against labels by people, or against a judge of another family.`;
}

function consistencyTable(pairwise: readonly PairwiseJudging[]): ReportTable {
  return {
    id: "judges-consistency",
    caption: "Pairs of answers, each judged twice with the positions swapped",
    columns: [
      { id: "judge", label: "Judge", align: "left" },
      { id: "verdicts", label: "Verdicts", align: "right", description: "pairs that could be read in both orders" },
      { id: "consistency", label: "Same in both orders (%), 95 % interval", align: "right" },
      { id: "first", label: "For the first position", align: "right" },
      { id: "second", label: "For the second", align: "right" },
    ],
    rows: pairwise.map(({ judge, verdicts, consistency, positions }) => ({
      key: {},
      cells: [
        textCell(cut(judge, 120)),
        countCell(verdicts),
        estimateCell(consistency, percent),
        countCell(positions.first),
        countCell(positions.second),
      ],
    })),
    notes: ["A verdict that changes with the order counts one half for each answer."],
  };
}

function strengthBlocks(judging: PairwiseJudging, place: number): Block[] {
  const { judge, strengths, clusters, problem, comparisons } = judging;
  if (problem) return [{ kind: "paragraph", text: `${cut(judge, 120)}: ${problemWords(judging)}` }];
  if (!strengths) return [];
  const table: ReportTable = {
    id: `judges-strengths-${place + 1}`,
    caption: `Strengths by ${cut(judge, 120)} over ${count(comparisons)} pairs`,
    columns: [
      { id: "compared", label: "Compared", align: "left" },
      { id: "strength", label: "Strength (log odds), 95 % interval", align: "right" },
      { id: "wins", label: "Preferred", align: "right" },
      { id: "comparisons", label: "Pairs", align: "right" },
    ],
    rows: strengths.map(({ name, strength, interval, wins, comparisons: own }) => ({
      key: { condition: name },
      cells: [
        textCell(cut(name, 120)),
        estimateCell(
          {
            value: { ok: true, value: strength },
            interval: {
              ok: true,
              value: { low: interval.lower, high: interval.upper, level: interval.level, method: "Wald, clustered" },
            },
          },
          logOdds,
        ),
        countCell(wins),
        countCell(own),
      ],
    })),
    notes: [
      `Bradley and Terry's model, around a mean of 0: a difference of 1.1 is to be preferred three times in four. Ties count one half; intervals are robust to what the pairs of an item have in common (${count(clusters ?? 0)} items), and are of each strength by itself.`,
    ],
  };
  return [{ kind: "table", table }];
}

/** Why there are no strengths. */
function problemWords({ problem, comparisons }: PairwiseJudging): string {
  const groups = problem!.groups.map((names) => cut(listed(names.map((name) => cut(name, 80))), 400));
  switch (problem!.reason) {
    case "too-few":
      return `no strengths: ${count(comparisons)} pairs of too few items.`;
    case "not-connected":
      return `no strengths: nothing compares ${groups.join(" with ")}.`;
    case "separated":
      return `no finite strengths: ${groups[0]} lost no pair to ${groups.slice(1).join("; ")}. More pairs, or harder items, would tell how much stronger.`;
  }
}
