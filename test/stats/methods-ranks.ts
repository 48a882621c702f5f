import { mapOk } from "#src/kernel/result";
import {
  type Alternative,
  dominance,
  dunn,
  friedman,
  hodgesLehmann,
  kendallTest,
  kruskalWallis,
  type MannWhitneyOptions,
  mannWhitney,
  pairedHodgesLehmann,
  pairedShiftInterval,
  pearsonTest,
  permutationTest,
  type SignedRankOptions,
  shiftInterval,
  signFlipTest,
  spearmanTest,
  wilcoxonSignedRank,
} from "#src/stats/index";
import { ends, type Method } from "./methods.ts";

type Two = { x: number[]; y: number[] };

/** Fields named after three ways to p and three alternatives. */
function pFields(
  p: (options: { alternative: Alternative; method: "exact" | "normal"; corrected: boolean }) => unknown,
) {
  const sides: [string, Alternative][] = [
    ["", "two-sided"],
    ["Less", "less"],
    ["Greater", "greater"],
  ];
  return Object.fromEntries(
    sides.flatMap(([suffix, alternative]) => [
      [`pApproxCorrected${suffix}`, () => p({ alternative, method: "normal", corrected: true })],
      [`pApprox${suffix}`, () => p({ alternative, method: "normal", corrected: false })],
      [`pExact${suffix}`, () => p({ alternative, method: "exact", corrected: true })],
      [`pExactPermutationTies${suffix}`, () => p({ alternative, method: "exact", corrected: true })],
    ]),
  );
}

/** R calls the wanted level achieved unless enumeration misses it by more than half of alpha; for pairs it rounds then. */
const achievedAsInR = (level: number, digits?: number): number => {
  const [alpha, wanted] = [1 - level, 0.05];
  if (alpha - wanted <= wanted / 2) return 1 - wanted;
  return digits === undefined ? level : 1 - Number(alpha.toPrecision(digits));
};

