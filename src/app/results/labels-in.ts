import { analyseLabels, type JudgedAnswer, type LabelAnalysis } from "#src/analysis/label-agreement";
import type { Label } from "#src/experiment/labels";
import type { Manifest } from "#src/experiment/manifest";
import { declaredMetric } from "#src/experiment/metrics";
import { metricsOf } from "#src/experiment/outcome";
import { ownMember } from "#src/kernel/record";
import { ScoringStore } from "#src/store/scoring-store";
import type { RunStore } from "#src/store/store";

/** The labels that a store keeps, oldest first. */
export function labelsIn(store: RunStore): readonly Label[] {
  const { entries } = store instanceof ScoringStore ? store.run : store;
  return Array.from(entries?.all("labels") ?? [], ({ value }) => value as Label);
}

/** The labels held against the first metric; nothing where there are none. */
export async function labelAnalysisOf(store: RunStore, { experiment }: Manifest): Promise<LabelAnalysis | undefined> {
  const labels = labelsIn(store);
  if (labels.length === 0) return undefined;
  const { name, from } = declaredMetric(experiment.metrics[0]!);
  const answers: JudgedAnswer[] = [];
  for await (const row of store.outcomes()) {
    const { ordinal, condition, itemId } = row;
    answers.push({ ordinal, condition, itemId, value: ownMember(metricsOf(row), from) });
  }
  return analyseLabels(labels, answers, name);
}
