import { z } from "zod";
import { chosenConditions, partOf } from "#src/experiment/chosen";
import type { Experiment } from "#src/experiment/define";
import { metricValidationOptions } from "#src/experiment/options";
import { digest } from "#src/kernel/digest";

/** Option of every executor that loads the experiment a second time, somewhere else. */
export const experimentFile = z
  .string()
  .min(1)
  .optional()
  .describe(
    "file that exports the experiment by default: `import.meta.url`; known where the run was started from a file",
  );

/** What a place elsewhere must know of a run besides its code: options that a flag, a variable or a call may have changed since. */
export const effectiveOptions = z.strictObject({
  timeoutMs: z.number().min(1),
  randomSeed: z.int(),
  maxRetries: z.int().nonnegative(),
  metricValidation: metricValidationOptions,
  /** Names what a file defines, so that another experiment is not taken for this one. */
  definition: z.string(),
  /** Its conditions, where others were left out of the run. */
  conditions: z.array(z.string()).readonly().optional(),
});
export type EffectiveOptions = z.output<typeof effectiveOptions>;

export const optionsOf = (experiment: Experiment): EffectiveOptions => ({
  timeoutMs: experiment.config.timeoutMs,
  randomSeed: experiment.config.randomSeed,
  maxRetries: experiment.config.errorHandling.maxRetries,
  metricValidation: experiment.config.metricValidation,
  definition: definitionOf(experiment),
  ...(chosenConditions(experiment) ? { conditions: chosenConditions(experiment) } : {}),
});

/** The experiment as the run has it. @param defined as the file defines it */
export function withOptions(
  defined: Experiment,
  { timeoutMs, randomSeed, maxRetries, metricValidation, conditions }: EffectiveOptions,
): Experiment {
  const experiment = partOf(defined, conditions);
  const { config } = experiment;
  const errorHandling = { ...config.errorHandling, maxRetries };
  return { ...experiment, config: { ...config, timeoutMs, randomSeed, metricValidation, errorHandling } };
}

/** Whether a file defines the experiment that a run has. */
export const isDefinedBy = (experiment: Experiment, { definition, conditions }: EffectiveOptions): boolean =>
  definitionOf(partOf(experiment, conditions)) === definition;

/** Digest of what decides which tasks there are and how they are scored, without what may be set from outside. */
export const definitionOf = ({ name, conditions, metrics, metricSchemas }: Experiment): string =>
  digest({ name, conditions: conditions.map(({ name, factors }) => ({ name, factors })), metrics, metricSchemas });
