import { mapOk } from "#src/kernel/result";
import {
  type ExactMcNemar,
  fisherPower,
  mcnemarPower,
  meanPower,
  meanSampleSize,
  pairedProportionSampleSize,
  proportionPower,
  proportionSampleSize,
  repeatedSampleSize,
  smallestHigherProportion,
  smallestMeanDifference,
} from "#src/stats/index";
import type { Method } from "./methods.ts";

type Numbers = Record<"n" | "delta" | "sd" | "power" | "p1" | "p2" | "p10" | "p01", number>;
type Params = { alpha: number; sides: 1 | 2; type: "paired" | "two.sample"; alternative: "two.sided" | "one.sided" };

const design = (sd: number, { type, alternative, alpha }: Params) => ({
  design: type === "paired" ? ("paired" as const) : ("independent" as const),
  sd,
  alpha,
  sides: alternative === "two.sided" ? (2 as const) : (1 as const),
});

const whole = (n: number) => ({ n, nCeil: Math.ceil(n) });

export const powerMethods: Record<string, Method> = {
  power_t_power: ({ n, delta, sd }: Numbers, params: Params) => ({
    power: () => meanPower(n, delta, design(sd, params)),
    powerStrict: () => meanPower(n, delta, { ...design(sd, params), strict: true }),
  }),
  power_t_n: ({ delta, sd, power }: Numbers, params: Params) =>
    whole(meanSampleSize(delta, { ...design(sd, params), power })),
  power_t_mde: ({ n, sd, power }: Numbers, params: Params) => ({
    delta: smallestMeanDifference(n, { ...design(sd, params), power }),
  }),
  mcnemar_power: ({ n, p10, p01 }: Numbers, { method }: { method: ExactMcNemar }) => ({
    power: mcnemarPower(n, { p10, p01 }, { method }),
  }),
  fisher_power: ({ n, p1, p2 }: Numbers) => ({ power: fisherPower(n, p1, p2) }),
  power_prop_power: ({ n, p1, p2 }: Numbers, params: Params) => ({ power: proportionPower(n, p1, p2, params) }),
  power_prop_n: ({ p1, p2, power }: Numbers, params: Params) =>
    whole(proportionSampleSize(p1, p2, { ...params, power })),
  power_prop_mde: ({ n, p1, power }: Numbers, params: Params) =>
    mapOk(smallestHigherProportion(n, p1, { ...params, power }), (p2) => ({ p2 })),
  power_mcnemar_n: ({ p10, p01, power }: Numbers, params: Params) => {
    const nPairs = pairedProportionSampleSize({ p10, p01 }, { ...params, power });
    return { nPairs, nCeil: Math.ceil(nPairs) };
  },
  power_miller2024_n: ({ KA, KB, power, ...spec }: Record<string, number>, params: Params) => ({
    n: repeatedSampleSize(
      {
        delta: spec.delta ?? 0,
        omega2: spec.omega2 ?? 0,
        sigma2A: spec.sigma2A ?? 0,
        sigma2B: spec.sigma2B ?? 0,
        repeatsA: KA ?? 1,
        repeatsB: KB ?? 1,
      },
      { ...params, ...(power !== undefined && { power }) },
    ),
  }),
};
