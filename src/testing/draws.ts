import { z } from "zod";
import { type Random, randomInt, stream } from "#src/kernel/random";

/**
 * One decision of a simulation that is not the calm one: the `n`-th draw (from 0) under a label has the value `value`. What is not listed is 0: no
 * fault, no delay, the order in which things were asked for.
 */
export type Decision = readonly [label: string, n: number, value: number];

/** @internal */
export const decisionList: z.ZodType<readonly Decision[]> = z.array(
  z.tuple([z.string(), z.int().nonnegative(), z.int().nonnegative()]),
);

/** Everything that a simulation leaves to chance. */
export interface Draws {
  /** A whole number in [0, bound); 0 is the calm choice. */
  int(label: string, bound: number): number;
  /** Whether something of that probability happens; `false` is the calm choice. */
  chance(label: string, probability: number): boolean;
  /** Those that were not calm, in the order they were drawn. */
  readonly decisions: readonly Decision[];
}

/**
 * Draws by a seed.
 *
 * @example seededDraws(7).int("delay", 100) === seededDraws(7).int("delay", 100) // => true
 */
export function seededDraws(seed: number | string): Draws {
  const random = stream(seed, "simulation");
  return recorded(
    (_, __, bound) => randomInt(random, bound),
    (_, __, probability) => random() < probability,
  );
}

/**
 * Draws that were recorded, and the calm choice for all others. Each label counts by itself, so that a decision that is left out moves no other.
 *
 * @example
 * const draws = replayedDraws([["delay", 1, 40], ["crash", 0, 1]]);
 * [draws.int("delay", 100), draws.int("delay", 100), draws.int("delay", 10)] // => [0, 40, 0]
 * draws.chance("crash", 0.5) // => true
 */
export function replayedDraws(decisions: readonly Decision[]): Draws {
  const given = new Map<string, Map<number, number>>();
  for (const [label, n, value] of decisions) {
    const own = given.get(label) ?? new Map<number, number>();
    given.set(label, own.set(n, value));
  }
  const recordedValue = (label: string, n: number): number => given.get(label)?.get(n) ?? 0;
  return recorded(recordedValue, (label, n, probability) => probability > 0 && recordedValue(label, n) > 0);
}

function recorded(
  choose: (label: string, n: number, bound: number) => number,
  happens: (label: string, n: number, probability: number) => boolean,
): Draws {
  const counts = new Map<string, number>();
  const decisions: Decision[] = [];
  const next = (label: string): number => {
    const n = counts.get(label) ?? 0;
    counts.set(label, n + 1);
    return n;
  };
  return {
    decisions,
    int(label, bound) {
      const n = next(label);
      const value = Math.min(choose(label, n, bound), bound - 1);
      if (value > 0) decisions.push([label, n, value]);
      return value;
    },
    chance(label, probability) {
      const n = next(label);
      const isHit = happens(label, n, probability);
      if (isHit) decisions.push([label, n, 1]);
      return isHit;
    },
  };
}

/** A seeded generator whose seed is a decision. */
export const randomOf = (draws: Draws, label: string): Random => stream(draws.int(label, 2 ** 31), label);
