import { type Random, stream } from "#src/kernel/random";

/** A rate that must not be passed, or one that is only shown. */
export type Law = { readonly atMost: number } | { readonly atLeast: number } | "shown";

/** Data sets of one kind, analysed end to end. */
export interface Cell {
  readonly name: string;
  /** Seeded data sets; the short form takes the first twentieth of them. */
  readonly sets: number;
  /** Analyses one data set. @returns what happened, by name: 1 or 0, or a share; nothing for a name that does not apply */
  readonly once: (random: Random) => Readonly<Record<string, number | undefined>>;
  readonly laws: Readonly<Record<string, Law>>;
}

export interface Rate {
  readonly cell: string;
  readonly rate: string;
  readonly share: number;
  readonly sets: number;
  /** The rate that is still within the binomial bound; absent for what is only shown. */
  readonly bound?: number;
  readonly isOutside: boolean;
}

/** Standard errors of the binomial bound: one rate in two thousand leaves it by chance, and seeds are fixed. */
const REACH = 3.3;

/** Runs a cell. @param share of its data sets */
export function ratesOf({ name, sets, once, laws }: Cell, share: number): Rate[] {
  const wanted = Math.max(1, Math.round(sets * share));
  const found = Array.from({ length: wanted }, (_, set) => once(stream("calibrate", name, set)));
  return Object.entries(laws).map(([rate, law]) => {
    const values = found.flatMap((one) => one[rate] ?? []);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const shown = { cell: name, rate, share: mean, sets: values.length };
    if (law === "shown") return { ...shown, isOutside: false };
    const nominal = "atMost" in law ? law.atMost : law.atLeast;
    const reach = REACH * Math.sqrt((nominal * (1 - nominal)) / values.length);
    const bound = "atMost" in law ? nominal + reach : nominal - reach;
    return { ...shown, bound, isOutside: "atMost" in law ? mean > bound : mean < bound };
  });
}

/** @example "all pairs, k 3, pass .5, n 30  familywise 0.041 of 1000, at most 0.073" */
export const rateLine = ({ cell, rate, share, sets, bound, isOutside }: Rate): string =>
  `${cell.padEnd(58)} ${rate.padEnd(22)} ${share.toFixed(3)} of ${sets}${bound === undefined ? "" : `, bound ${bound.toFixed(3)}`}${isOutside ? "  OUTSIDE" : ""}`;
