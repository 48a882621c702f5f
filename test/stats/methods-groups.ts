import { mapOk, type Result } from "#src/kernel/result";
import {
  type Adjustment,
  adjustP,
  type ClusteredMean,
  cliffsDelta,
  clusteredDifference,
  clusteredMean,
  dominance,
  dunnett,
  effectSize,
  gamesHowell,
  hedgesFactor,
  oneWayAnova,
  type PairedEffectSize,
  pairedDifference,
  pairedEffectSize,
  pairwiseTTests,
  repeatedAnova,
  sumsOfSquares,
  tukeyHsd,
  welchAnova,
} from "#src/stats/index";
import { ends, Judged, type Method } from "./methods.ts";

type Groups = { groups: number[][] };
type Two = { x: number[]; y: number[] };

const clusterFields = (result: Result<ClusteredMean>) =>
  mapOk(result, (r) => ({
    n: r.n,
    clusters: r.clusters,
    mean: r.mean,
    seNaive: r.seNaive,
    seNaivePop: r.seNaivePopulation,
    seClusteredCR0: r.seCR0,
    seClusteredMiller: r.seMiller,
    seClusteredCR1: r.seCR1,
    designEffect: r.designEffect,
    ci95NormalCR1: ends(r.normalInterval),
    ci95TCR1: ends(r.interval),
  }));

/** dz sqrt(2 (1 - r)) is all rounding where r is 1 (two items): a reference whose r is ours to rounding is no better. */
const judgedRm = ({ dz, dRm, correlation }: PairedEffectSize) =>
  mapOk(
    dRm,
    (value) =>
      new Judged(
        value,
        (expected) => correlation.ok && Math.abs(1 - (expected / dz) ** 2 / 2 - correlation.value) < 4e-16,
      ),
  );

const golden: [string, Adjustment][] = [
  ["bonferroni", "bonferroni"],
  ["holm", "holm"],
  ["hochberg", "hochberg"],
  ["hommel", "hommel"],
  ["BH", "bh"],
  ["BY", "by"],
  ["sidak", "sidak"],
];

