import { type Analysis, analyse } from "#src/analysis/index";
import { ok } from "#src/kernel/result";
import { buildReport, type Report } from "#src/reports/index";
import { exampleManifest, outcome } from "./manifest.ts";

/** A report of the given numbers of conditions and metrics, every pair compared: copies of one pair, since a real analysis of them takes a minute. */
export function wideReport(conditions: number, metrics: number): Promise<Report> {
  const rows = ["a", "b"].flatMap((condition, c) =>
    Array.from({ length: 40 }, (_, i) =>
      outcome({ condition, itemId: `q${i}`, metrics: { score: (i * 7 + 11 * c) % 13 } }, 2 * i + c),
    ),
  );
  const small = analyse(rows, { metrics: ["score"], resamples: 100 });
  const names = Array.from({ length: conditions }, (_, i) => `a model with a name, variant ${i}`);
  const [one] = small.metrics as [Analysis["metrics"][0]];
  const pairs = names.flatMap((against, i) =>
    names.slice(i + 1).map((condition) => ({ ...one.comparisons[0]!, condition, against })),
  );
  const summaries = names.map((condition, i) => ({
    ...one.summaries[0]!,
    condition,
    estimate: { ...one.summaries[0]!.estimate, value: ok(i / conditions) },
  }));
  const analysis: Analysis = {
    ...small,
    conditions: names.map((name) => ({ ...small.conditions[0]!, name })),
    metrics: Array.from({ length: metrics }, (_, m) => ({
      ...one,
      metric: { ...one.metric, name: `score_${m}`, from: `score_${m}` },
      summaries,
      comparisons: pairs,
    })),
    families: [{ ...small.families[0]!, metrics: Array.from({ length: metrics }, (_, m) => `score_${m}`) }],
  };
  return buildReport({
    manifest: exampleManifest(
      names,
      analysis.metrics.map(({ metric }) => metric.name),
      {},
      40,
    ),
    analysis,
  });
}
