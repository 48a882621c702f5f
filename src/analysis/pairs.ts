import type { AnalysisOptions } from "#src/experiment/options";
import type { NamedCondition } from "./options.ts";

/** Two conditions by their places: the first is compared against the second. */
export interface Pair {
  readonly condition: number;
  readonly against: number;
  readonly group: string | undefined;
}

/** Conditions that are compared with one another. */
export interface Group {
  /** `length = 20`; nothing when all conditions are one group. */
  readonly name: string | undefined;
  readonly members: readonly number[];
}

/**
 * The groups in which conditions are compared: those that agree on the factor of `pairs.within`, else all.
 *
 * @example groupsOf([{ name: "a", factors: { n: 1 } }, { name: "b", factors: { n: 1 } }], { within: "n" }) // => [{ name: "n = 1", members: [0, 1] }]
 */
export function groupsOf(conditions: readonly NamedCondition[], within: AnalysisOptions["pairs"]): Group[] {
  if (!within) return [{ name: undefined, members: conditions.map((_, i) => i) }];
  const groups = new Map<string, number[]>();
  conditions.forEach(({ factors }, i) => {
    const value = factors[within.within];
    const name = `${within.within} = ${value ?? "none"}`;
    groups.set(name, [...(groups.get(name) ?? []), i]);
  });
  return [...groups].map(([name, members]) => ({ name, members }));
}

/** What is compared with what. */
export interface Compared {
  readonly groups: readonly Group[];
  readonly pairs: readonly Pair[];
}

/**
 * The pairs of an analysis. Conditions with levels of faults are each compared with themselves without faults, whatever else is compared: other pairs are
 * those of the baseline or within a factor, where one was asked for.
 */
export function comparedPairs(
  conditions: readonly NamedCondition[],
  { baseline, pairs: within }: Pick<AnalysisOptions, "baseline" | "pairs">,
): Compared {
  const place = conditions.findIndex(({ name }) => name === baseline);
  const groups = groupsOf(conditions, within);
  const asked = { groups, pairs: pairsOf(groups, place === -1 ? undefined : place) };
  const faulted = faultedGroups(conditions);
  if (faulted.length === 0) return asked;
  const own = faulted.flatMap(({ name: group, clean, members }) =>
    members.filter((i) => i !== clean).map((condition) => ({ condition, against: clean, group })),
  );
  if (baseline === undefined && !within) return { groups: faulted, pairs: own };
  const isNew = (pair: Pair): boolean =>
    !own.some(({ condition, against }) => condition === pair.condition && against === pair.against);
  return { groups: [...faulted, ...asked.groups], pairs: [...own, ...asked.pairs.filter(isNew)] };
}

/** The levels of each condition that has one without faults, by the condition's own name; without a name where there is only one. */
function faultedGroups(conditions: readonly NamedCondition[]): (Group & { readonly clean: number })[] {
  const names = [...new Set(conditions.flatMap(({ faults }) => faults?.of ?? []))];
  return names.flatMap((of) => {
    const members = conditions.flatMap(({ faults }, i) => (faults?.of === of ? [i] : []));
    const clean = members.find((i) => conditions[i]!.faults!.rules.length === 0);
    return clean === undefined || members.length < 2
      ? []
      : [{ name: names.length > 1 ? of : undefined, members, clean }];
  });
}

/** A condition at a level with faults, beside itself without: both by their places. */
export interface Change {
  /** Its name without the level. */
  readonly of: string;
  readonly level: string;
  readonly condition: number;
  readonly clean: number;
}

/** All conditions under faults that have one without. */
export const changesOf = (conditions: readonly NamedCondition[]): Change[] =>
  faultedGroups(conditions).flatMap(({ clean, members }) =>
    members.flatMap((condition) => {
      const { faults } = conditions[condition]!;
      return faults && condition !== clean ? [{ of: faults.of, level: faults.level, condition, clean }] : [];
    }),
  );

/**
 * Whose losses are compared, by their places among the changes: within a level those pairs that conditions without faults would be compared in.
 *
 * @param options a baseline at any level means that condition at every level
 */
export function lossPairs(
  conditions: readonly NamedCondition[],
  changes: readonly Change[],
  { baseline, pairs: within }: Pick<AnalysisOptions, "baseline" | "pairs">,
): Pair[] {
  const compared = conditions.find(({ name }) => name === baseline)?.faults?.of;
  const levels = [...new Set(changes.map(({ level }) => level))];
  return levels.flatMap((level) => {
    const places = changes.flatMap((change, place) => (change.level === level ? [place] : []));
    const groups = groupsOf(
      places.map((place) => conditions[changes[place]!.condition]!),
      within,
    );
    const against = places.findIndex((place) => changes[place]!.of === compared);
    return pairsOf(groups, against === -1 ? undefined : against).map((pair) => ({
      condition: places[pair.condition]!,
      against: places[pair.against]!,
      group: level,
    }));
  });
}

/** Every pair of each group, the later condition against the earlier; only those against the baseline where there is one. */
export function pairsOf(groups: readonly Group[], baseline: number | undefined): Pair[] {
  return groups.flatMap(({ name: group, members }) => {
    if (baseline !== undefined) {
      return members.includes(baseline)
        ? members.filter((i) => i !== baseline).map((condition) => ({ condition, against: baseline, group }))
        : [];
    }
    return members.flatMap((against, i) => members.slice(i + 1).map((condition) => ({ condition, against, group })));
  });
}
