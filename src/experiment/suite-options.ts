import { z } from "zod";
import { budgetOptions, configOptions } from "./options.ts";

/** What is said of a suite, besides what is said of each of its runs. */
export const suiteOptions = z.strictObject({
  maxParallel: configOptions.shape.maxParallel
    .unwrap()
    .optional()
    .describe("tasks running at the same time, over all experiments; the largest of their own when absent"),
  rateLimit: configOptions.shape.rateLimit.describe("task starts per second, over all experiments"),
  maxTotal: budgetOptions.shape.maxTotal.describe("amount that all experiments together may cost"),
  experimentsAtOnce: z.int().min(1).default(4).describe("experiments running at the same time"),
  maxOpenCircuits: z
    .int()
    .min(1)
    .default(3)
    .describe(
      "experiments that their circuit breakers stop one after another, while no task succeeds, before the suite stops",
    ),
  weights: z
    .union([z.enum(["equal", "items"]), z.record(z.string(), z.number().nonnegative())])
    .default("equal")
    .describe("how much an experiment counts in an aggregate: all the same, by its items, or as said by name"),
  names: z.array(z.string().min(1)).default([]).describe("only experiments whose name contains one of these texts"),
  tags: z.array(z.string().min(1)).default([]).describe("only experiments that have one of these tags"),
});
export type SuiteSettingsInput = z.input<typeof suiteOptions>;
export type SuiteSettings = z.output<typeof suiteOptions>;
