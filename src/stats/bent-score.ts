import { invariant } from "#src/kernel/errors";
import { normal } from "./distributions.ts";
import { findRoot } from "./numeric.ts";

/** A score test of a difference, and a better p of the difference being 0. */
export interface Scored {
  /** Standardised distance of the data from a difference: falls with the difference, 0 at the estimate */
  readonly score: (difference: number) => number;
  readonly estimate: number;
  /** Two-sided p at 0, such as an exact one; 1 where the estimate is 0 */
  readonly p: number;
  /** Between which numbers differences lie */
  readonly range: readonly [low: number, high: number];
}

/**
 * A score interval that excludes 0 exactly where `p` is below 1 - level. Score intervals of shares cover well, but exact and mid-p tests
 * keep their level better at 0. So the critical value is bent, on the side of the estimate where 0 lies, as far as the test at 0
 * asks for and less and less away from it; the other end is the score interval's own. Ends move outwards as the level rises.
 *
 * @param level confidence, in (0, 1)
 * @example
 * const score = (d: number) => (0.3 - d) / 0.1; // z = 3 at 0
 * bentScoreInterval({ score, estimate: 0.3, p: 0.06, range: [-1, 1] }, 0.95).lower < 0 // => true
 */
export function bentScoreInterval(
  { score, estimate, p, range }: Scored,
  level: number,
): { lower: number; upper: number } {
  invariant(level > 0 && level < 1, `a confidence level must be between 0 and 1, got ${level}`);
  const z = normal.upperQuantile((1 - level) / 2);
  const near = estimate === 0 ? z : unbent(z, Math.abs(score(0)), normal.upperQuantile(p / 2));
  return {
    lower: endOf(score, estimate, range[0], estimate > 0 ? near : z),
    upper: endOf(score, estimate, range[1], estimate < 0 ? near : z),
  };
}

/** The score that counts as z, where the score at 0 counts as `zOfP`. */
function unbent(z: number, zero: number, zOfP: number): number {
  if (!Number.isFinite(zOfP) || !Number.isFinite(zero) || zero === zOfP) return z;
  const off = zOfP - zero;
  const fade = Math.max(1, 2 * off);
  const bent = (score: number): number =>
    score >= zero
      ? score + off * Math.exp((zero - score) / fade)
      : off < 0
        ? (score * zOfP) / zero
        : score + off * (score / zero) ** 5;
  if (z === zOfP) return zero;
  const [low, high] = z > zOfP ? [zero, Math.max(zero, z) + Math.abs(off) + 1] : [0, zero];
  return findRoot((score) => bent(score) - z, low, high, 1e-13);
}

/** Where the score reaches z on the way from the estimate to the edge; the edge where it does not. */
function endOf(score: (difference: number) => number, estimate: number, edge: number, z: number): number {
  const side = Math.sign(edge - estimate);
  if (side === 0) return edge;
  const miss = (difference: number): number => score(difference) + side * z;
  const almost = edge - side * 1e-12;
  const [from, to] = [miss(estimate), miss(almost)];
  if (Math.sign(from) === Math.sign(to)) return edge;
  return findRoot(miss, Math.min(estimate, almost), Math.max(estimate, almost), 1e-13);
}
