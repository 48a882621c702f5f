import { describe, expect, it } from "vitest";
import type { Random } from "#src/kernel/random";
import type { Result } from "#src/kernel/result";
import * as s from "#src/stats/index";
import { ALPHA, BOUND, clustered, grades, normals, passes, shareOf, sumOf, waits } from "./simulate.ts";

type P = (random: Random) => Result<{ readonly p: number }, unknown> | { readonly p: number };

/** Continuous statistics reject as often as they say. */
const exact: Record<string, P> = {
  "one sample t, 12": (r) => s.oneSampleTTest(normals(r, 12)),
  "paired t, 30": (r) => s.pairedTTest(normals(r, 30), normals(r, 30, 0, 2)),
  "paired t, 200 skewed": (r) => s.pairedTTest(waits(r, 200), waits(r, 200)),
  "paired t, 60 tied grades": (r) => s.pairedTTest(grades(r, 60), grades(r, 60)),
  "Welch, balanced, unequal variances": (r) => s.welchTTest(normals(r, 20), normals(r, 20, 0, 4)),
  "Welch, unbalanced, unequal variances": (r) => s.welchTTest(normals(r, 10, 0, 3), normals(r, 40)),
  "Welch, unbalanced, tied": (r) => s.welchTTest(grades(r, 25), grades(r, 60)),
  "pooled t, unbalanced, equal variances": (r) => s.pooledTTest(normals(r, 8), normals(r, 30)),
  "signed rank, normal, 120": (r) => s.wilcoxonSignedRank(normals(r, 120), normals(r, 120)),
  "signed rank, normal, 120 tied": (r) => s.wilcoxonSignedRank(grades(r, 120), grades(r, 120), { method: "normal" }),
  "signed rank, Pratt, 150 tied": (r) =>
    s.wilcoxonSignedRank(grades(r, 150, 3), grades(r, 150, 3), { zeros: "pratt", method: "normal" }),
  "signed rank, exact, 25": (r) => s.wilcoxonSignedRank(normals(r, 25), normals(r, 25)),
  "Mann-Whitney, normal, unbalanced": (r) => s.mannWhitney(normals(r, 60), normals(r, 90), { method: "normal" }),
  "Mann-Whitney, normal, unbalanced, tied": (r) => s.mannWhitney(grades(r, 50), grades(r, 100), { method: "normal" }),
  "Mann-Whitney, exact, unbalanced": (r) => s.mannWhitney(normals(r, 12), normals(r, 20)),
  "sign flips, 12 enumerated": (r) => s.signFlipTest(normals(r, 12)),
  "sign flips, 40 drawn": (r) =>
    s.signFlipTest(
      waits(r, 40).map((w) => (r() < 0.5 ? w : -w)),
      { draws: 199, seed: r() },
    ),
  "sign flips, clusters": (r) => {
    const { values, clusters } = clustered(r, 12);
    return s.signFlipTest(values, { clusters });
  },
  "permutation, unbalanced, drawn": (r) => s.permutationTest(waits(r, 10), waits(r, 30), { draws: 199, seed: r() }),
  "permutation, unbalanced, enumerated": (r) => s.permutationTest(normals(r, 4), normals(r, 7)),
  "McNemar, chi-squared, 400": (r) =>
    s.mcnemarTest(s.pairedCounts(passes(r, 400, 0.6), passes(r, 400, 0.6)), { method: "chi-squared" }),
  "McNemar, mid-p, 300": (r) =>
    s.mcnemarTest(s.pairedCounts(passes(r, 300, 0.6), passes(r, 300, 0.6)), { method: "mid-p" }),
  "two proportions, unbalanced": (r) =>
    s.twoProportionTest(
      { successes: sumOf(passes(r, 200, 0.4)), n: 200 },
      { successes: sumOf(passes(r, 330, 0.4)), n: 330 },
    ),
  "Cochran Q, 4 conditions": (r) => s.cochranQ(Array.from({ length: 120 }, () => passes(r, 4, 0.5))),
  "chi-squared, 3 x 4": (r) =>
    s.independenceTest(Array.from({ length: 3 }, (_, i) => countsOf(grades(r, 80 + 60 * i, 4), 4))),
  "goodness of fit": (r) => s.goodnessOfFit(countsOf(grades(r, 300, 5), 5), [0.2, 0.2, 0.2, 0.2, 0.2]),
  "anova, unbalanced": (r) => s.oneWayAnova([normals(r, 6), normals(r, 15), normals(r, 25)]),
  "Welch anova, unequal variances": (r) => s.welchAnova([normals(r, 20, 0, 3), normals(r, 25), normals(r, 40, 0, 2)]),
  "repeated anova, Greenhouse-Geisser": (r) => withP(s.repeatedAnova(unequalBlocks(r, 40)), "pGG"),
  "repeated anova, spherical": (r) => s.repeatedAnova(Array.from({ length: 15 }, () => normals(r, 4))),
  "Kruskal-Wallis, unbalanced": (r) => s.kruskalWallis([waits(r, 20), waits(r, 30), waits(r, 50)]),
  "Kruskal-Wallis, tied": (r) => s.kruskalWallis([grades(r, 30), grades(r, 30), grades(r, 60)]),
  "Friedman, 4 conditions": (r) => s.friedman(Array.from({ length: 40 }, () => waits(r, 4))),
  "Friedman, tied": (r) => s.friedman(Array.from({ length: 60 }, () => grades(r, 4, 3))),
  "Levene, median, unbalanced": (r) => s.leveneTest([normals(r, 40), normals(r, 61, 2), normals(r, 30)]),
  "Bartlett, unbalanced": (r) => s.bartlettTest([normals(r, 20), normals(r, 40), normals(r, 30)]),
  "Fligner, unbalanced": (r) => s.flignerTest([normals(r, 60), normals(r, 90, 3), normals(r, 70)]),
  "Shapiro-Wilk, 30": (r) => s.shapiroWilk(normals(r, 30)),
  "Pearson, 20": (r) => s.pearsonTest(normals(r, 20), normals(r, 20)),
  "Spearman, 60 tied": (r) => s.spearmanTest(grades(r, 60), grades(r, 60)),
  "Kendall, 60 tied": (r) => s.kendallTest(grades(r, 60), grades(r, 60)),
  "clusters, 30": (r) => {
    const { values, clusters } = clustered(r, 30);
    const mean = s.clusteredMean(values, clusters);
    return pOf(mean.ok ? mean.value.p : mean);
  },
  "Tukey, any of 3 pairs": (r) => smallest(pairsIn(s.tukeyHsd([normals(r, 8), normals(r, 8), normals(r, 8)]))),
};

