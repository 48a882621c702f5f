import { mapOk } from "#src/kernel/result";
import {
  type BootstrapOptions,
  biasCorrection,
  bootstrap,
  quantile,
  type Resamples,
  spreadOf,
  statisticOf,
} from "#src/stats/index";
import { ends, type Method } from "./methods.ts";

const statistics: Record<string, (values: Float64Array) => number> = {
  mean: (values) => values.reduce((sum, value) => sum + value, 0) / values.length,
  median: (values) => {
    const middle = quantile(Array.from(values), 0.5);
    return middle.ok ? middle.value : Number.NaN;
  },
  "sd (n-1)": (values) => spreadOf(Array.from(values)).sd,
};

export const resamplingMethods: Record<string, Method> = {
  bootstrap_ci: (
    { data, indices }: { data: number[]; indices: number[][] },
    { statistic, confLevel: level }: { statistic: string; confLevel: number },
  ) => {
    const resamples: Resamples = {
      size: data.length,
      seed: "given",
      draws: indices.map((row) => Uint32Array.from(row)),
      units: data.map((_, i) => Uint32Array.of(i)),
    };
    const f = statistics[statistic];
    if (!f) return {};
    const run = (options: BootstrapOptions = {}) => bootstrap(statisticOf(data, f), resamples, { level, ...options });
    const plain = run();
    const bca = (options: BootstrapOptions = {}) => {
      const result = run(options);
      return result.ok ? result.value.bca : result;
    };
    return mapOk(plain, (r) => ({
      t0: r.estimate,
      replicatesHead: Array.from(r.replicates.slice(0, 5)),
      bootMean: r.mean,
      bootSe: r.standardError,
      bias: r.bias,
      percentile: ends(r.percentile),
      basic: ends(r.basic),
      normal: ends(r.normal),
      z0: () => biasCorrection(r.estimate, r.replicates),
      z0Midrank: () => biasCorrection(r.estimate, r.replicates, "midrank"),
      acceleration: () => mapOk(bca(), ({ acceleration }) => acceleration),
      bcaAdjustedAlpha: () => mapOk(bca(), ({ shares }) => [...shares]),
      bca: () => mapOk(bca(), ends),
      bcaMidrank: () => mapOk(bca({ ties: "midrank" }), ends),
      bootPkgPercentile: () => mapOk(run({ interpolation: "normal" }), ({ percentile }) => ends(percentile)),
      bootPkgBca: () => mapOk(bca({ interpolation: "normal" }), ends),
    }));
  },
};