export const rankMethods: Record<string, Method> = {
  wilcoxon_signed_rank: (
    { x, y }: Two,
    { mu = 0, roundDifferencesToDecimals }: { mu?: number; roundDifferencesToDecimals?: number },
  ) => {
    const test = (options: SignedRankOptions = {}) => wilcoxonSignedRank(x, y, { mu, ...options });
    const plain = test();
    const pratt = () => test({ zeros: "pratt", method: "normal", corrected: false });
    const shift = () =>
      pairedShiftInterval(
        x.map((value) => value - mu),
        y,
      );
    return {
      undefined: plain,
      // without a single rank the sum is 0, which the typed reason says in words
      V: plain.ok ? plain.value.v : 0,
      Vminus: mapOk(plain, ({ vMinus }) => vMinus),
      nNonZero: mapOk(plain, ({ nonZero }) => nonZero),
      nZero: mapOk(plain, ({ zeros }) => zeros),
      ...pFields((options) => mapOk(test(options), ({ p }) => p)),
      pseudomedianCiExact95: () => mapOk(shift(), ends),
      achievedConfLevel: () => mapOk(shift(), ({ level }) => achievedAsInR(level, 2)),
      hodgesLehmann: () => pairedHodgesLehmann(x, y),
      prattV: () => mapOk(pratt(), ({ v }) => v),
      prattZ: () => mapOk(pratt(), ({ z }) => z),
      pPratt: () => mapOk(pratt(), ({ p }) => p),
      matchedRankBiserial: mapOk(plain, ({ rankBiserial }) => rankBiserial),
      ...(roundDifferencesToDecimals !== undefined && {
        rawDoubles: {
          V: () => mapOk(test({ ignoreNoise: false }), ({ v }) => v),
          pApproxCorrected: () => mapOk(test({ ignoreNoise: false, method: "normal" }), ({ p }) => p),
        },
      }),
    };
  },
  mann_whitney: ({ x, y }: Two) => {
    const test = (options: MannWhitneyOptions = {}) => mannWhitney(x, y, options);
    const plain = test({ method: "normal" });
    const order = dominance(x, y);
    const uncorrected = () => test({ method: "normal", corrected: false });
    return {
      undefined: plain,
      U1: mapOk(order, ({ u1 }) => u1),
      U2: mapOk(order, ({ u2 }) => u2),
      sigmaTieCorrected: mapOk(plain, ({ sigma }) => sigma),
      zNoCorrection: () => mapOk(uncorrected(), ({ z }) => z),
      zCorrected: mapOk(plain, ({ z }) => z),
      ...pFields((options) => mapOk(test(options), ({ p }) => p)),
      hodgesLehmannCiExact95: () => mapOk(shiftInterval(x, y), ends),
      achievedConfLevel: () => mapOk(shiftInterval(x, y), ({ level }) => achievedAsInR(level)),
      hodgesLehmann: () => hodgesLehmann(x, y),
      cles: mapOk(order, ({ superiority }) => superiority),
      cliffsDelta: mapOk(order, ({ delta }) => delta),
      rankBiserial: mapOk(order, ({ delta }) => delta),
    };
  },
  kruskal_wallis: ({ groups }: { groups: number[][] }) => {
    const test = kruskalWallis(groups);
    return {
      undefined: test,
      H: mapOk(test, ({ chi2 }) => chi2),
      df: mapOk(test, ({ df }) => df),
      p: mapOk(test, ({ p }) => p),
      logP: mapOk(test, ({ logP }) => logP),
      epsilonSquaredRank: mapOk(test, ({ epsilonSquared }) => epsilonSquared),
      etaSquaredH: mapOk(test, ({ etaSquared }) => etaSquared),
      rankSums: mapOk(test, ({ rankSums }) => rankSums),
    };
  },
  friedman: ({ blocks }: { blocks: number[][] }) => {
    const test = friedman(blocks);
    return {
      undefined: test,
      chi2: mapOk(test, ({ chi2 }) => chi2),
      df: mapOk(test, ({ df }) => df),
      p: mapOk(test, ({ p }) => p),
      kendallsW: mapOk(test, ({ kendallsW }) => kendallsW),
      rankSums: mapOk(test, ({ rankSums }) => rankSums),
    };
  },
  dunn: ({ groups }: { groups: number[][] }) => {
    const adjusted = (["holm", "bonferroni", "bh"] as const).map((adjust) => dunn(groups, { adjust }));
    const [holm, bonferroni, bh] = adjusted;
    return {
      undefined: holm,
      pairs: mapOk(holm!, (pairs) =>
        pairs.map(({ pAdjusted, ...pair }, at) => ({
          ...pair,
          holm: pAdjusted,
          bonferroni: bonferroni?.ok ? bonferroni.value[at]?.pAdjusted : undefined,
          BH: bh?.ok ? bh.value[at]?.pAdjusted : undefined,
        })),
      ),
    };
  },
  correlation: ({ x, y }: Two, { confLevel }: { confLevel?: number }) => {
    const pearson = pearsonTest(x, y, confLevel === undefined ? {} : { level: confLevel });
    const spearman = spearmanTest(x, y);
    const kendall = kendallTest(x, y);
    return {
      undefined: pearson,
      pearson: {
        r: mapOk(pearson, ({ r }) => r),
        t: mapOk(pearson, ({ t }) => t),
        df: mapOk(pearson, ({ df }) => df),
        p: mapOk(pearson, ({ p }) => p),
        ci95: pearson.ok ? mapOk(pearson.value.interval, ends) : pearson,
      },
      spearman: {
        rho: mapOk(spearman, ({ r }) => r),
        S: mapOk(spearman, ({ s }) => s),
        pT: mapOk(spearman, ({ p }) => p),
        pExact: spearman.ok ? spearman.value.pExact : spearman,
      },
      kendall: {
        tauB: mapOk(kendall, ({ tauB }) => tauB),
        z: mapOk(kendall, ({ z }) => z),
        pNormal: mapOk(kendall, ({ p }) => p),
        pExact: kendall.ok ? kendall.value.pExact : kendall,
        T: mapOk(kendall, ({ concordant }) => concordant),
      },
    };
  },
  permutation_two_sample_mean_diff: ({ x, y }: Two) => permutationFields(permutationTest(x, y)),
  permutation_paired_sign_flip: ({ differences }: { differences: number[] }) =>
    permutationFields(signFlipTest(differences)),
};

function permutationFields(test: ReturnType<typeof permutationTest>) {
  return mapOk(test, ({ estimate, arrangements, counts, p, pLess, pGreater }) => ({
    meanDiff: estimate,
    nPermutations: arrangements,
    countTwoSided: counts.twoSided,
    countLess: counts.less,
    countGreater: counts.greater,
    p,
    pLess,
    pGreater,
  }));
}
