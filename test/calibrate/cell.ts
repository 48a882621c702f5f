import { type Random, stream } from "#src/kernel/random";
import { binomialTails } from "#src/stats/distributions";

/** A rate that must not be passed, or one that is only shown. */
export type Law = { readonly atMost: number } | { readonly atLeast: number } | "shown";

/** What came of one data set, by name: 1 or 0, or a share; nothing for a name that does not apply to it. */
export type Counts = Readonly<Record<string, number | undefined>>;

/** Data sets of one design whose truth is known, analysed end to end. */
export interface Cell {
  /** Unique; seeds its data sets, and therefore stays as it is. */
  readonly name: string;
  /** Seeded data sets of the full form. */
  readonly sets: number;
  /** Draws one data set and analyses it. */
  readonly once: (random: Random) => Counts;
  readonly laws: Readonly<Record<string, Law>>;
}

/** Cells of one question. */
export interface Kind {
  readonly name: string;
  readonly cells: readonly Cell[];
  /** Name of the cell that stands for the kind where few can be afforded. */
  readonly short: string;
}

export interface Rate {
  readonly cell: string;
  readonly rate: string;
  /** NaN where no data set has it. */
  readonly share: number;
  /** Data sets that have it. */
  readonly sets: number;
  /** The rate that is still explained by chance; absent for what is only shown. */
  readonly bound?: number;
  /** A law that no data set has anything to say about is broken as well. */
  readonly isOutside: boolean;
}

/** One rate in two thousand leaves its bound by chance; seeds are fixed, so that it does so always or never. */
const CHANCE = 1 / 2000;

/**
 * Runs a cell.
 *
 * @param share of its data sets: the first of them, one at least
 * @param seed of all data sets; what the documents print is of 1
 */
export function ratesOf({ name, sets, once, laws }: Cell, share = 1, seed = 1): Rate[] {
  const wanted = Math.max(1, Math.round(sets * share));
  const found = Array.from({ length: wanted }, (_, set) => once(stream(seed, "calibrate", name, set)));
  return Object.entries(laws).map(([rate, law]) => {
    const values = found.flatMap((one) => one[rate] ?? []);
    const sum = values.reduce((a, b) => a + b, 0);
    const shown = { cell: name, rate, share: sum / values.length, sets: values.length };
    if (law === "shown") return { ...shown, isOutside: false };
    const n = values.length;
    const most = "atMost" in law ? mostByChance(n, law.atMost) : n - mostByChance(n, 1 - law.atLeast);
    const isOutside = n === 0 || ("atMost" in law ? sum > most + 1e-9 : sum < most - 1e-9);
    return { ...shown, bound: most / n, isOutside };
  });
}

/**
 * The greatest number of errors among n that chance still explains where each errs with probability p.
 *
 * @example mostByChance(1000, 0.05) // => 74
 */
export function mostByChance(n: number, p: number): number {
  let [low, high] = [-1, n];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (binomialTails(middle, n, p).upper > CHANCE) low = middle;
    else high = middle;
  }
  return high;
}

/** @example "k 3, pass 0.5, 30 items                familywise             0.041 of 1000, bound 0.074" */
export const rateLine = ({ cell, rate, share, sets, bound, isOutside }: Rate): string =>
  `${cell.padEnd(64)} ${rate.padEnd(20)} ${sets === 0 ? "never given" : `${share.toFixed(3)} of ${sets}`}${
    bound === undefined || sets === 0 ? "" : `, bound ${bound.toFixed(3)}`
  }${isOutside ? "  OUTSIDE" : ""}`;
