import { err, ok, type Result } from "#src/kernel/result";
import { cochranQ } from "#src/stats/mcnemar";
import type { Omnibus } from "./analysis.ts";
import type { Group } from "./pairs.ts";
import { problemWords } from "./problem.ts";
import type { Reading } from "./reading.ts";
import type { Table } from "./table.ts";

/** One test over all conditions of each group that has more than two. */
export const omnibusTests = (groups: readonly Group[], reading: Reading, table: Table): Omnibus[] =>
  groups.flatMap((group) => (group.members.length > 2 ? omnibus(group, reading, table) : []));

function omnibus({ name, members }: Group, reading: Reading, table: Table): Omnibus[] {
  const blocks = completeItems(members, reading);
  const common = { ...(name === undefined ? {} : { group: name }), n: blocks.length, conditions: members.length };
  const none = err("not yet");
  if (!reading.binary || table.repeats > 1 || table.clusters) return [];
  const found: Result<{ chi2: number; df: number; p: number }, string> = cochranQ(blocks);
  return [
    {
      ...common,
      test: "Cochran's Q",
      why: "all conditions did the same items once, with yes or no as the result",
      statistic: found.ok ? ok(found.value.chi2) : none,
      df: found.ok ? [found.value.df] : [],
      p: found.ok ? ok(found.value.p) : err(problemWords(found.error)),
    },
  ];
}

/** Items that every condition has, one row each. */
function completeItems(members: readonly number[], { means }: Reading): number[][] {
  const rows: number[][] = [];
  const items = means[members[0]!]!.length;
  for (let item = 0; item < items; item++) {
    const row = members.map((member) => means[member]![item]!);
    if (row.every((value) => !Number.isNaN(value))) rows.push(row);
  }
  return rows;
}
