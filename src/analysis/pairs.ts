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