/** Discrete or bounded ones reject at most as often. */
const conservative: Record<string, P> = {
  "McNemar, exact, 40": (r) => s.mcnemarTest(s.pairedCounts(passes(r, 40, 0.7), passes(r, 40, 0.7))),
  "McNemar, corrected, 40": (r) =>
    s.mcnemarTest(s.pairedCounts(passes(r, 40, 0.7), passes(r, 40, 0.7)), { method: "chi-squared-corrected" }),
  "binomial, exact, 30": (r) => s.binomialTest({ successes: sumOf(passes(r, 30, 0.3)), n: 30 }, { share0: 0.3 }),
  "Fisher, unbalanced": (r) => s.fisherExact([cellsOf(passes(r, 15, 0.4)), cellsOf(passes(r, 40, 0.4))]),
  "signed rank, exact, 12 tied": (r) => s.wilcoxonSignedRank(grades(r, 12), grades(r, 12)),
  "Mann-Whitney, exact, unbalanced, tied": (r) => s.mannWhitney(grades(r, 6), grades(r, 14)),
  "sign flips, 8 tied": (r) => s.signFlipTest(grades(r, 8).map((g) => g - 2)),
  "permutation, tied": (r) => s.permutationTest(grades(r, 4), grades(r, 7)),
  "Dunn with Holm, any of 6 pairs": (r) =>
    smallest(pairsIn(s.dunn([waits(r, 15), waits(r, 20), waits(r, 15), waits(r, 30)]))),
  "pairwise t with Holm, any of 3 pairs": (r) =>
    smallest(pairsIn(s.pairwiseTTests([normals(r, 10), normals(r, 15), normals(r, 20)]))),
  "Games-Howell, any of 3 pairs": (r) =>
    smallest(pairsIn(s.gamesHowell([normals(r, 12), normals(r, 15, 0, 2), normals(r, 25, 0, 3)]))),
  "Holm over 10 t tests": (r) =>
    smallest(
      s.adjustP(
        Array.from({ length: 10 }, () => pOf(s.oneSampleTTest(normals(r, 10))).p),
        "holm",
      ),
    ),
  "Hommel over 10 t tests": (r) =>
    smallest(
      s.adjustP(
        Array.from({ length: 10 }, () => pOf(s.oneSampleTTest(normals(r, 10))).p),
        "hommel",
      ),
    ),
  "Benjamini-Yekutieli over 10 t tests": (r) =>
    smallest(
      s.adjustP(
        Array.from({ length: 10 }, () => pOf(s.oneSampleTTest(normals(r, 10))).p),
        "by",
      ),
    ),
  "equivalence at the margin": (r) => s.tostWelch(normals(r, 40, 0.5), normals(r, 30), { low: -0.5, high: 0.5 }),
};

