import { err, ok, type Result } from "#src/kernel/result";
import { repeatedAnova, welchAnova } from "#src/stats/anova";
import { cochranQ } from "#src/stats/mcnemar";
import type { Omnibus } from "./analysis.ts";
import type { Group } from "./pairs.ts";
import { problemWords } from "./problem.ts";
import type { Reading } from "./reading.ts";
import type { Table } from "./table.ts";

/**
 * One test over all conditions of each group that has more than two: does any differ at all? None for aggregates other than the mean
 * and for clustered items, whose pairs are tested by means that have no counterpart for many conditions here.
 */
export const omnibusTests = (groups: readonly Group[], reading: Reading, table: Table): Omnibus[] =>
  reading.metric.aggregate !== "mean" || table.clusters
    ? []
    : groups.flatMap((group) => (group.members.length > 2 ? [omnibus(group, reading, table)] : []));

type Part = Pick<Omnibus, "test" | "why" | "statistic" | "df" | "p" | "n">;

function omnibus({ name, members }: Group, reading: Reading, table: Table): Omnibus {
  const blocks = completeItems(members, reading);
  const sizes = members.map((member) =>
    reading.means[member]!.reduce((n, value) => n + Number(!Number.isNaN(value)), 0),
  );
  const paired = blocks.length > 0 && blocks.length * 2 >= Math.min(...sizes);
  const part = paired
    ? reading.binary && table.repeats <= 1
      ? cochran(blocks)
      : repeated(blocks)
    : welch(members, reading);
  return { ...(name === undefined ? {} : { group: name }), conditions: members.length, ...part };
}

const cochran = (blocks: number[][]): Part => {
  const found = cochranQ(blocks);
  return part(
    "Cochran's Q",
    "all conditions did the same items once, with yes or no as the result",
    blocks.length,
    found,
    (q) => ({ statistic: q.chi2, df: [q.df], p: q.p }),
  );
};

/** Items that the analysis of variance takes; beyond, pairs tell apart all that matters. */
const MOST_ITEMS = 50_000;

const repeated = (blocks: number[][]): Part => {
  const found = blocks.length > MOST_ITEMS ? err(`more than ${MOST_ITEMS} items`) : repeatedAnova(blocks);
  return part(
    "repeated-measures ANOVA, Greenhouse-Geisser",
    "all conditions did the same items",
    blocks.length,
    found,
    (f) => ({
      statistic: f.f,
      df: [f.df1 * f.ggEpsilon, f.df2 * f.ggEpsilon],
      p: f.pGG,
    }),
  );
};

function welch(members: readonly number[], { means }: Reading): Part {
  const groups = members.map((member) => Array.from(means[member]!).filter((value) => !Number.isNaN(value)));
  const n = groups.reduce((sum, group) => sum + group.length, 0);
  return part("Welch's ANOVA", "the conditions share few items or none", n, welchAnova(groups), (f) => ({
    statistic: f.f,
    df: [f.df1, f.df2],
    p: f.p,
  }));
}

function part<T>(
  test: string,
  why: string,
  n: number,
  found: Result<T, string>,
  read: (value: T) => { statistic: number; df: number[]; p: number },
): Part {
  if (!found.ok)
    return { test, why, n, statistic: err(problemWords(found.error)), df: [], p: err(problemWords(found.error)) };
  const { statistic, df, p } = read(found.value);
  return { test, why, n, statistic: ok(statistic), df, p: ok(p) };
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
