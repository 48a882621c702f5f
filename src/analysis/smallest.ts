import type { SettledStatistics } from "#src/experiment/options";
import type { Steps } from "#src/kernel/steps";
import { type Attainable, attainableMcNemar } from "#src/stats/attainable";
import { type SmallestPs, smallestPsInSteps } from "#src/stats/min-p";
import type { Tested } from "./compare.ts";
import { dependenceOf } from "./dependence.ts";
import type { Reading } from "./reading.ts";
import type { Table } from "./table.ts";

/**
 * Draws of the smallest p of a metric's pairs where no difference is true.
 *
 * @returns nothing where another correction was asked for, for a single pair, and for metrics that are not means: Bonferroni's bound holds for them
 */
export function* smallestOf(
  reading: Reading,
  table: Table,
  tested: readonly Tested[],
  { multipleTestingCorrection, significanceLevel, confidenceInterval, mcnemar }: SettledStatistics,
  seed: number,
): Steps<SmallestPs | undefined> {
  if (multipleTestingCorrection !== "min-p" || tested.length < 2) return undefined;
  const found = yield* dependenceOf(reading, table);
  if (!found) return undefined;
  const { joint, places } = found;
  const known = new Map<number, Attainable>();
  const attainableOf = (discordant: number | undefined): Attainable | undefined => {
    if (discordant === undefined || discordant > MOST_DISCRETE) return undefined;
    const attainable = known.get(discordant) ?? attainableMcNemar(discordant, mcnemar);
    known.set(discordant, attainable);
    return attainable;
  };
  const tests = tested.flatMap(({ pair, p, discordant }) =>
    p.ok
      ? [{ pair: [places[pair.condition]!, places[pair.against]!] as const, attainable: attainableOf(discordant) }]
      : [],
  );
  if (tests.length === 0) return undefined;
  const alpha = Math.min(significanceLevel, 1 - confidenceInterval);
  const draws = Math.min(MOST_DRAWS, Math.max(DRAWS, Math.ceil(1000 / alpha)));
  return yield* smallestPsInSteps(joint, tests, draws, seed);
}

/** Draws that give the level of 5 % within a twentieth of itself. */
const DRAWS = 20_000;
const MOST_DRAWS = 100_000;
/** Discordant items beyond which McNemar's p is as good as continuous. */
const MOST_DISCRETE = 1000;
