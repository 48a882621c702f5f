import { invariant } from "#src/kernel/errors";

/** `none`; family-wise error: `bonferroni`, `sidak`, `holm`, `hochberg`, `hommel`; false discovery rate: `bh`, `by`. */
export type Adjustment = "none" | "bonferroni" | "sidak" | "holm" | "hochberg" | "hommel" | "bh" | "by";

/**
 * Adjusts the p-values of one family of tests, so that each can be compared with alpha as if it were the only one.
 *
 * `holm` bounds the chance of any false claim without assumptions, and is never weaker than `bonferroni`; `hochberg` and `hommel` need
 * independence or positive dependence; `bh` bounds the share of false claims, `by` does so under any dependence.
 *
 * @param values p-values in [0, 1]; null for a test that is undefined: it stays null and does not count
 * @returns as many, in the same order
 * @see Holm 1979; Hochberg 1988; Hommel 1988 (after Wright, Biometrics 48, 1992); Benjamini & Hochberg 1995; Benjamini & Yekutieli 2001
 * @example adjustP([0.01, 0.02, 0.04], "holm") // => [0.03, 0.04, 0.04]
 */
export function adjustP<P extends number | null>(values: readonly P[], method: Adjustment = "holm"): P[] {
  const present = values.filter((p): p is P & number => p !== null);
  for (const p of present) invariant(p >= 0 && p <= 1, `a p-value must be in [0, 1], got ${p}`);
  const adjusted = rules[method](present);
  let next = 0;
  return values.map((p) => (p === null ? p : (adjusted[next++] as P)));
}

const cap = (p: number): number => Math.min(1, p);

const rules: Record<Adjustment, (p: readonly number[]) => number[]> = {
  none: (p) => [...p],
  bonferroni: (p) => p.map((value) => cap(p.length * value)),
  sidak: (p) => p.map((value) => -Math.expm1(p.length * Math.log1p(-value))),
  holm: (p) => stepDown(p, (rank) => p.length - rank),
  hochberg: (p) => stepUp(p, (rank) => p.length - rank),
  bh: (p) => stepUp(p, (rank) => p.length / (rank + 1)),
  by: (p) => {
    const harmonic = p.reduce((sum, _, i) => sum + 1 / (i + 1), 0);
    return stepUp(p, (rank) => (harmonic * p.length) / (rank + 1));
  },
  hommel,
};

/** Positions by ascending p. */
const ascending = (p: readonly number[]): number[] => p.map((_, i) => i).sort((a, b) => p[a]! - p[b]!);

/** From the smallest p upwards: multiplied, and no smaller than any before. */
function stepDown(p: readonly number[], factor: (rank: number) => number): number[] {
  const result = new Array<number>(p.length);
  let bound = 0;
  ascending(p).forEach((i, rank) => {
    bound = Math.max(bound, cap(factor(rank) * p[i]!));
    result[i] = bound;
  });
  return result;
}

/** From the largest p downwards: multiplied, and no larger than any before. */
function stepUp(p: readonly number[], factor: (rank: number) => number): number[] {
  const result = new Array<number>(p.length);
  let bound = 1;
  const order = ascending(p);
  for (let rank = p.length - 1; rank >= 0; rank--) {
    const i = order[rank]!;
    bound = Math.min(bound, factor(rank) * p[i]!);
    result[i] = bound;
  }
  return result;
}

function hommel(p: readonly number[]): number[] {
  const n = p.length;
  if (n < 2) return [...p];
  const order = ascending(p);
  const sorted = order.map((i) => p[i]!);
  const smallest = (m: number): number => Math.min(...sorted.map((value, i) => (n * value) / (i + 1)).slice(0, m));
  const q = new Array<number>(n).fill(smallest(n));
  const bound = [...q];
  for (let m = n - 1; m > 1; m--) {
    let least = Number.POSITIVE_INFINITY;
    for (let i = n - m + 1; i < n; i++) least = Math.min(least, (m * sorted[i]!) / (m - n + i + 1));
    for (let i = 0; i <= n - m; i++) q[i] = Math.min(m * sorted[i]!, least);
    for (let i = n - m + 1; i < n; i++) q[i] = q[n - m]!;
    for (let i = 0; i < n; i++) bound[i] = Math.max(bound[i]!, q[i]!);
  }
  const result = new Array<number>(n);
  order.forEach((i, rank) => {
    result[i] = Math.max(bound[rank]!, sorted[rank]!);
  });
  return result;
}
