import { z } from "zod";
import { ConfigError } from "#src/kernel/errors";
import { parseOptions } from "#src/kernel/parse";
import { datasetRefIR, modelRefIR, modelVersionIR, name, opaque, trainingConfigIR } from "./models.ts";
import { reliabilityIR } from "./reliability.ts";

/** The structures of crucible_ir 0.1.1, with the optional fields of 0.2 and 0.3: names and order of members are those of its JSON. */

export const backendRefIR = z.strictObject({
  id: name.describe("looked up in `backends`"),
  profile: name.default("default"),
  options: opaque.optional(),
  model_version: z.string().optional(),
  endpoint_url: z.string().optional(),
  deployment_id: name.optional(),
  get fallback(): z.ZodOptional<typeof backendRefIR> {
    return backendRefIR.optional();
  },
});

export const stageDefIR = z.strictObject({
  name: name.describe("looked up in `stages` where there is no module"),
  module: name.optional().describe("looked up in `stages`, also without a leading `Elixir.`"),
  options: opaque.optional().describe("given to the stage as they are"),
  enabled: z.boolean().default(true),
});

export const outputSpecIR = z.strictObject({
  name: name,
  formats: z.array(name).default(["markdown"]),
  sink: name.default("file"),
  options: opaque.optional(),
});

export const experimentIR = z.strictObject({
  id: name.describe("name of the experiment"),
  backend: backendRefIR,
  pipeline: z.array(stageDefIR).min(1),
  description: z.string().optional(),
  owner: z.string().optional(),
  tags: z.array(z.string()).optional(),
  metadata: opaque.optional(),
  dataset: datasetRefIR.optional(),
  reliability: reliabilityIR.optional(),
  outputs: z.array(outputSpecIR).optional(),
  created_at: z.string().optional(),
  updated_at: z.string().optional(),
  experiment_type: name.optional(),
  model_version: modelVersionIR.optional(),
  training_config: trainingConfigIR.optional(),
  baseline: modelRefIR.optional(),
});

export type ExperimentIR = z.output<typeof experimentIR>;
export type BackendRefIR = z.output<typeof backendRefIR>;
export type StageDefIR = z.output<typeof stageDefIR>;
export type DatasetRefIR = z.output<typeof datasetRefIR>;
export type OutputSpecIR = z.output<typeof outputSpecIR>;
export type ReliabilityIR = z.output<typeof reliabilityIR>;

/**
 * Reads a document of crucible_ir: JSON text, or what it parses to. `null` is the same as absent, as in Elixir.
 *
 * @throws ConfigError with all that is wrong: of each the path, the law, the value, and the nearest right name
 * @example parseIR('{"id":"x","backend":{"id":"gpt4"},"pipeline":[{"name":"ask"}]}').backend.profile // => "default"
 */
export function parseIR(json: unknown): ExperimentIR {
  const document = typeof json === "string" ? parsed(json) : json;
  return parseOptions(experimentIR, withoutNulls(document, 0));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (error) {
    throw new ConfigError("the document", `must be JSON (${(error as Error).message})`);
  }
}

/** Levels that a document may have: more would overflow the stack of what writes it. */
const DEEPEST = 200;

/** Members whose `null` has a meaning that is not ours to change. */
const opaqueKeys: ReadonlySet<string> = new Set(
  "options metadata metrics schema monitoring drift circuit_breaker early_stopping drift_detection retraining_trigger".split(
    " ",
  ),
);

function withoutNulls(value: unknown, depth: number, isOpaque = false): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (depth > DEEPEST) throw new ConfigError("the document", `must not be nested deeper than ${DEEPEST} levels`);
  if (Array.isArray(value)) return value.map((member) => withoutNulls(member, depth + 1, isOpaque));
  const kept = Object.entries(value).filter(([, member]) => isOpaque || member !== null);
  return Object.fromEntries(
    kept.map(([key, member]) => [key, withoutNulls(member, depth + 1, isOpaque || opaqueKeys.has(key))]),
  );
}
