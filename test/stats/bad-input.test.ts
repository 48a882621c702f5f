import { describe, expect, it } from "vitest";
import * as s from "#src/stats/index";

const nan = Number.NaN;
const inf = Number.POSITIVE_INFINITY;
const two = [1, 2];
const same = [3, 3, 3];

/** What each function says to data that it cannot use: one row per function, one reason per kind of data. */
const refusals: [name: string, call: () => { readonly ok: boolean }, reason: string][] = [
  ["oneSampleTTest of one value", () => s.oneSampleTTest([1]), "too-few"],
  ["oneSampleTTest of nothing", () => s.oneSampleTTest([]), "too-few"],
  ["oneSampleTTest of equal values", () => s.oneSampleTTest(same, { mu: 3 }), "all-equal"],
  ["oneSampleTTest with NaN", () => s.oneSampleTTest([1, nan]), "not-finite"],
  ["oneSampleTTest with Infinity", () => s.oneSampleTTest([1, inf]), "not-finite"],
  ["pairedTTest of equal differences", () => s.pairedTTest([1.1, 2.1, 3.1], [1, 2, 3]), "all-equal"],
  ["pairedTTest with a missing pair", () => s.pairedTTest([1, 2, 3], [1, nan, 5]), "not-finite"],
  ["welchTTest of one value", () => s.welchTTest([1], two), "too-few"],
  ["welchTTest of two constants", () => s.welchTTest(same, [4, 4]), "all-equal"],
  ["pooledTTest of one value each", () => s.pooledTTest([1], [2]), "too-few"],
  ["tostWelch of two constants", () => s.tostWelch(same, same, { low: -1, high: 1 }), "all-equal"],
  ["describe of nothing", () => s.describe([]), "empty"],
  ["describe with NaN", () => s.describe([nan]), "not-finite"],
  ["quantile of nothing", () => s.quantile([], 0.5), "empty"],
  ["skewness of equal values", () => s.skewness(same), "all-equal"],
  ["geometricMean with 0", () => s.geometricMean([0, 1]), "not-positive"],
  ["coefficientOfVariation around 0", () => s.coefficientOfVariation([-1, 1]), "zero-mean"],
  ["wilsonInterval of no items", () => s.wilsonInterval({ successes: 0, n: 0 }), "too-few"],
  ["binomialTest of no items", () => s.binomialTest({ successes: 0, n: 0 }), "too-few"],
  [
    "twoProportionTest where all pass",
    () => s.twoProportionTest({ successes: 5, n: 5 }, { successes: 7, n: 7 }),
    "all-equal",
  ],
  ["oddsRatio of 0 / 0", () => s.oddsRatio({ successes: 0, n: 5 }, { successes: 0, n: 5 }), "zero-count"],
  ["relativeRisk to 0", () => s.relativeRisk({ successes: 1, n: 5 }, { successes: 0, n: 5 }), "zero-count"],
  [
    "mcnemarTest without discordant pairs",
    () => s.mcnemarTest({ both: 5, onlyFirst: 0, onlySecond: 0, neither: 2 }, { method: "mid-p" }),
    "no-discordant-pairs",
  ],
  [
    "cochranQ without discordant items",
    () =>
      s.cochranQ([
        [1, 1, 1],
        [0, 0, 0],
      ]),
    "no-discordant-pairs",
  ],
  ["cochranQ of one condition", () => s.cochranQ([[1], [0]]), "too-few"],
  [
    "pairedRiskDifference of no items",
    () => s.pairedRiskDifference({ both: 0, onlyFirst: 0, onlySecond: 0, neither: 0 }),
    "too-few",
  ],
  ["wilcoxonSignedRank without differences", () => s.wilcoxonSignedRank(two, two), "all-zero"],
  ["wilcoxonSignedRank with NaN", () => s.wilcoxonSignedRank([nan], [1]), "not-finite"],
  ["mannWhitney of equal values", () => s.mannWhitney(same, same), "all-equal"],
  ["mannWhitney of nothing", () => s.mannWhitney([], two), "too-few"],
  ["kruskalWallis of one group", () => s.kruskalWallis([two]), "too-few"],
  ["kruskalWallis of equal values", () => s.kruskalWallis([same, same]), "all-equal"],
  [
    "friedman where all items tie",
    () =>
      s.friedman([
        [1, 1],
        [2, 2],
      ]),
    "all-equal",
  ],
  ["friedman of one condition", () => s.friedman([[1], [2]]), "too-few"],
  [
    "oneWayAnova of constants",
    () =>
      s.oneWayAnova([
        [1, 1],
        [2, 2],
      ]),
    "all-equal",
  ],
  ["oneWayAnova of one group", () => s.oneWayAnova([two]), "too-few"],
  ["welchAnova with a constant group", () => s.welchAnova([same, two, two]), "constant-group"],
  ["repeatedAnova of one item", () => s.repeatedAnova([[1, 2]]), "too-few"],
  [
    "repeatedAnova without residual",
    () =>
      s.repeatedAnova([
        [1, 2],
        [3, 4],
      ]),
    "all-equal",
  ],
  ["tukeyHsd with NaN", () => s.tukeyHsd([[1, nan], two]), "not-finite"],
  ["gamesHowell of one value", () => s.gamesHowell([[1], two]), "too-few"],
  [
    "independenceTest with an empty row",
    () =>
      s.independenceTest([
        [0, 0],
        [3, 4],
      ]),
    "zero-margin",
  ],
  ["goodnessOfFit of no counts", () => s.goodnessOfFit([0, 0], [0.5, 0.5]), "too-few"],
  ["pearson with a constant", () => s.pearson(same, [1, 2, 3]), "all-equal"],
  ["pearsonTest of two pairs", () => s.pearsonTest(two, two), "too-few"],
  ["shapiroWilk of two values", () => s.shapiroWilk(two), "too-few"],
  ["shapiroWilk of equal values", () => s.shapiroWilk(same), "all-equal"],
  [
    "leveneTest of groups of two",
    () =>
      s.leveneTest([
        [1, 2],
        [5, 9],
      ]),
    "all-equal",
  ],
  ["bartlettTest with a constant group", () => s.bartlettTest([same, two]), "all-equal"],
  ["pairedEffectSize of equal differences", () => s.pairedEffectSize([1, 2], [0, 1]), "all-equal"],
  ["effectSize of one value", () => s.effectSize([1], two), "too-few"],
  ["cliffsDelta of nothing", () => s.cliffsDelta([], two), "too-few"],
  ["clusteredMean of one cluster", () => s.clusteredMean(two, ["a", "a"]), "one-cluster"],
  ["pairedDifference of one item", () => s.pairedDifference([1], [2]), "too-few"],
  ["signFlipTest of nothing", () => s.signFlipTest([]), "too-few"],
  ["permutationTest with Infinity", () => s.permutationTest([inf], two), "not-finite"],
  ["bootstrap of a statistic that is not a number", () => s.bootstrap(() => nan, s.drawResamples(3)), "not-finite"],
  ["passAtK of too few answers", () => s.passAtK({ n: 3, passed: 1 }, 5), "too-few"],
  ["smallestPairedDifference of few items", () => s.smallestPairedDifference(5, 0.1), "too-few"],
];

