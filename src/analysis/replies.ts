import { type Ending, endings } from "#src/experiment/ending";
import { err, ok } from "#src/kernel/result";
import type { Steps } from "#src/kernel/steps";
import { mcnemarTest } from "#src/stats/mcnemar";
import { adjustP } from "#src/stats/multiplicity";
import type { NamedCondition } from "./options.ts";
import type { Pair } from "./pairs.ts";
import type { Quantity } from "./quantity.ts";
import type { Table } from "./table.ts";

/** Incomplete replies, of the last replies of all tasks that had one. */
export interface ReplyEnding {
  readonly ending: Ending;
  /** In the order of the conditions. */
  readonly counts: readonly { readonly condition: string; readonly tasks: number; readonly replies: number }[];
  readonly comparisons: readonly ReplyComparison[];
}

/** Whether that happened more often under one condition than under another: an exact sign test over items. */
export interface ReplyComparison {
  readonly condition: string;
  readonly against: string;
  readonly group?: string;
  /** Items, or clusters of items, with a larger share of such replies under the condition, and under the other. */
  readonly more: number;
  readonly fewer: number;
  readonly p: Quantity;
  /** By Holm, over all endings and pairs. */
  readonly pAdjusted: Quantity;
  readonly isDifferent: boolean;
}

/** What all comparisons of endings need. */
export interface ReplySetting {
  readonly conditions: readonly NamedCondition[];
  readonly pairs: readonly Pair[];
  readonly significanceLevel: number;
  /** Then a p-value for a fixed number of items does not hold. */
  readonly stoppedEarly: boolean;
}

/**
 * Counts the replies that were cut off, filtered or broken off, and compares conditions in that. Items on which two conditions do equally
 * carry no information; of the others each is as likely to fall on either side where conditions do not differ, so their number is binomial.
 * Repeats are a share of their item, and items of one cluster count together, once.
 *
 * @returns the endings that any reply had
 * @see Conover, Practical Nonparametric Statistics, 3rd ed., 3.4; without repeats it is McNemar's exact test
 */
export function* replyEndings(table: Table, setting: ReplySetting): Steps<ReplyEnding[]> {
  const { conditions, pairs, significanceLevel } = setting;
  const seen = endings.filter((ending) => conditions.some((_, c) => table.replies(c).ended[ending].total > 0));
  const tested: ReturnType<typeof comparison>[] = [];
  for (const ending of seen)
    for (const pair of pairs) {
      yield;
      tested.push(comparison(table, ending, pair, setting));
    }
  const adjusted = adjustP(
    tested.map(({ p }) => (p.ok ? p.value : null)),
    "holm",
  );
  return seen.map((ending, e) => ({
    ending,
    counts: conditions.map(({ name }, c) => {
      const { all, ended } = table.replies(c);
      return { condition: name, tasks: ended[ending].total, replies: all.total };
    }),
    comparisons: pairs.map(({ condition, against, group }, i) => {
      const at = e * pairs.length + i;
      const { more, fewer, p } = tested[at]!;
      return {
        condition: conditions[condition]!.name,
        against: conditions[against]!.name,
        ...(group === undefined ? {} : { group }),
        more,
        fewer,
        p,
        pAdjusted: p.ok ? ok(adjusted[at]!) : p,
        isDifferent: p.ok && adjusted[at]! <= significanceLevel,
      };
    }),
  }));
}

/** Shares of items are fractions of small numbers: what is left of a sum of them that is 0. */
const DUST = 1e-9;

function comparison(
  table: Table,
  ending: Ending,
  { condition, against }: Pair,
  { stoppedEarly }: ReplySetting,
): Pick<ReplyComparison, "more" | "fewer" | "p"> {
  const [one, other] = [table.replies(condition), table.replies(against)];
  const sums = new Float64Array(table.clusterCount);
  let shared = 0;
  for (let item = 0; item < table.items.length; item++) {
    const [n, m] = [one.all.of(item), other.all.of(item)];
    if (n === 0 || m === 0) continue;
    shared += 1;
    sums[table.clusters?.[item] ?? item]! += one.ended[ending].of(item) / n - other.ended[ending].of(item) / m;
  }
  const more = sums.reduce((count, sum) => count + (sum > DUST ? 1 : 0), 0);
  const fewer = sums.reduce((count, sum) => count + (sum < -DUST ? 1 : 0), 0);
  if (shared === 0) return { more, fewer, p: err("no item has a reply of both") };
  if (stoppedEarly) return { more, fewer, p: err("not valid: the run was stopped early") };
  const test = mcnemarTest({ both: 0, onlyFirst: more, onlySecond: fewer, neither: 0 });
  return { more, fewer, p: test.ok ? ok(test.value.p) : err("no item differs") };
}
