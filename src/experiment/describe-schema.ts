import { z } from "zod";
import { datasetOptions } from "#src/dataset/options";
import { conditionSchema } from "./define.ts";
import { gateOptions } from "./gates.ts";
import { hookNames } from "./hooks.ts";
import { metricSchema } from "./metric-schema.ts";
import { metricSpec } from "./metrics.ts";
import { analysisOptions, budgetOptions, configOptions } from "./options.ts";

/** What `describe` returns. */
const description = z.strictObject({
  format: z.literal("crucible-experiment/1"),
  name: z.string().min(1).describe("name of the experiment"),
  description: z.string().describe("what is being found out"),
  author: z.string().describe("who runs it"),
  version: z.string().describe("version of the experiment"),
  tags: z.array(z.string()).describe("words to find it by"),
  dataset: z.string().describe("a path, a registered name, or the kind of thing the rows come from"),
  datasetConfig: datasetOptions
    .extend({
      schema: z.enum(["zod", "standard", "json"]).optional().describe("of which kind the schema is that checks rows"),
    })
    .describe("how items are named and drawn"),
  conditions: z
    .array(
      conditionSchema.omit({ run: true, solver: true, scorers: true, backend: true, estimatedCost: true }).extend({
        kind: z.enum(["run", "solver"]).describe("whether a function does the task, or a solver with scorers"),
        scorers: z.array(z.string()).optional().describe("names of the scorers beside a solver"),
        code: z.string().describe("digest of the source text of its function, or of its solver and scorers"),
      }),
    )
    .min(1)
    .describe("the ways of doing the task that are compared"),
  metrics: z
    .array(z.union([z.string().min(1), metricSpec.partial({ aggregate: true })]))
    .min(1)
    .describe("what is compared"),
  repeat: z.int().min(1).describe("times that each condition does each item"),
  config: configOptions.omit({ executor: true }).describe("how tasks run"),
  costBudget: budgetOptions.describe("what the run may cost"),
  statisticalAnalysis: analysisOptions.describe("how conditions are compared"),
  customMetrics: z
    .array(
      z.strictObject({
        name: z.string().min(1),
        description: z.string().optional(),
        direction: metricSpec.shape.direction,
        over: z.array(z.string()).optional().describe("fields of each task that it is made from"),
        code: z.string().optional().describe("digest of the source text of its function"),
      }),
    )
    .describe("numbers made from a condition's metrics, or from the rows of its tasks"),
  metricSchemas: z.record(z.string(), metricSchema).describe("what each metric must look like"),
  gates: z.array(gateOptions).optional().describe("what results must be"),
  hooks: z.array(z.enum(hookNames)).describe("hooks that the experiment has"),
});

/**
 * The JSON Schema (draft 2020-12) of what `describe` returns. Published as `crucible-harness/experiment.schema.json`.
 *
 * @example experimentJsonSchema().title // => "crucible-experiment/1"
 */
export const experimentJsonSchema = (): Readonly<Record<string, unknown>> => ({
  title: "crucible-experiment/1",
  description: "An experiment of crucible-harness as plain JSON: names, options and digests, no functions",
  ...z.toJSONSchema(description, { unrepresentable: "any" }),
});
