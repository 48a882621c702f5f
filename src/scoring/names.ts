import { ConfigError } from "#src/kernel/errors";
import { nameOf, type Scorer } from "./scorer.ts";

/** What every task of a solver has beside its scores. A metric under such a name would be taken for it. */
const reserved: ReadonlySet<string> = new Set([
  ...["accuracy", "tokens", "latency", "cost", "limit"],
  ...["completion", "target", "scores", "messages", "reasoning", "solverState"],
]);

/**
 * The names of scorers' metrics: their own, numbered from the second of the same name on, as in inspect_ai.
 *
 * @example scorerNames([match(), match({ location: "any" }), includes()]) // ["match", "match1", "includes"]
 */
export function scorerNames(scorers: readonly Scorer[]): readonly string[] {
  const known = memory.get(scorers);
  if (known) return known;
  const names: string[] = [];
  for (const each of scorers) names.push(freeName(nameOf(each), names));
  if (Object.isFrozen(scorers)) memory.set(scorers, names); // once a run, not once a task
  return names;
}

const memory = new WeakMap<readonly Scorer[], readonly string[]>();

/** The name, or where it is taken the name with the first number that is free. */
export function freeName(name: string, taken: readonly string[]): string {
  let free = name;
  for (let count = 1; taken.includes(free); count++) free = `${name}${count}`;
  return free;
}

/**
 * Checks that no metric of these names would stand in the place of another.
 *
 * @param path where they were written
 * @throws ConfigError for a name that every task has, and for one that a record of another could have too
 */
export function checkNames(names: readonly string[], path: string): void {
  names.forEach((name, i) => {
    const place = `${path}[${i}]`;
    if (reserved.has(name) && !(name === "accuracy" && i === 0)) {
      throw new ConfigError(place, "must have a name of its own, which tasks do not have already", name, rename);
    }
    const others = [...names, "accuracy"].filter((other) => other !== name);
    const around = others.find((other) => name.startsWith(`${other}.`));
    if (around !== undefined) {
      throw new ConfigError(place, `must have a name that no record of ${JSON.stringify(around)} has`, name, rename);
    }
  });
}

const rename = 'Write named("other", scorer)';