const countsOf = (values: readonly number[], levels: number): number[] =>
  Array.from({ length: levels }, (_, level) => values.filter((v) => v === level).length);
const cellsOf = (values: readonly number[]): [number, number] => [sumOf(values), values.length - sumOf(values)];
const withP = (result: Result<s.RepeatedAnova, unknown>, field: "pGG"): Result<{ p: number }, unknown> =>
  result.ok ? { ok: true, value: { p: result.value[field] } } : result;
const pairsIn = (
  result: Result<{ pairs: readonly { p: number }[] } | readonly { p: number; pAdjusted?: number }[], unknown>,
): number[] => {
  if (!result.ok) return [1];
  const pairs: readonly { p: number; pAdjusted?: number }[] =
    "pairs" in result.value ? result.value.pairs : result.value;
  return pairs.map(({ p, pAdjusted }) => pAdjusted ?? p);
};
const smallest = (ps: readonly number[]): { p: number } => ({ p: Math.min(...ps) });
/** Conditions of unequal spread: not spherical. */
const unequalBlocks = (random: Random, n: number): number[][] =>
  Array.from({ length: n }, () => [1, 2, 4].map((sd) => normals(random, 1, 0, sd)[0] ?? 0));

/** An undefined test rejects nothing. */
function pOf(answer: unknown): { p: number } {
  if (typeof answer === "number") return { p: answer };
  const result = answer as Result<{ p: number } | number> | { p: number };
  if (!("ok" in result)) return result;
  return result.ok ? pOf(result.value) : { p: 1 };
}

describe("null calibration: 2,000 data sets without an effect, alpha 0.05", () => {
  for (const [name, test] of Object.entries(exact)) {
    it(`${name} rejects 5 % of them`, () => {
      const share = shareOf(name, (random) => pOf(test(random)).p <= ALPHA);
      expect(share).toBeGreaterThan(ALPHA - BOUND);
      expect(share).toBeLessThan(ALPHA + BOUND);
    });
  }
  for (const [name, test] of Object.entries(conservative)) {
    it(`${name} rejects at most 5 % of them`, () => {
      expect(shareOf(name, (random) => pOf(test(random)).p <= ALPHA)).toBeLessThan(ALPHA + BOUND);
    });
  }
});
