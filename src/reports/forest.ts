import type { PooledPair, Study } from "#src/analysis/pooled";
import { fixed, level, pWords, type Scale } from "./cell.ts";
import type { Chart, IntervalRow } from "./chart.ts";
import type { Figure } from "./report.ts";
import { named } from "./words.ts";

type Pooled = NonNullable<PooledPair["pooled"]>;
type Found = Extract<Study, { estimate: number }>;

/** Half the width of a study's own 95 % interval, in standard errors. */
const Z = 1.959964;

/** Shares as percentage points; other metrics with two digits of their smallest standard error. */
function scaleOf({ isShare, studies }: PooledPair): Scale {
  if (isShare) return { factor: 100, decimals: 1, unit: "points", differenceUnit: "points" };
  const errors = studies.flatMap((study) => ("estimate" in study ? [study.standardError] : []));
  const smallest = Math.min(...errors);
  const decimals = Number.isFinite(smallest) ? Math.min(8, Math.max(0, 1 - Math.floor(Math.log10(smallest)))) : 2;
  return { factor: 1, decimals, unit: "", differenceUnit: "" };
}

const signed = (value: number, scale: Scale): string => `${value > 0 ? "+" : ""}${level(value, scale)}`;

const withEnds = (value: number, low: number, high: number, scale: Scale): string =>
  `${signed(value, scale)} [${signed(low, scale)}, ${signed(high, scale)}]`;

/** One pair as lines: each run with its own interval and share of the estimate, then the mean of the runs and what a further run may show. */
export function forestLines(pair: PooledPair): string[] {
  const scale = scaleOf(pair);
  const { pooled, problem } = pair;
  let at = 0;
  const rows = pair.studies.map((study) => {
    if ("left" in study) return [study.experimentId, `left out: ${study.left}`];
    const weight = pooled?.weights[at++];
    return [study.experimentId, ...own(study, scale), ...(weight === undefined ? [] : [`${fixed(100 * weight, 1)} %`])];
  });
  if (pooled) rows.push(["all runs", overAll(pair, pooled, scale)]);
  const width = Math.max(...rows.map(([name]) => name!.length));
  return [
    `${pair.metric}: ${named(pair.condition)} minus ${named(pair.against)}${scale.differenceUnit ? `, in ${scale.differenceUnit}` : ""}`,
    ...rows.map(([name, ...cells]) => `  ${name!.padEnd(width)}  ${cells.join("  ")}`),
    ...(pooled ? pooledSentences(pair, pooled).map((sentence) => `  ${sentence}`) : []),
    ...(problem === undefined ? [] : [`  ${problem}`]),
  ];
}

const own = ({ estimate, standardError, n }: Found, scale: Scale): string[] => [
  withEnds(estimate, estimate - Z * standardError, estimate + Z * standardError, scale),
  `${n} items`,
];

const intervalOf = ({ simultaneous }: PooledPair, pooled: Pooled): Pooled["interval"] =>
  simultaneous ?? pooled.interval;

function overAll(pair: PooledPair, pooled: Pooled, scale: Scale): string {
  const { lower, upper } = intervalOf(pair, pooled);
  return withEnds(pooled.estimate, lower, upper, scale);
}

/** What the runs say together, in sentences. */
export function pooledSentences(pair: PooledPair, pooled: Pooled): string[] {
  const { estimate, prediction, i2, tau2, heterogeneity, k } = pooled;
  const interval = intervalOf(pair, pooled);
  const p = pWords(pair.pAdjusted ?? pooled.p);
  const scale = scaleOf(pair);
  const { condition, against, direction } = pair;
  const excludesZero = interval.lower > 0 || interval.upper < 0;
  const ahead = estimate > 0 ? condition : against;
  const word = direction === "none" ? "higher" : (direction === "higher") === estimate > 0 ? "better" : "worse";
  const first = excludesZero
    ? `Over ${k} runs ${named(direction === "none" ? ahead : condition)} is ${word}${direction === "none" ? "" : ` than ${named(against)}`} (${p}).`
    : `Over ${k} runs no difference was found (${p}).`;
  return [
    first,
    `Of the variation between runs ${fixed(100 * i2, 0)} % is more than chance (I2; tau ${fixed(Math.sqrt(tau2) * scale.factor, Math.min(8, scale.decimals + 1))}${scale.differenceUnit ? ` ${scale.differenceUnit}` : ""}; Q ${fixed(heterogeneity.q, 2)} on ${heterogeneity.df}, ${pWords(heterogeneity.p)}).`,
    ...(prediction
      ? [
          `A further run may show ${signed(prediction.lower, scale)} to ${signed(prediction.upper, scale)} (${fixed(100 * prediction.level, 0)} % prediction interval).`,
        ]
      : []),
  ];
}

/** The forest plot of the pairs of one metric: each run, then all of them. */
export function forest(pairs: readonly PooledPair[]): Figure {
  const rows = pairs.flatMap((pair): IntervalRow[] => {
    const scale = scaleOf(pair);
    const group = `${pair.condition} minus ${pair.against}`;
    const row = (label: string, value: number, low: number, high: number, tone: "up" | "none"): IntervalRow => ({
      label,
      group,
      value: value * scale.factor,
      low: low * scale.factor,
      high: high * scale.factor,
      text: withEnds(value, low, high, scale),
      tone,
    });
    return [
      ...pair.studies.flatMap((study) =>
        "left" in study
          ? []
          : [
              row(
                study.experimentId,
                study.estimate,
                study.estimate - Z * study.standardError,
                study.estimate + Z * study.standardError,
                "none",
              ),
            ],
      ),
      ...(pair.pooled
        ? [
            row(
              "all runs",
              pair.pooled.estimate,
              intervalOf(pair, pair.pooled).lower,
              intervalOf(pair, pair.pooled).upper,
              "up",
            ),
          ]
        : []),
    ];
  });
  const metrics = [...new Set(pairs.map(({ metric }) => metric))].join(", ");
  const unit = pairs[0] ? scaleOf(pairs[0]).differenceUnit : "";
  const chart: Chart = { type: "intervals", unit, reference: 0, rows };
  return {
    id: "figure-forest",
    title: `${metrics}: differences by run, and over all runs`,
    description: `Forest plot of ${rows.length} intervals; the last of each group is that over all runs.`,
    chart,
  };
}
