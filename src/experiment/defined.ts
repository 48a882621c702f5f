import { defineExperiment, type Experiment, type ExperimentDefinition, isExperiment } from "./define.ts";

/**
 * An experiment that was defined, or that a copy of one, or a plain object, defines.
 *
 * @throws ConfigError as `defineExperiment` does
 * @example defined({ ...defined({ name: "x", dataset: [1], conditions: [{ name: "a", run: () => 1 }], metrics: ["value"] }), name: "y" }).name // => "y"
 */
export const defined = (given: Experiment | ExperimentDefinition<never>): Experiment =>
  isExperiment(given) ? given : defineExperiment(given as ExperimentDefinition<never>);
