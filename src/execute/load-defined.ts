import type { Experiment } from "#src/experiment/define";
import { type ExperimentExport, exportedExperiment } from "#src/experiment/exported";
import { ConfigError } from "#src/kernel/errors";
import { hideEnvironment, secretsIn } from "#src/kernel/secrets";
import { type EffectiveOptions, isDefinedBy, withOptions } from "./remote-options.ts";

/** Thrown by `run()` while a worker loads a file only for its exports. */
const loading = Symbol.for("crucible-harness.loading");

/** Whether an experiment file is being loaded for its tasks: what runs experiments at its top level must not do so again. */
export const isLoadingInWorker = (): boolean => (globalThis as { [loading]?: boolean })[loading] === true;

/**
 * The experiment of a file, in a place that does only its tasks.
 *
 * @throws ConfigError when the file exports none, or another one than the run has
 */
export async function loadDefined(
  {
    file,
    parameters,
    options,
  }: { file: string; parameters: Readonly<Record<string, string>>; options: EffectiveOptions },
  load: () => Promise<ExperimentExport | undefined>,
): Promise<Experiment> {
  hideEnvironment(process.env);
  secretsIn(parameters, process.env);
  const flags = globalThis as { [loading]?: boolean };
  flags[loading] = true;
  const experiment = await load()
    .then((exported) => exportedExperiment(exported, file, parameters))
    .finally(() => {
      flags[loading] = false;
    });
  if (!isDefinedBy(experiment, options)) {
    throw new ConfigError(
      file,
      "must export the experiment that is being run by default; it exports one with other conditions, metrics or another name",
      experiment.name,
    );
  }
  return withOptions(experiment, options);
}
