import type { GoldenFile } from "./check.ts";

interface NistCase {
  readonly id: string;
  readonly certified: Record<string, number>;
  readonly derived?: Record<string, number>;
  readonly exactOnDoubles: Record<string, number>;
  readonly data?: number[];
  readonly groups?: number[][];
}

export interface NistFile {
  readonly suite: string;
  readonly cases: readonly NistCase[];
}

export const isNist = (file: object): file is NistFile => "suite" in file;

/** Certified digits cannot be reached where the data's own doubles differ from its decimals; the exact answer for the doubles can. */
const CERTIFIED = { rel: 1e-9 };
const EXACT = { rel: 1e-12 };

/**
 * NIST's certified values as golden cases: the exact result for the stored doubles to 12 digits always, and the certified decimals to
 * 9 digits where the two agree to that.
 */
export const nistAsGolden = ({ suite, cases }: NistFile): GoldenFile => ({
  file: suite,
  defaultTol: EXACT,
  cases: cases.flatMap(({ id, certified, derived, exactOnDoubles, data, groups }) => {
    const common = { method: data ? "nist_univariate" : "nist_anova", input: data ? { data } : { groups }, params: {} };
    const reachable = Object.entries(certified).filter(([key, value]) => {
      const exact = exactOnDoubles[key] ?? value;
      return (
        Math.abs(exact - value) <= 1e-10 * Math.abs(value) &&
        Math.abs((exactOnDoubles.F ?? certified.F ?? 0) - (certified.F ?? 0)) <= 1e-10 * (certified.F ?? 1)
      );
    });
    return [
      { id: `${id}-exact`, ...common, expected: exactOnDoubles },
      { id: `${id}-certified`, ...common, expected: Object.fromEntries(reachable), tol: CERTIFIED },
      ...(derived ? [{ id: `${id}-p`, ...tailOf(certified), expected: { value: derived.p }, tol: CERTIFIED }] : []),
    ];
  }),
});

/** The p of a certified F, from that F: in the far tail it would magnify the last digits of a computed one. */
const tailOf = ({ F, dfBetween, dfWithin }: Record<string, number>) => ({
  method: "fSf",
  input: { args: [F, dfBetween, dfWithin] },
  params: {},
});
