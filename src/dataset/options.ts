import { z } from "zod";
import { type SchemaInput, schemaFault } from "#src/schema/schema";

const name = z.string().min(1).optional();

/** Which field of a row holds what, nested ones dotted: `choices.text`. A name that is not given is looked for under its own name. */
export const sampleFields = z.strictObject({
  id: name.describe("field that names the sample"),
  input: name.describe("field with the question or the conversation; `input`, `question` or `prompt` when absent"),
  target: name.describe("field with the right answer; `target` or `answer` when absent"),
  choices: name.describe("field with the possible answers; `choices` when absent"),
  metadata: z.array(z.string()).readonly().optional().describe("fields kept as metadata; all others when absent"),
});
export type SampleFields = z.output<typeof sampleFields>;

/** How items are named, checked and drawn. */
export const datasetOptions = z.strictObject({
  id: z
    .string()
    .min(1)
    .optional()
    .describe(
      "field that names a row, or `position` for its number from 0 where no row has a field of that name; without it the row's own `id`, else a digest of its content",
    ),
  cluster: z
    .string()
    .min(1)
    .optional()
    .describe("field whose equal values belong together; errors become cluster-robust"),
  items: z
    .array(z.string().min(1))
    .min(1)
    .readonly()
    .optional()
    .describe(
      "ids of the items that are done, in which `*` stands for any text and `?` for one character, and a backslash before them, or before a comma in a flag, for these signs themselves; all when absent",
    ),
  limit: z.int().positive().optional().describe("at most this many items, after shuffling"),
  shuffle: z.boolean().default(false).describe("whether items are drawn in seeded random order before `limit` cuts"),
  seed: z.int().optional().describe("seed of the shuffle; the experiment's `randomSeed` when absent"),
  stratifyBy: z.string().min(1).optional().describe("field whose shares `limit` and `fold` keep"),
  weightBy: z
    .string()
    .min(1)
    .optional()
    .describe(
      "field with the weight by which `limit` draws: a row of weight 2 comes twice as likely as one of weight 1",
    ),
  fold: z
    .strictObject({
      k: z.int().min(2).describe("number of folds"),
      index: z.int().nonnegative().describe("which of them, from 0"),
      part: z.enum(["test", "train"]).default("test").describe("the fold itself, or all others"),
    })
    .refine(({ k, index }) => index < k, { path: ["index"], message: "must be less than k" })
    .optional()
    .describe("one split of a cross-validation, drawn by seed before anything else; clusters stay whole"),
  fields: sampleFields
    .optional()
    .describe("which field of a row is the question, the answer, the choices, where a condition does not say"),
  schema: z
    .custom<SchemaInput>((value) => schemaFault(value) === undefined, {
      error: ({ input }) => schemaFault(input) ?? "",
    })
    .optional()
    .describe(
      "schema that every row must satisfy (zod or another Standard Schema, or JSON Schema); its output is what conditions see",
    ),
});
export type DatasetOptions = z.output<typeof datasetOptions>;
