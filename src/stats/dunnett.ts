import { invariant } from "#src/kernel/errors";
import { err, ok, type Result } from "#src/kernel/result";
import { type AnovaProblem, sumsOfSquares } from "./anova.ts";
import { studentT } from "./distributions.ts";
import { normalCdf, normalDensity } from "./normal.ts";
import { findRoot, logMeanOverChi } from "./numeric.ts";
import { checkLevel, DEFAULT_LEVEL, type Interval, isNoise, spreadOf } from "./sample.ts";

export interface BaselinePair {
  /** Number of the group that is compared with the baseline */
  readonly group: number;
  /** Its mean minus the baseline's */
  readonly difference: number;
  readonly t: number;
  readonly df: number;
  /** Already adjusted for all comparisons with the baseline */
  readonly p: number;
  /** Simultaneous for all of them; worked out when read */
  readonly interval: Interval;
}

/**
 * Dunnett's test of independent groups against one baseline, assuming one variance: sharper than Holm over the same comparisons,
 * because it knows that they share the baseline.
 *
 * - `baseline`: its number, from 0; default 0
 * @param groups the baseline among them
 * @see Dunnett, JASA 50 (1955); Dunnett, Biometrics 20 (1964) (unequal sizes)
 */
export function dunnett(
  groups: readonly (readonly number[])[],
  { baseline = 0, level = DEFAULT_LEVEL }: { baseline?: number; level?: number } = {},
): Result<BaselinePair[], AnovaProblem> {
  checkLevel(level);
  invariant(baseline in groups, `the baseline must be one of ${groups.length} groups, got ${baseline}`);
  const sums = sumsOfSquares(groups);
  if (!sums.ok) return sums;
  const df = sums.value.dfWithin;
  const sd = Math.sqrt(sums.value.ssWithin / df);
  if (isNoise(sd, ...groups.map((group) => group[0]!))) return err("all-equal");
  const spreads = groups.map(spreadOf);
  const base = spreads[baseline]!;
  const others = spreads.flatMap((spread, group) => (group === baseline ? [] : [{ ...spread, group }]));
  const loadings = others.map(({ n }) => Math.sqrt(n / (n + base.n)));
  let known: number | undefined;
  const critical = (): number => {
    known ??= criticalT(loadings, df, 1 - level);
    return known;
  };
  return ok(
    others.map(({ group, mean, n }) => {
      const difference = mean - base.mean;
      const standardError = sd * Math.sqrt(1 / n + 1 / base.n);
      const t = difference / standardError;
      return {
        group,
        difference,
        t,
        df,
        p: largestTail(Math.abs(t), loadings, df),
        get interval() {
          const reach = critical() * standardError;
          return { lower: difference - reach, upper: difference + reach, level };
        },
      };
    }),
  );
}

const STEP = 0.25;
const REACH = 36;

/** P(max |T| > t) for t statistics whose correlations are products of loadings: given the baseline's mean they are independent. */
function largestTail(t: number, loadings: readonly number[], df: number): number {
  const outside = (reach: number): number => {
    let sum = 0;
    for (let i = -REACH; i <= REACH; i++) {
      const z = i * STEP;
      let logInside = 0;
      for (const loading of loadings) {
        const own = Math.sqrt(1 - loading * loading);
        logInside += Math.log1p(-normalCdf((loading * z - reach) / own) - normalCdf((-loading * z - reach) / own));
      }
      sum += normalDensity(z) * -Math.expm1(logInside);
    }
    return Math.log(sum * STEP);
  };
  return Math.min(1, Math.exp(logMeanOverChi(df, (s) => outside(t * s))));
}

function criticalT(loadings: readonly number[], df: number, alpha: number): number {
  const t = studentT(df);
  const [low, high] = [
    t.upperQuantile(alpha / 2) * (1 - 1e-9),
    t.upperQuantile(alpha / 2 / loadings.length) * (1 + 1e-9),
  ];
  return findRoot((x) => Math.log(largestTail(x, loadings, df) / alpha), low, high, 1e-12);
}
