import { betaBinomialE, normalMixture } from "#src/stats/index";
import { ends, type Method } from "./methods.ts";

export const sequentialMethods: Record<string, Method> = {
  normal_mixture_sprt: (
    { x }: { x: number[] },
    { alpha, ...variances }: { sigma2: number; tau2: number; alpha: number },
  ) => {
    const sum = x.reduce((total, value) => total + value, 0);
    const { logE, eValue, p, interval } = normalMixture(sum, x.length, { ...variances, level: 1 - alpha });
    return { logE, eValue, anytimeP: p, confidenceSequenceAtN: ends(interval) };
  },
  beta_binomial_e_value: (
    { successes, n }: { successes: number; n: number },
    { p0, priorA, priorB }: { p0: number; priorA: number; priorB: number },
  ) => {
    const { logE, eValue, p } = betaBinomialE({ successes, n }, { share0: p0, priorA, priorB });
    return { logE, eValue, anytimeP: p };
  },
};
