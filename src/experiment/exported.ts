import { ConfigError } from "#src/kernel/errors";
import { defineExperiment, type Experiment, type ExperimentDefinition, isExperiment } from "./define.ts";

/** An experiment file's default export: a definition, or a function of the `-T` parameters that returns one. */
export type ExperimentExport =
  | Experiment
  | ExperimentDefinition
  | ((parameters: Readonly<Record<string, string>>) => unknown);

/**
 * The experiment that a file exports by default.
 *
 * @param parameters what `-T key=value` gave
 * @throws ConfigError when it is not an experiment, or the definition is wrong
 */
export async function exportedExperiment(
  exported: ExperimentExport | undefined,
  file: string,
  parameters: Readonly<Record<string, string>>,
): Promise<Experiment> {
  const value = typeof exported === "function" ? await exported(parameters) : exported;
  if (isExperiment(value)) return value;
  if (typeof value === "object" && value !== null) return defineExperiment(value as ExperimentDefinition);
  throw new ConfigError(
    file,
    "must export an experiment by default",
    undefined,
    "Write `export default defineExperiment({ ... })`",
  );
}
