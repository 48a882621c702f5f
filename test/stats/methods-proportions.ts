import { mapOk, type Result } from "#src/kernel/result";
import {
  agrestiCoullInterval,
  binomialTest,
  clopperPearsonInterval,
  cochranQ,
  cohensH,
  type Interval,
  jeffreysInterval,
  mcnemarTest,
  modifiedWilsonInterval,
  oddsRatio,
  pairedOddsRatio,
  pairedRiskDifference,
  proportionZ,
  type RiskDifferenceMethod,
  relativeRisk,
  riskDifference,
  twoProportionTest,
  waldInterval,
  wilsonInterval,
} from "#src/stats/index";
import { ends, type Method } from "./methods.ts";

const intervalOf = (result: Result<Interval>) => mapOk(result, ends);

/** Fields of an odds ratio, plain and with Haldane's half items. */
export function oddsFields([[s1, f1], [s2, f2]]: [[number, number], [number, number]]) {
  const [a, b] = [
    { successes: s1, n: s1 + f1 },
    { successes: s2, n: s2 + f2 },
  ];
  const plain = () => oddsRatio(a, b);
  const haldane = () => oddsRatio(a, b, { haldane: true });
  const inner = (result: ReturnType<typeof oddsRatio>) => (result.ok ? intervalOf(result.value.interval) : result);
  return {
    oddsRatioSample: () => mapOk(plain(), ({ estimate }) => estimate),
    oddsRatioWoolfCi95: () => inner(plain()),
    oddsRatioHaldane: () => mapOk(haldane(), ({ estimate }) => estimate),
    oddsRatioHaldaneCi95: () => inner(haldane()),
  };
}

export const proportionMethods: Record<string, Method> = {
  binomial: ({ x, n }: { x: number; n: number }, { p0, confLevel: level }: { p0: number; confLevel: number }) => {
    const count = { successes: x, n };
    const test = (alternative: "two-sided" | "less" | "greater") => () =>
      mapOk(binomialTest(count, { share0: p0, alternative }), ({ p }) => p);
    return {
      undefined: () => binomialTest(count),
      estimate: () => mapOk(binomialTest(count), ({ estimate }) => estimate),
      pExact: test("two-sided"),
      pLess: test("less"),
      pGreater: test("greater"),
      clopperPearson: () => intervalOf(clopperPearsonInterval(count, { level })),
      wilson: () => intervalOf(wilsonInterval(count, { level })),
      wilsonCorrected: () => intervalOf(wilsonInterval(count, { level, correction: 0.5 })),
      wilsonCorrectedRPropTest: () =>
        intervalOf(wilsonInterval(count, { level, correction: Math.min(0.5, Math.abs(x - n / 2)) })),
      agrestiCoull: () => intervalOf(agrestiCoullInterval(count, { level })),
      jeffreysRaw: () => intervalOf(jeffreysInterval(count, { level, closed: false })),
      jeffreys: () => intervalOf(jeffreysInterval(count, { level })),
      wald: () => intervalOf(waldInterval(count, { level })),
      zScore: () => proportionZ(count, p0),
    };
  },
  two_proportion_z: ({ x1, n1, x2, n2 }: Record<"x1" | "n1" | "x2" | "n2", number>) => {
    const a = { successes: x1, n: n1 };
    const b = { successes: x2, n: n2 };
    const test = twoProportionTest(a, b);
    const corrected = () => twoProportionTest(a, b, { corrected: true });
    const difference = (method: RiskDifferenceMethod) => () =>
      mapOk(riskDifference(a, b, { method }), ({ interval }) => ends(interval));
    return {
      undefined: test,
      p1: x1 / n1,
      p2: x2 / n2,
      diff: () => mapOk(riskDifference(a, b), ({ estimate }) => estimate),
      z: mapOk(test, ({ z }) => z),
      p: mapOk(test, ({ p }) => p),
      pLess: () => mapOk(twoProportionTest(a, b, { alternative: "less" }), ({ p }) => p),
      pGreater: () => mapOk(twoProportionTest(a, b, { alternative: "greater" }), ({ p }) => p),
      logP: mapOk(test, ({ logP }) => logP),
      chi2Corrected: () => mapOk(corrected(), ({ z }) => z * z),
      pCorrected: () => mapOk(corrected(), ({ p }) => p),
      waldCi95: difference("wald"),
      waldCorrectedCi95: difference("wald-corrected"),
      newcombeCi95: difference("newcombe"),
      agrestiCaffoCi95: difference("agresti-caffo"),
      cohensH: () => cohensH(x1 / n1, x2 / n2),
      relativeRisk: () => mapOk(relativeRisk(a, b), ({ estimate }) => estimate),
      relativeRiskCi95: () => {
        const result = relativeRisk(a, b);
        return result.ok ? intervalOf(result.value.interval) : result;
      },
      ...oddsFields([
        [x1, n1 - x1],
        [x2, n2 - x2],
      ]),
    };
  },
  modified_wilson: ({ x, n }: { x: number; n: number }, { confLevel: level }: { confLevel: number }) => ({
    interval: intervalOf(modifiedWilsonInterval({ successes: x, n }, { level })),
  }),
  mcnemar: ({ table }: { table: [[number, number], [number, number]] }) => {
    const [[both, b], [c, neither]] = table;
    const counts = { both, onlyFirst: b, onlySecond: c, neither };
    const plain = mcnemarTest(counts, { method: "chi-squared" });
    const corrected = () => mcnemarTest(counts, { method: "chi-squared-corrected" });
    return {
      undefined: plain,
      b,
      c,
      chi2: mapOk(plain, ({ chi2 }) => chi2),
      p: mapOk(plain, ({ p }) => p),
      chi2Corrected: () => mapOk(corrected(), ({ chi2 }) => chi2),
      pCorrected: () => mapOk(corrected(), ({ p }) => p),
      pExact: () => mapOk(mcnemarTest(counts), ({ p }) => p),
      pMid: () => mapOk(mcnemarTest(counts, { method: "mid-p" }), ({ p }) => p),
      oddsRatio: () => mapOk(pairedOddsRatio(counts), ({ estimate }) => estimate),
      oddsRatioExactCi95: () => mapOk(pairedOddsRatio(counts), ({ interval }) => ends(interval)),
      diffProportions: () => mapOk(pairedRiskDifference(counts), ({ estimate }) => estimate),
      diffSe: () => mapOk(pairedRiskDifference(counts), ({ standardError }) => standardError),
      diffWaldCi95: () => mapOk(pairedRiskDifference(counts, { method: "wald" }), ({ interval }) => ends(interval)),
    };
  },
  paired_risk_difference: (
    { table: [[both, onlyFirst], [onlySecond, neither]] }: { table: [[number, number], [number, number]] },
    { confLevel: level }: { confLevel: number },
  ) => {
    const counts = { both, onlyFirst, onlySecond, neither };
    const interval = (method: "newcombe" | "tango") => () =>
      mapOk(pairedRiskDifference(counts, { level, method }), (r) => ends(r.interval));
    return {
      estimate: mapOk(pairedRiskDifference(counts), ({ estimate }) => estimate),
      newcombe: interval("newcombe"),
      tango: interval("tango"),
    };
  },
  cochran_q: ({ blocks }: { blocks: number[][] }) => {
    const test = cochranQ(blocks);
    return {
      undefined: test,
      Q: mapOk(test, ({ chi2 }) => chi2),
      df: mapOk(test, ({ df }) => df),
      p: mapOk(test, ({ p }) => p),
    };
  },
};
