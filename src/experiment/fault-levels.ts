import type { Backend } from "#src/backends/backend";
import { DEEPEST } from "#src/faults/damage";
import { toolsOf } from "#src/faults/known-tools";
import { aimOf, type FaultLevels, type LevelRule, type TargetKind, targetKinds } from "#src/faults/level";
import { aimedActor, mostCrashes } from "#src/faults/level-actor";
import { type FaultMet, TaskFaults } from "#src/faults/task-faults";
import type { Clock } from "#src/kernel/clock";
import { ConfigError, checkAll, didYouMean, meant } from "#src/kernel/errors";
import { isMeantBy } from "#src/kernel/glob";
import { scorerNames } from "#src/scoring/names";
import type { Condition, Factors } from "./condition.ts";
import type { Task } from "./task.ts";

/** The factor that levels of faults are values of. */
export const FAULTS = "faults";

type Levels = Readonly<Record<string, readonly LevelRule[]>>;
type Named = Condition & { readonly factors: Factors };

/** The name of a condition at a level. @example atLevel("model a", "slowTools") // => "model a @ slowTools" */
export const atLevel = (name: string, level: string): string => `${name} @ ${level}`;

/** The name of the condition that one of a factor of faults is compared with: itself without faults; nothing for that one. */
export const cleanOf = ({
  faults,
  conditions,
}: {
  readonly faults?: Condition["faults"];
  readonly conditions: readonly Pick<Condition, "name" | "faults">[];
}): string | undefined =>
  faults && faults.rules.length > 0
    ? conditions.find((other) => other.faults?.of === faults.of && other.faults.rules.length === 0)?.name
    : undefined;

/**
 * A definition whose conditions are crossed with levels of faults: every condition at every level, one after the other. A task that fails under faults has
 * lost what it was to give, so that failed tasks count as 0 unless the definition says otherwise.
 */
export function crossed<
  D extends {
    readonly conditions: readonly Condition<never>[];
    readonly statisticalAnalysis?: object | undefined;
    readonly faults?: FaultLevels | undefined;
  },
>({ faults: _, conditions, statisticalAnalysis, ...definition }: D, levels: Levels): Omit<D, "faults"> {
  return {
    ...definition,
    statisticalAnalysis: { failedAs: 0, ...statisticalAnalysis },
    conditions: conditions.flatMap((condition) =>
      Object.entries(levels).map(([level, rules]) => ({
        ...condition,
        name: atLevel(condition.name, level.trim()),
        factors: { ...condition.factors, [FAULTS]: level.trim() },
        faults: { level: level.trim(), of: condition.name, rules },
      })),
    ),
  } as unknown as Omit<D, "faults">;
}

/** The faults of an attempt; nothing at the clean level, and without levels. */
export function faultsOf(
  { faults }: Pick<Condition, "faults">,
  { item, repeat }: Task,
  attempt: number,
  seed: number,
  clock: Clock,
): TaskFaults | undefined {
  if (!faults || faults.rules.length === 0) return undefined;
  return new TaskFaults({ faults, seed, itemId: item.id, repeat, attempt, clock });
}

/**
 * The faults that struck a task, a phrase each.
 *
 * @example metWords([], [{ rule: 0, on: "tool:search", calls: 3, struck: 1 }]) // => ["fault at tool:search, 1 of 3 calls"]
 */
export const metWords = (rules: readonly Pick<LevelRule, "fault">[], met: readonly FaultMet[]): string[] =>
  met.flatMap(({ rule, on, calls, struck }) =>
    struck > 0
      ? [`${rules[rule]?.fault ?? "fault"} at ${on}, ${struck} of ${calls} ${calls === 1 ? "call" : "calls"}`]
      : [],
  );

