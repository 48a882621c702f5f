import { type Random, randomInt, stream } from "#src/kernel/random";

/**
 * One decision of a simulation that is not the calm one: the `n`-th draw (from 0) under a label came out as `value`. Whatever is not listed is 0: no
 * fault, no delay, the order in which things were asked for.
 */
export type Decision = readonly [label: string, n: number, value: number];

/** Everything that a simulation leaves to chance. */
export interface Draws {
  /** A whole number in [0, bound); 0 is the calm choice. */
  int(label: string, bound: number): number;
  /** Those that were not 0, in the order they were drawn. */
  readonly decisions: readonly Decision[];
}

/**
 * Draws by a seed.
 *
 * @example seededDraws(7).int("delay", 100) === seededDraws(7).int("delay", 100) // => true
 */
export function seededDraws(seed: number | string): Draws {
  const random = stream(seed, "simulation");
  return recorded((_, __, bound) => randomInt(random, bound));
}

/**
 * Draws that were recorded, and 0 for all others. Each label counts by itself, so that a decision that is left out moves no other.
 *
 * @example
 * const draws = replayedDraws([["delay", 1, 40]]);
 * [draws.int("delay", 100), draws.int("delay", 100), draws.int("delay", 10)] // => [0, 40, 0]
 */
export function replayedDraws(decisions: readonly Decision[]): Draws {
  const given = new Map<string, Map<number, number>>();
  for (const [label, n, value] of decisions) {
    const own = given.get(label) ?? new Map<number, number>();
    given.set(label, own.set(n, value));
  }
  return recorded((label, n) => given.get(label)?.get(n) ?? 0);
}

function recorded(choose: (label: string, n: number, bound: number) => number): Draws {
  const counts = new Map<string, number>();
  const decisions: Decision[] = [];
  return {
    decisions,
    int(label, bound) {
      const n = counts.get(label) ?? 0;
      counts.set(label, n + 1);
      const value = Math.min(choose(label, n, bound), bound - 1);
      if (value > 0) decisions.push([label, n, value]);
      return value;
    },
  };
}

/** Steps of a chance: the smallest is one in a million. */
const FINEST = 1_000_000;

/** Whether something of the given probability happens; not, when nothing is decided about it. */
export function chance(draws: Draws, label: string, probability: number): boolean {
  // from the top, so that 0 is always the calm choice
  return draws.int(label, FINEST) >= FINEST * (1 - probability);
}

/** A seeded generator whose seed is a decision. */
export const randomOf = (draws: Draws, label: string): Random => stream(draws.int(label, 2 ** 31), label);