export const groupMethods: Record<string, Method> = {
  anova_oneway: ({ groups }: Groups, { ciLevelEffect }: { ciLevelEffect?: number }) => {
    const test = oneWayAnova(groups, ciLevelEffect === undefined ? {} : { level: ciLevelEffect });
    const sums = sumsOfSquares(groups);
    const welch = () => welchAnova(groups);
    return {
      undefined: test,
      F: mapOk(test, ({ f }) => f),
      dfBetween: mapOk(sums, ({ dfBetween }) => dfBetween),
      dfWithin: mapOk(sums, ({ dfWithin }) => dfWithin),
      ssBetween: mapOk(sums, ({ ssBetween }) => ssBetween),
      ssWithin: mapOk(sums, ({ ssWithin }) => ssWithin),
      msBetween: mapOk(test, ({ msBetween }) => msBetween),
      msWithin: mapOk(test, ({ msWithin }) => msWithin),
      p: mapOk(test, ({ p }) => p),
      logP: mapOk(test, ({ logP }) => logP),
      etaSquared: mapOk(test, ({ etaSquared }) => etaSquared),
      omegaSquared: mapOk(test, ({ omegaSquared }) => omegaSquared),
      epsilonSquared: mapOk(test, ({ epsilonSquared }) => epsilonSquared),
      cohensF: mapOk(test, ({ cohensF }) => cohensF),
      ncpCi90: mapOk(test, ({ noncentrality }) => ends(noncentrality)),
      etaSquaredCi90: mapOk(test, ({ etaInterval }) => ends(etaInterval)),
      welch: {
        undefined: welch,
        F: () => mapOk(welch(), ({ f }) => f),
        df1: () => mapOk(welch(), ({ df1 }) => df1),
        df2: () => mapOk(welch(), ({ df2 }) => df2),
        p: () => mapOk(welch(), ({ p }) => p),
      },
    };
  },
  nist_anova: ({ groups }: Groups) =>
    mapOk(oneWayAnova(groups), (r) => ({
      dfBetween: r.dfBetween,
      dfWithin: r.dfWithin,
      ssBetween: r.ssBetween,
      ssWithin: r.ssWithin,
      msBetween: r.msBetween,
      msWithin: r.msWithin,
      F: r.f,
      p: r.p,
      rSquared: r.etaSquared,
      residualSd: Math.sqrt(r.msWithin),
    })),
  rm_anova: ({ blocks }: { blocks: number[][] }) => {
    const test = repeatedAnova(blocks);
    return mapOk(test, ({ f, ...rest }) => ({ F: f, ...rest }));
  },
  tukey_hsd: ({ groups }: Groups, { confLevel }: { confLevel: number }) =>
    mapOk(tukeyHsd(groups, { level: confLevel }), (r) => ({
      msWithin: r.msWithin,
      df: r.df,
      k: groups.length,
      qCritical: r.qCritical,
      pairs: r.pairs.map((pair) => ({ ...pair, diff: pair.difference, ci95: ends(pair.interval) })),
    })),
  dunnett: ({ groups }: Groups, { confLevel }: { confLevel: number }) =>
    mapOk(dunnett(groups, { level: confLevel }), (pairs) => ({
      t: pairs.map(({ t }) => t),
      p: pairs.map(({ p }) => p),
      ci: () => pairs.map(({ interval }) => ends(interval)),
    })),
  games_howell: ({ groups }: Groups, { confLevel }: { confLevel: number }) =>
    mapOk(gamesHowell(groups, { level: confLevel }), (pairs) => ({
      k: groups.length,
      pairs: pairs.map((pair) => ({
        ...pair,
        diff: pair.difference,
        t: (Math.sign(pair.difference) * pair.q) / Math.SQRT2,
        ci95: ends(pair.interval),
      })),
    })),
  pairwise_t_pooled_sd: ({ groups }: Groups) =>
    mapOk(pairwiseTTests(groups), (holm) => ({
      pairs: holm.map(({ i, j, p, pAdjusted }, at) => ({
        i,
        j,
        p,
        holm: pAdjusted,
        BH: () => mapOk(pairwiseTTests(groups, { adjust: "bh" }), (bh) => bh[at]?.pAdjusted),
      })),
    })),
  cluster_se_mean: ({ values, clusters }: { values: number[]; clusters: number[] }) =>
    clusterFields(clusteredMean(values, clusters)),
  paired_difference_se: ({ a, b, clusters }: { a: number[]; b: number[]; clusters: number[] }) =>
    mapOk(pairedDifference(a, b), (r) => ({
      meanDiff: r.difference,
      sePaired: r.standardError,
      seUnpaired: r.standardErrorUnpaired,
      correlation: r.correlation,
      varianceReduction: r.varianceReduction,
      z: r.z,
      pZ: r.p,
      clustered: () => clusterFields(clusteredDifference(a, b, clusters)),
    })),
  effect_size_paired: ({ x, y }: Two, { confLevel }: { confLevel: number }) =>
    mapOk(pairedEffectSize(x, y, { level: confLevel }), (r) => ({
      ...r,
      dRm: judgedRm(r),
      dzCiNoncentralT: ends(r.interval),
    })),
  effect_size_two_sample: ({ x, y }: Two, { confLevel }: { confLevel?: number }) => {
    const sizes = effectSize(x, y, confLevel === undefined ? {} : { level: confLevel });
    const order = dominance(x, y);
    const delta = () => cliffsDelta(x, y);
    const df = x.length + y.length - 2;
    return {
      undefined: sizes,
      cohensD: mapOk(sizes, ({ d }) => d),
      hedgesG: mapOk(sizes, ({ hedgesG }) => hedgesG),
      hedgesGApprox: mapOk(sizes, ({ d }) => d * (1 - 3 / (4 * df - 1))),
      hedgesJ: () => hedgesFactor(df),
      glassDeltaX: mapOk(sizes, ({ glassFirst }) => glassFirst),
      glassDeltaY: mapOk(sizes, ({ glassSecond }) => glassSecond),
      dAverageSd: mapOk(sizes, ({ dAverage }) => dAverage),
      seNormal: mapOk(sizes, ({ standardError }) => standardError),
      dCiNormal95: () => mapOk(effectSize(x, y, { level: 0.95 }), ({ normalInterval }) => ends(normalInterval)),
      cliffsDelta: mapOk(order, (r) => r.delta),
      cles: mapOk(order, ({ superiority }) => superiority),
      nonOverlapU3: mapOk(sizes, ({ u3 }) => u3),
      pointBiserialR: mapOk(sizes, ({ pointBiserialR }) => pointBiserialR),
      dCiNoncentralT: mapOk(sizes, ({ interval }) => ends(interval)),
      gCiNoncentralT: mapOk(sizes, ({ interval }) => ends(interval).map((end) => end * hedgesFactor(df))),
      cliffsDeltaVarUnbiased: () => mapOk(delta(), ({ variance }) => variance),
    };
  },
  p_adjust: ({ p }: { p: number[] }) => {
    const given = p.map((value) => (Number.isNaN(value) ? null : value));
    return Object.fromEntries(
      golden.map(([field, method]) => [field, () => adjustP(given, method).map((value) => value ?? "absent")]),
    );
  },
};
