import { type Experiment, isExperiment } from "#src/experiment/define";
import { describe, type ExperimentDescription } from "#src/experiment/describe";
import { sourceOf } from "./from-ir.ts";
import { CONDITION, OWN, writeOwn } from "./own-settings.ts";
import { type ExperimentIR, parseIR } from "./schema.ts";
import { statsFrom } from "./statistics.ts";

/**
 * An experiment as a document of crucible_ir. One that `fromIR` made is the document it was made of, with what was changed since. Of others
 * each condition is a stage, and `metadata.crucible_harness` has what crucible_ir has no words for: `fromIR` reads it back with a registry of
 * the conditions and of the data set, by their names.
 *
 * @param experiment an experiment, or what `describe` says of it
 * @example
 * const one = defineExperiment({ name: "x", dataset: [1], conditions: [{ name: "a", run: () => 1 }], metrics: ["value"] });
 * const text = JSON.stringify(toIR(one));
 */
export function toIR(experiment: Experiment | ExperimentDescription): ExperimentIR {
  if (!isExperiment(experiment)) return documentOf(experiment);
  const source = sourceOf(experiment);
  if (!source) return documentOf(describe(experiment));
  if (source.isSame) return source.document;
  const { document } = source;
  const { description, author, tags, ...rest } = describe(experiment);
  return parseIR({
    ...document,
    description,
    owner: author,
    tags,
    metadata: { ...document.metadata, [OWN]: writeOwn({ description, author, tags, ...rest }) },
    reliability: {
      ...document.reliability,
      stats: { ...document.reliability?.stats, ...statsFrom(rest.statisticalAnalysis) },
    },
  });
}

function documentOf(description: ExperimentDescription): ExperimentIR {
  return parseIR({
    id: description.name,
    backend: { id: "conditions" },
    pipeline: description.conditions.map(({ name, ...options }) => ({ name, module: CONDITION, options })),
    description: description.description,
    owner: description.author,
    tags: description.tags,
    metadata: { [OWN]: writeOwn(description) },
    dataset: { name: description.dataset, provider: OWN },
    reliability: { stats: statsFrom(description.statisticalAnalysis) },
    experiment_type: "comparison",
  });
}
