import type { Analysis } from "#src/analysis/analysis";
import type { ReplyComparison, ReplyEnding } from "#src/analysis/replies";
import { count, countCell, p, pCell, textCell } from "./cell.ts";
import type { Block, ReportTable } from "./report.ts";

/** What each ending means for the numbers. */
const meanings: Readonly<Record<ReplyEnding["ending"], string>> = {
  "cut off": 'at the limit of its tokens; scored as it stands unless the condition says `truncated: "unscored"`',
  filtered: "by the provider's filter, refused prompts included; unscored",
  "broken off": "by the provider or a malformed call; unscored",
};

/** Incomplete replies, by condition, and whether conditions differ in that; nothing where all did. */
export function repliesBlocks({ replies = [], options }: Pick<Analysis, "replies" | "options">): Block[] {
  if (replies.length === 0) return [];
  const counts: ReportTable = {
    id: "replies",
    caption: "Last replies of tasks that are incomplete",
    columns: [
      { id: "condition", label: "Condition", align: "left" },
      { id: "replies", label: "Replies", align: "right" },
      ...replies.map(({ ending }) => ({ id: ending.replace(" ", "-"), label: ending, align: "right" as const })),
    ],
    rows: replies[0]!.counts.map(({ condition, replies: all }, c) => ({
      key: { condition },
      cells: [textCell(condition), countCell(all), ...replies.map((each) => countCell(each.counts[c]!.tasks))],
    })),
    notes: replies.map(({ ending }) => `${ending}: ${meanings[ending]}.`),
  };
  const pairs = replies.flatMap(({ ending, comparisons }) => comparisons.map((pair) => ({ ending, pair })));
  const tests: ReportTable = {
    id: "reply-tests",
    caption: "Do conditions differ in that? Exact sign test over items",
    columns: [
      { id: "ending", label: "Replies", align: "left" },
      { id: "condition", label: "Condition", align: "left" },
      { id: "against", label: "Against", align: "left" },
      { id: "more", label: "Items with more", align: "right" },
      { id: "fewer", label: "Items with fewer", align: "right" },
      { id: "p", label: "p", align: "right" },
      { id: "p-adjusted", label: "Adjusted p", align: "right" },
    ],
    rows: pairs.map(({ ending, pair: { condition, against, group, more, fewer, p: raw, pAdjusted } }) => ({
      key: { condition, against },
      ...(group === undefined ? {} : { group }),
      cells: [
        textCell(ending),
        textCell(condition),
        textCell(against),
        countCell(more),
        countCell(fewer),
        pCell(raw),
        pCell(pAdjusted),
      ],
    })),
    notes: [
      `Items on which both do equally carry no information; clusters count once. Adjusted by Holm over ${count(pairs.length)} tests, at ${options.significanceLevel}.`,
    ],
  };
  return [{ kind: "table", table: counts }, ...(pairs.length > 0 ? [{ kind: "table" as const, table: tests }] : [])];
}

/** What must not be overlooked: that a difference between conditions may be one of limits or filters. */
export const repliesWarnings = ({ replies = [] }: Pick<Analysis, "replies">): string[] =>
  replies.flatMap((one) =>
    one.comparisons
      .filter(({ isDifferent }) => isDifferent)
      .slice(0, 3)
      .map((pair) => warning(one, pair)),
  );

function warning({ ending, counts }: ReplyEnding, { condition, against, pAdjusted }: ReplyComparison): string {
  const of = (name: string): string => {
    const { tasks, replies } = counts.find((each) => each.condition === name)!;
    return `${count(tasks)} of ${count(replies)} replies of ${name}`;
  };
  const adjusted = pAdjusted.ok ? ` (exact sign test over items, adjusted p = ${p(pAdjusted.value)})` : "";
  return `${of(condition)} and ${of(against)} were ${ending}${adjusted}: a difference between them may come from that.`;
}
