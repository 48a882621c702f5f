import type { Analysis } from "#src/analysis/analysis";
import { analyseLabels, type JudgedAnswer, type LabelAnalysis } from "#src/analysis/label-agreement";
import { type Label, type LabelRow, standingLabels } from "#src/experiment/labels";
import type { Manifest } from "#src/experiment/manifest";
import { declaredMetric } from "#src/experiment/metrics";
import { metricsOf } from "#src/experiment/outcome";
import { ownMember } from "#src/kernel/record";
import { ScoringStore } from "#src/store/scoring-store";
import type { RunStore } from "#src/store/store";

/** All rows of a store's labels, oldest first, with those that take labels back. */
export function labelRowsIn(store: RunStore): readonly LabelRow[] {
  const { entries } = store instanceof ScoringStore ? store.run : store;
  return Array.from(entries?.all("labels") ?? [], ({ value }) => value as LabelRow);
}

/** The labels of a store that stand, oldest first. */
export const labelsIn = (store: RunStore): readonly Label[] => standingLabels(labelRowsIn(store));

/** The labels held against the first metric, and its differences corrected by them as its own are compared; nothing where there are none. */
export async function labelAnalysisOf(
  store: RunStore,
  { experiment }: Manifest,
  { metrics, families, options }: Analysis,
): Promise<LabelAnalysis | undefined> {
  const rows = labelRowsIn(store);
  const labels = standingLabels(rows);
  if (labels.length === 0) return undefined;
  const { name, from } = declaredMetric(experiment.metrics[0]!);
  const answers: JudgedAnswer[] = [];
  for await (const row of store.outcomes()) {
    const { ordinal, condition, itemId } = row;
    answers.push({ ordinal, condition, itemId, value: ownMember(metricsOf(row), from) });
  }
  const [primary] = metrics;
  const found = analyseLabels(labels, answers, name, {
    ...(primary?.metric.name === name
      ? { pairs: primary.comparisons.map(({ condition, against }) => [condition, against] as const) }
      : {}),
    correction: families[0]?.correction ?? "min-p",
    level: options.confidenceInterval,
    seed: options.seed,
  });
  const takenBack = rows.filter((row) => row.takenBack && row.rubric === found?.rubric).length;
  return found && takenBack > 0 ? { ...found, takenBack } : found;
}
