import { mapOk } from "#src/kernel/result";
import { type MetaOptions, metaAnalysis } from "#src/stats/index";
import type { Method } from "./methods.ts";

/** Words of metafor for what is called otherwise here. */
const tests = { z: "normal", knha: "hartung-knapp", adhoc: "hartung-knapp-modified" } as const;

export const metaMethods: Readonly<Record<string, Method>> = {
  meta_analysis: (
    { y, se }: { y: number[]; se: number[] },
    { between, test, confLevel }: { between: "REML" | "DL" | "EE"; test: keyof typeof tests; confLevel: number },
  ) => {
    const options: MetaOptions = {
      model: between === "EE" ? "common" : "random",
      ...(between === "EE" ? {} : { between }),
      test: tests[test],
      level: confLevel,
    };
    const studies = y.map((estimate, i) => ({ estimate, standardError: se[i]! }));
    return mapOk(metaAnalysis(studies, options), ({ interval, prediction, heterogeneity, standardError, ...r }) => ({
      ...r,
      se: standardError,
      lower: interval.lower,
      upper: interval.upper,
      q: heterogeneity.q,
      qp: heterogeneity.p,
      ...(prediction ? { predictionLower: prediction.lower, predictionUpper: prediction.upper } : {}),
    }));
  },
};
