import { mapOk } from "#src/kernel/result";
import {
  bartlettTest,
  fisherExact,
  flignerTest,
  goodnessOfFit,
  independenceTest,
  leveneTest,
  meanOverItems,
  passAtK,
  passHatK,
  phiCoefficient,
  shapiroWilk,
} from "#src/stats/index";
import { ends, type Method } from "./methods.ts";
import { oddsFields } from "./methods-proportions.ts";

type Two = [[number, number], [number, number]];

export const tableMethods: Record<string, Method> = {
  chi_square_independence: ({ table }: { table: number[][] }) => {
    const test = independenceTest(table);
    const yates = () => independenceTest(table, { corrected: true });
    return {
      undefined: test,
      chi2: mapOk(test, ({ chi2 }) => chi2),
      df: mapOk(test, ({ df }) => df),
      p: mapOk(test, ({ p }) => p),
      logP: mapOk(test, ({ logP }) => logP),
      expected: mapOk(test, ({ expected }) => expected),
      minExpected: mapOk(test, ({ minExpected }) => minExpected),
      cramersV: mapOk(test, ({ cramersV }) => cramersV),
      cramersVBiasCorrected: mapOk(test, ({ cramersVCorrected }) => cramersVCorrected),
      gStatistic: mapOk(test, ({ g }) => g),
      pG: mapOk(test, ({ pG }) => pG),
      stdResiduals: mapOk(test, ({ residuals }) => residuals),
      chi2Yates: () => mapOk(yates(), ({ chi2 }) => chi2),
      pYates: () => mapOk(yates(), ({ p }) => p),
      phi: () => phiCoefficient(table as Two),
    };
  },
  chi_square_gof: ({ observed, probabilities }: { observed: number[]; probabilities: number[] }) => {
    const test = goodnessOfFit(observed, probabilities);
    return { chi2: mapOk(test, ({ chi2 }) => chi2), df: mapOk(test, ({ df }) => df), p: mapOk(test, ({ p }) => p) };
  },
  fisher_exact_2x2: ({ table }: { table: Two }, { confLevel: level }: { confLevel: number }) => {
    const test = fisherExact(table, { level });
    return {
      p: test.p,
      pLess: () => fisherExact(table, { alternative: "less" }).p,
      pGreater: () => fisherExact(table, { alternative: "greater" }).p,
      oddsRatioConditionalMle: mapOk(test.odds, ({ estimate }) => estimate),
      oddsRatioCi: mapOk(test.odds, ({ interval }) => ends(interval)),
      ...oddsFields(table),
    };
  },
  levene_brownforsythe_bartlett_fligner: ({ groups }: { groups: number[][] }) => {
    const levene = (centre: "mean" | "median") => {
      const test = leveneTest(groups, { centre });
      return {
        undefined: test,
        F: mapOk(test, ({ f }) => f),
        df1: mapOk(test, ({ df1 }) => df1),
        df2: mapOk(test, ({ df2 }) => df2),
        p: mapOk(test, ({ p }) => p),
      };
    };
    const bartlett = bartlettTest(groups);
    const fligner = flignerTest(groups);
    return {
      levene: levene("mean"),
      brownForsythe: levene("median"),
      bartlett: {
        undefined: bartlett,
        K2: mapOk(bartlett, ({ chi2 }) => chi2),
        df: mapOk(bartlett, ({ df }) => df),
        p: mapOk(bartlett, ({ p }) => p),
      },
      fligner: {
        undefined: fligner,
        chi2: mapOk(fligner, ({ chi2 }) => chi2),
        df: mapOk(fligner, ({ df }) => df),
        p: mapOk(fligner, ({ p }) => p),
      },
    };
  },
  shapiro_wilk: ({ x }: { x: number[] }) => {
    const test = shapiroWilk(x);
    return { undefined: test, W: mapOk(test, ({ w }) => w), p: mapOk(test, ({ p }) => p) };
  },
  pass_at_k: ({ n, c, k }: { n: number; c: number; k: number }) => ({
    undefined: passAtK({ n, passed: c }, k),
    passAtK: passAtK({ n, passed: c }, k),
    passHatK: passHatK({ n, passed: c }, k),
  }),
  pass_at_k_mean: ({ n, c, k }: { n: number[]; c: number[]; k: number }) => {
    const items = n.map((size, i) => ({ n: size, passed: c[i] ?? 0 }));
    return { passAtK: meanOverItems(items, k, passAtK), passHatK: meanOverItems(items, k, passHatK) };
  },
};