/** What must hold of levels of faults and of the conditions that meet them. */
export const checkFaultLevels = (
  levels: Levels,
  {
    conditions,
    config,
  }: { readonly conditions: readonly Named[]; readonly config: { readonly onConditionFailure?: string } },
): (() => void)[] => [
  () => checkLevels(levels),
  () => checkShadowed(levels),
  () => checkCrashes(levels, conditions.length, config.onConditionFailure === "abort"),
  ...conditions.map((condition, i) => () => checkFree(condition, i)),
  ...Object.entries(levels).flatMap(([level, rules]) =>
    rules.map((rule, i) => () => checkTarget(rule, `faults.${level}[${i}].target`, conditions)),
  ),
];

/** @param given the levels as they were written: the schema leaves out a name that objects cannot have */
export function refuseLostLevel(given: unknown): void {
  if (typeof given === "object" && given !== null && Object.hasOwn(given, "__proto__"))
    throw new ConfigError("faults", "must not have a level of the name __proto__, which every object has already");
}

function checkLevels(levels: Levels): void {
  const names = Object.keys(levels);
  for (const [i, name] of names.entries()) {
    const trimmed = name.trim();
    if (trimmed === "") throw new ConfigError("faults", "must have a name for each level", name);
    if (names.findIndex((other) => other.trim() === trimmed) < i)
      throw new ConfigError("faults", `must not have two levels of the name ${JSON.stringify(trimmed)}`, names);
  }
  const clean = names.filter((name) => levels[name]!.length === 0);
  if (clean.length === 0)
    throw new ConfigError(
      "faults",
      "must have a level without rules, which the others are compared with",
      names,
      "Add one: clean: []",
    );
  if (clean.length > 1) throw new ConfigError("faults", "must have one level without rules, not several", clean);
  if (names.length === 1) throw new ConfigError("faults", "must have a level with rules beside the one without", names);
}

/** Of the rules that mean a call the first that strikes decides: one that always does leaves those behind it nothing. */
function checkShadowed(levels: Levels): void {
  const always = ({ at, probability, times, attempts, fault }: LevelRule): boolean =>
    (at ?? probability ?? times ?? attempts) === undefined && fault !== "storm";
  for (const [level, rules] of Object.entries(levels))
    for (const [i, { target }] of rules.entries()) {
      const first = rules.findIndex((rule) => rule.target === target && always(rule));
      if (first === -1 || first >= i || ["rows", "actor"].includes(aimOf(target).kind)) continue;
      throw new ConfigError(
        `faults.${level}[${i}]`,
        `can never strike: faults.${level}[${first}] strikes every call of ${target} before it`,
        rules[i],
        "Give the first a probability, or each a level of its own",
      );
    }
}

/** Conditions are started again by a supervisor that they share: one more crash than it bears would end the clean ones too. */
function checkCrashes(levels: Levels, conditions: number, isAbort: boolean): void {
  let crashes = 0;
  for (const [level, rules] of Object.entries(levels))
    for (const [i, { target, at = 1 }] of rules.entries()) {
      const { kind, pattern } = aimOf(target);
      const aimed = kind === "actor" ? aimedActor(pattern) : undefined;
      if (!aimed || "refused" in aimed || aimed.actor !== "condition") continue;
      crashes += conditions * [at].flat().length;
      const place = `faults.${level}[${i}].target`;
      if (isAbort)
        throw new ConfigError(
          place,
          'must not be a condition under onConditionFailure: "abort", where its first crash ends the run',
          target,
        );
      if (crashes > mostCrashes.condition)
        throw new ConfigError(
          place,
          `must not make conditions crash more than ${mostCrashes.condition} times in all (here ${crashes}): they share a supervisor, which then gives up the run`,
          target,
          "Aim at their pools, which bear three crashes each: actor:tasks",
        );
    }
}

function checkFree({ factors, faults }: Named, i: number): void {
  if (faults)
    throw new ConfigError(`conditions[${i}].faults`, "is made from `faults` of the experiment, and there is that too");
  if (FAULTS in factors)
    throw new ConfigError(
      `conditions[${i}].factors.${FAULTS}`,
      "is the name of the factor that `faults` makes; give yours another one",
    );
}