describe("data that a function cannot use is a value with a reason", () => {
  for (const [name, call, reason] of refusals)
    it(`${name}: ${reason}`, () => expect(call()).toEqual({ ok: false, error: reason }));

  it("an interval, effect size or p that does not exist inside a result says so there", () => {
    const one = s.describe([4]);
    expect(one).toMatchObject({
      ok: true,
      value: { n: 1, mean: 4, sd: { ok: false, error: "too-few" }, interval: { ok: false, error: "too-few" } },
    });
    expect(s.bootstrap(s.meanOf(same), s.drawResamples(3))).toMatchObject({
      ok: true,
      value: { estimate: 3, bca: { ok: false, error: "all-equal" } },
    });
    expect(s.cliffsDelta([1], two)).toMatchObject({
      ok: true,
      value: { delta: -0.5, interval: { ok: false, error: "too-few" } },
    });
    expect(s.clusteredMean([1, 1], ["a", "b"])).toMatchObject({
      ok: true,
      value: { seCR1: 0, p: { ok: false, error: "all-equal" } },
    });
  });

  it("missing values are left out by name, and counted", () => {
    expect(s.omitMissing([1, nan, inf])).toEqual({ values: [1], dropped: 2 });
    expect(s.omitMissingPairs([1, nan, 3], [1, 2, inf])).toEqual({ x: [1], y: [1], dropped: 2 });
  });
});

describe("a call that makes no sense is thrown", () => {
  const slips: [name: string, call: () => unknown, law: string][] = [
    ["pairs of unequal length", () => s.pairedTTest([1], two), "paired samples must have one length, got 1 and 2"],
    ["a level of 95", () => s.meanInterval(two, { level: 95 }), "a confidence level must be between 0 and 1, got 95"],
    [
      "more successes than items",
      () => s.wilsonInterval({ successes: 3, n: 2 }),
      "successes must be a whole number from 0 to n, got 3 of 2",
    ],
    ["grades as pass or fail", () => s.pairedCounts([0.5], [1]), "pass or fail must be a boolean, 0 or 1, got 0.5"],
    ["a quantile of 95", () => s.quantile(two, 95), "a quantile's share must be in [0, 1], got 95"],
    ["ragged blocks", () => s.friedman([[1, 2], [1]]), "every item must have 2 values, got 1"],
    [
      "margins that do not enclose",
      () => s.tostWelch(two, two, { low: 1, high: -1 }),
      "the low margin must be below the high one, got 1 and -1",
    ],
    ["a bootstrap of no items", () => s.drawResamples(0), "a bootstrap needs items, got 0"],
    ["clusters of other items", () => s.clusteredMean(two, ["a"]), "every item needs a cluster"],
    [
      "a difference of 0 to find",
      () => s.meanSampleSize(0, { design: "paired", sd: 1 }),
      "the difference to find must not be 0",
    ],
    ["no degrees of freedom", () => s.studentT(0), "degrees of freedom must be above 0, got 0"],
  ];
  for (const [name, call, law] of slips) it(name, () => expect(call).toThrow(law));
});
