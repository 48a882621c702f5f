import type { Label } from "#src/experiment/labels";
import { ScoringStore } from "#src/store/scoring-store";
import type { RunStore } from "#src/store/store";

/** The labels that a store keeps, oldest first. */
export function labelsIn(store: RunStore): readonly Label[] {
  const { entries } = store instanceof ScoringStore ? store.run : store;
  return Array.from(entries?.all("labels") ?? [], ({ value }) => value as Label);
}