/** A rule that could never strike is an error before anything is paid. What a condition's own function uses is not known here. */
function checkTarget({ target }: LevelRule, place: string, conditions: readonly Named[]): void {
  const { kind, pattern } = aimOf(target);
  if (!targetKinds.includes(kind as TargetKind) || kind === "rows" || kind === "actor") return;
  const solving = conditions.filter(({ solver }) => solver !== undefined);
  if (solving.length === 0)
    throw new ConfigError(
      place,
      "is for conditions with a solver, and there is none: a run function makes its own calls",
      target,
      "Rows can be damaged for it: rows:<field>",
    );
  const { names, open } = known[kind as keyof typeof known](solving);
  if (open || names.some((name) => isMeantBy(pattern, name))) return;
  const what = kind === "backend" ? "a backend" : `a ${kind}`;
  const near = names.length === 0 ? `No condition has ${what}` : (meant(pattern, names) ?? didYouMean(pattern, names));
  throw new ConfigError(place, `must be aimed at ${what} that some condition has`, target, near);
}

/** The names that rules of a kind can mean, and whether there may be others. */
const known = {
  tool: (conditions: readonly Named[]) => {
    const all = conditions.map(({ solver }) => toolsOf(solver));
    return { names: [...new Set(all.flatMap(({ names }) => [...names]))], open: all.some(({ open }) => open) };
  },
  scorer: (conditions: readonly Named[]) => ({
    names: [...new Set(conditions.flatMap(({ scorers = [] }) => scorerNames(scorers)))],
    open: false,
  }),
  backend: (conditions: readonly Named[]) => ({
    names: [...new Set(conditions.flatMap(({ backend }) => backend?.name ?? []))],
    open: conditions.some(({ backend }) => backend === undefined), // one that the run is given
  }),
};

/** Rows that are looked at for the fields that faults are aimed at. */
const MOST_ROWS = 1000;

/**
 * Refuses rules that could never strike, where that is known once data and backend are there.
 *
 * @throws ConfigError for a field that no row has, and a backend that no condition uses
 */
export function refuseAimless(
  { conditions }: { readonly conditions: readonly Named[] },
  items: readonly { readonly row: unknown }[],
  backend: Backend | undefined,
): void {
  const levels = new Map(conditions.flatMap(({ faults }) => (faults ? [[faults.level, faults.rules] as const] : [])));
  const rules = [...levels].flatMap(([level, all]) =>
    all.map(({ target }, i) => ({ ...aimOf(target), target, place: `faults.${level}[${i}].target` })),
  );
  checkAll(
    rules.map(({ kind, pattern, target, place }) => () => {
      if (kind !== "rows" && kind !== "backend") return;
      if (kind === "rows" && (items.length === 0 || items.length > MOST_ROWS)) return; // told at the end, where it matched nothing
      const names = kind === "rows" ? fieldsOf(items) : backendsOf(conditions, backend);
      if ([...names].some((name) => isMeantBy(pattern, name))) return;
      const what = kind === "rows" ? "a field that some row has" : "a backend that some condition has";
      throw new ConfigError(place, `must be aimed at ${what}`, target, didYouMean(pattern, names));
    }),
  );
}

const backendsOf = (conditions: readonly Named[], given: Backend | undefined): ReadonlySet<string> =>
  new Set(conditions.flatMap(({ solver, backend }) => (solver ? ((backend ?? given)?.name ?? []) : [])));

/** The dotted names of all members of rows, or of other values. */
export function fieldsOf(items: readonly { readonly row: unknown }[]): ReadonlySet<string> {
  const names = new Set<string>();
  const visit = (value: unknown, path: string, depth: number): void => {
    if (typeof value !== "object" || value === null || depth > DEEPEST) return;
    for (const [key, member] of Object.entries(value)) {
      const name = path === "" ? key : `${path}.${key}`;
      names.add(name);
      visit(member, name, depth + 1);
    }
  };
  for (const { row } of items) visit(row, "", 0);
  return names;
}
