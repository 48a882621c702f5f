import { grownAs } from "#src/experiment/growth";
import type { Manifest } from "#src/experiment/manifest";
import { movedEntries } from "#src/store/moved-entries";
import { scoringsIn } from "#src/store/scoring-store";
import type { EntryChange, RunStore } from "#src/store/store";

/**
 * What becomes of the labels and scorings of a run that grows: each stays with its task, and a scoring has the size of the run, so that its new answers can be
 * scored under the same name. One by other targets than those of the run stays as large as it is.
 */
export function grownEntries(
  store: RunStore,
  places: ReadonlyMap<number, number>,
  { experiment, dataset, plan, growth = [] }: Manifest,
): EntryChange[] {
  const { entries } = store;
  if (!entries) return [];
  const manifests = scoringsIn(store).flatMap((name): EntryChange[] => {
    const list = `scoring/${name}/manifest`;
    const scoring = entries.one(list, 0)?.value as Manifest;
    if (scoring.scoring?.dataset) return [];
    const known = new Set(scoring.growth?.map(({ at }) => at));
    const since = growth.slice(-1).filter(({ at }) => !known.has(at));
    const value: Manifest = {
      ...scoring,
      experiment: grownAs(scoring.experiment, experiment),
      dataset,
      plan,
      ...(since.length > 0 ? { growth: [...(scoring.growth ?? []), ...since] } : {}),
    };
    return [{ list, number: 0, value }];
  });
  return [...movedEntries(entries, places), ...manifests];
}
