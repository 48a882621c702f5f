import { err, ok, type Result } from "#src/kernel/result";
import { STEP, type Steps } from "#src/kernel/steps";
import { repeatedAnova, welchAnova } from "#src/stats/anova";
import { independenceTest } from "#src/stats/contingency";
import { cochranQOf } from "#src/stats/mcnemar";
import { friedman, kruskalWallis } from "#src/stats/rank-omnibus";
import type { Omnibus } from "./analysis.ts";
import { countValues } from "./column.ts";
import type { Group } from "./pairs.ts";
import { problemWords } from "./problem.ts";
import type { Reading } from "./reading.ts";
import type { Table } from "./table.ts";
import { unitOf } from "./unit.ts";

/**
 * One test over all conditions of each group that has more than two: does any differ at all? None for aggregates other than the mean
 * and for clustered items, whose pairs are tested by means that have no counterpart for many conditions here.
 */
export function* omnibusTests(groups: readonly Group[], reading: Reading, table: Table): Steps<Omnibus[]> {
  const tests: Omnibus[] = [];
  if (reading.metric.aggregate !== "mean" || table.clusters) return tests;
  for (const group of groups) if (group.members.length > 2) tests.push(yield* omnibus(group, reading));
  return tests;
}

type Part = Pick<Omnibus, "test" | "why" | "statistic" | "df" | "p" | "n">;

function* omnibus({ name, members }: Group, reading: Reading): Steps<Omnibus> {
  const complete = yield* completeItems(members, reading);
  const sizes = members.map((member) => countValues(reading.means[member]!));
  const paired = complete.length > 0 && complete.length * 2 >= Math.min(...sizes);
  const once = reading.binary && reading.once;
  const blocks: number[][] = [];
  const wanted = paired && (reading.metric.ordinal || (!once && complete.length <= MOST_ITEMS));
  for (let from = 0; wanted && from < complete.length; from += BLOCKS) {
    yield;
    for (const item of complete.subarray(from, from + BLOCKS))
      blocks.push(members.map((member) => reading.means[member]![item]!));
  }
  yield;
  const part = reading.metric.ordinal
    ? paired
      ? friedmanPart(blocks)
      : kruskal(members, reading)
    : paired
      ? once
        ? yield* cochran(complete, members, reading)
        : repeated(blocks, complete.length)
      : once
        ? shares(members, reading)
        : welch(members, reading);
  return { ...(name === undefined ? {} : { group: name }), conditions: members.length, ...part };
}

function* cochran(items: Uint32Array, members: readonly number[], { means }: Reading): Steps<Part> {
  const passed = new Uint32Array(items.length);
  const columns: number[] = [];
  for (const member of members) {
    yield;
    columns.push(addPasses(passed, items, means[member]!));
  }
  return part(
    "Cochran's Q",
    "all conditions did the same items once, with yes or no as the result",
    items.length,
    cochranQOf(columns, sumOfSquares(passed)),
    (q) => ({ statistic: q.chi2, df: [q.df], p: q.p }),
  );
}

/** @returns how many of the items are passed */
function addPasses(passed: Uint32Array, items: Uint32Array, means: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < items.length; i++) {
    const pass = means[items[i]!]!;
    passed[i]! += pass;
    sum += pass;
  }
  return sum;
}

function sumOfSquares(values: Uint32Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! * values[i]!;
  return sum;
}

/** Items that the analysis of variance takes; beyond, pairs tell apart all that matters. */
const MOST_ITEMS = 50_000;

const repeated = (blocks: number[][], items: number): Part => {
  const found = items > MOST_ITEMS ? err(`more than ${MOST_ITEMS} items`) : repeatedAnova(blocks);
  return part(
    "repeated-measures ANOVA, Greenhouse-Geisser",
    "all conditions did the same items",
    items,
    found,
    (f) => ({
      statistic: f.f,
      df: [f.df1 * f.ggEpsilon, f.df2 * f.ggEpsilon],
      p: f.pGG,
    }),
  );
};

const friedmanPart = (blocks: number[][]): Part =>
  part(
    "Friedman test",
    "all conditions did the same items and the metric is ordinal",
    blocks.length,
    friedman(blocks),
    chiSquared,
  );

const chiSquared = ({ chi2, df, p }: { chi2: number; df: number; p: number }) => ({ statistic: chi2, df: [df], p });

const groupsOf = (members: readonly number[], { means }: Reading): number[][] => {
  const groups = members.map((member) => Array.from(means[member]!).filter((value) => !Number.isNaN(value)));
  const unit = unitOf(groups);
  return unit === 1 ? groups : groups.map((group) => group.map((value) => value / unit));
};

const APART = "the conditions share few items or none";

function kruskal(members: readonly number[], reading: Reading): Part {
  const groups = groupsOf(members, reading);
  return part(
    "Kruskal-Wallis test",
    `${APART} and the metric is ordinal`,
    groups.flat().length,
    kruskalWallis(groups),
    chiSquared,
  );
}

function shares(members: readonly number[], reading: Reading): Part {
  const groups = groupsOf(members, reading);
  const table = groups.map((group) => {
    const passed = group.reduce((sum, value) => sum + value, 0);
    return [passed, group.length - passed];
  });
  return part(
    "chi-squared test of shares",
    `${APART} and the result is yes or no`,
    groups.reduce((sum, { length }) => sum + length, 0),
    independenceTest(table),
    chiSquared,
  );
}

function welch(members: readonly number[], reading: Reading): Part {
  const groups = groupsOf(members, reading);
  const n = groups.reduce((sum, group) => sum + group.length, 0);
  return part("Welch's ANOVA", APART, n, welchAnova(groups), (f) => ({
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

/** Rows of one item each that a step makes. */
const BLOCKS = STEP / 20;

/** Items that every condition has. */
function* completeItems(members: readonly number[], { means }: Reading): Steps<Uint32Array> {
  const items = means[members[0]!]!.length;
  const gaps = new Uint8Array(items);
  for (const member of members) {
    yield;
    markGaps(means[member]!, gaps);
  }
  return unmarked(gaps);
}

function unmarked(marks: Uint8Array): Uint32Array {
  const places = new Uint32Array(marks.length);
  let length = 0;
  for (let at = 0; at < marks.length; at++) if (marks[at] === 0) places[length++] = at;
  return places.subarray(0, length);
}

function markGaps(values: Float64Array, gaps: Uint8Array): void {
  for (let item = 0; item < values.length; item++) if (Number.isNaN(values[item]!)) gaps[item] = 1;
}
