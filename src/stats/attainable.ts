import { binomialProbability, binomialTails } from "./distributions.ts";
import type { McNemarMethod } from "./mcnemar.ts";

/** Every p that a discrete test can give, ascending, with the probability of a p no larger where no difference is true. */
export interface Attainable {
  readonly p: Float64Array;
  readonly probability: Float64Array;
}

/** Standard deviations from the middle beyond which nothing is seen. */
const REACH = 5;

/**
 * What McNemar's test can say given the items on which two conditions differ: with 5 of them the exact p is never below 2 / 2^5, so that
 * such a pair cannot raise a false alarm at 1 %, however many pairs there are.
 *
 * @param discordant items on which the conditions differ
 * @see Tarone, Biometrics 46 (1990) 515; Westfall & Wolfinger, American Statistician 51 (1997) 3
 * @example attainableMcNemar(3, "exact").p.length // => 2
 */
export function attainableMcNemar(discordant: number, method: Extract<McNemarMethod, "exact" | "mid-p">): Attainable {
  const p: number[] = [];
  const probability: number[] = [];
  const from = Math.max(0, Math.floor(discordant / 2 - REACH * Math.sqrt(discordant)));
  for (let less = from; less < discordant / 2; less++) {
    const both = 2 * binomialTails(less, discordant, 0.5).lower;
    if (both > 1 - 1e-9 && method === "exact") break;
    p.push(method === "mid-p" ? both - binomialProbability(less, discordant, 0.5) : both);
    probability.push(Math.min(1, both));
  }
  p.push(1);
  probability.push(1);
  return { p: Float64Array.from(p), probability: Float64Array.from(probability) };
}
