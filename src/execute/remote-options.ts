import { z } from "zod";
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
});
export type EffectiveOptions = z.output<typeof effectiveOptions>;

export const optionsOf = (experiment: Experiment): EffectiveOptions => ({
  timeoutMs: experiment.config.timeoutMs,
  randomSeed: experiment.config.randomSeed,
  maxRetries: experiment.config.errorHandling.maxRetries,
  metricValidation: experiment.config.metricValidation,
  definition: definitionOf(experiment),
});

/** The experiment as the run has it. @param experiment as the file defines it */
export const withOptions = (
  experiment: Experiment,
  { timeoutMs, randomSeed, maxRetries, metricValidation }: EffectiveOptions,
): Experiment => ({
  ...experiment,
  config: {
    ...experiment.config,
    timeoutMs,
    randomSeed,
    metricValidation,
    errorHandling: { ...experiment.config.errorHandling, maxRetries },
  },
});

/** Digest of what decides which tasks there are and how they are scored, without what may be set from outside. */
export const definitionOf = ({ name, conditions, metrics, metricSchemas }: Experiment): string =>
  digest({ name, conditions: conditions.map(({ name, factors }) => ({ name, factors })), metrics, metricSchemas });
