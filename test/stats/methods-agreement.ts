import { mapOk, type Result } from "#src/kernel/result";
import {
  type Agreement,
  bradleyTerry,
  type ConfusionShare,
  cohenKappa,
  confusionOf,
  fleissKappa,
  gwetAC1,
  krippendorffAlpha,
  type MeasurementLevel,
  type Rating,
} from "#src/stats/index";
import { ends, type Method } from "./methods.ts";

type Level = { confLevel: number };
interface Comparisons {
  a: string[];
  b: string[];
  winsA: number[];
  winsB: number[];
  cluster?: string[];
}

const estimateAndSe = (found: Result<Agreement>) =>
  mapOk(found, ({ estimate, standardError }) => ({ estimate, se: standardError }));

export const agreementMethods: Readonly<Record<string, Method>> = {
  bradley_terry: ({ a, b, winsA, winsB, cluster }: Comparisons, { confLevel: level }: Level) => {
    const comparisons = a.map((one, i) => ({
      a: one,
      b: b[i]!,
      winsA: winsA[i]!,
      winsB: winsB[i]!,
      cluster: cluster?.[i],
    }));
    const names = [...new Set([...a, ...b])].sort();
    return mapOk(bradleyTerry(comparisons, { level }), ({ difference, strengths }) => {
      const against = names.slice(1).map((name) => difference(name, names[0]!));
      const own = names.map((name) => strengths.find((one) => one.name === name)!);
      return {
        difference: against.map(({ estimate }) => estimate),
        se: against.map(({ standardError }) => standardError),
        lower: against.map(({ interval }) => interval.lower),
        upper: against.map(({ interval }) => interval.upper),
        strength: own.map(({ strength }) => strength),
        strengthSe: own.map(({ standardError }) => standardError),
      };
    });
  },
  cohen_kappa: ({ a, b }: { a: Rating[]; b: Rating[] }, { confLevel: level }: Level) => {
    const of = (weights: "none" | "linear" | "quadratic") => estimateAndSe(cohenKappa(a, b, { weights, level }));
    return { none: of("none"), linear: of("linear"), quadratic: of("quadratic") };
  },
  agreement_of_many: ({ ratings }: { ratings: Rating[][] }, { confLevel: level }: Level) => {
    const alpha = (of: MeasurementLevel) => mapOk(krippendorffAlpha(ratings, of), ({ estimate }) => estimate);
    return {
      fleiss: estimateAndSe(fleissKappa(ratings, { level })),
      ac1: estimateAndSe(gwetAC1(ratings, { level })),
      alpha: {
        nominal: alpha("nominal"),
        ordinal: alpha("ordinal"),
        interval: alpha("interval"),
        ratio: alpha("ratio"),
      },
    };
  },
  judge_confusion: ({ tp, fp, tn, fn }: Record<"tp" | "fp" | "tn" | "fn", number>, { confLevel: level }: Level) => {
    const said = [tp, fn, tn, fp].flatMap((n, i) => Array<boolean>(n).fill(i === 0 || i === 3));
    const truth = [tp, fn, tn, fp].flatMap((n, i) => Array<boolean>(n).fill(i < 2));
    const wilson = confusionOf(said, truth, { level });
    const exact = confusionOf(said, truth, { level, interval: "exact" });
    const share = (of: (confusion: typeof wilson) => ConfusionShare) => ({
      estimate: of(wilson).estimate,
      wilson: ends(of(wilson).interval!),
      exact: ends(of(exact).interval!),
    });
    return {
      sensitivity: share(({ sensitivity }) => sensitivity),
      specificity: share(({ specificity }) => specificity),
      precision: share(({ precision }) => precision),
      accuracy: share(({ accuracy }) => accuracy),
    };
  },
};
