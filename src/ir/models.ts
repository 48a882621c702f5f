import { z } from "zod";

/** Structures that crucible_ir has since 0.2: they are carried, and what this package cannot do with them is refused by `fromIR`. */

/** Text that is an atom in Elixir. */
export const name = z.string().min(1);
/** A map whose meaning is known to what reads it alone. */
export const opaque = z.record(z.string(), z.unknown());

export const modelRefIR = z.strictObject({
  id: name.describe("which model"),
  name: z.string().optional(),
  version: z.string().optional(),
  provider: name.default("local"),
  framework: name.default("nx"),
  architecture: name.optional(),
  task: name.optional(),
  artifact_uri: z.string().optional(),
  metadata: opaque.optional(),
  options: opaque.optional(),
});

export const modelVersionIR = z.strictObject({
  id: name,
  model_id: name,
  version: z.string().regex(/^\d+\.\d+\.\d+/, "must be a semantic version such as 1.0.0"),
  stage: name.default("development"),
  training_run_id: name.optional(),
  metrics: opaque.optional(),
  artifact_uri: z.string().optional(),
  parent_version: z.string().optional(),
  description: z.string().optional(),
  created_at: z.string().optional(),
  created_by: z.string().optional(),
  options: opaque.optional(),
});

export const trainingConfigIR = z.strictObject({
  id: name,
  model_ref: modelRefIR,
  dataset_ref: z.lazy(() => datasetRefIR),
  epochs: z.int().min(1).default(1),
  batch_size: z.int().min(1).default(32),
  learning_rate: z.number().positive().default(0.001),
  optimizer: name.default("adam"),
  loss_function: name.default("cross_entropy"),
  metrics: z.array(name).default(["loss", "accuracy"]),
  validation_split: z.number().optional(),
  device: name.default("cpu"),
  seed: z.int().optional(),
  mixed_precision: z.boolean().default(false),
  gradient_clipping: z.number().optional(),
  early_stopping: opaque.optional(),
  checkpoint_every: z.int().positive().optional(),
  options: opaque.optional(),
});

export const feedbackIR = z.strictObject({
  enabled: z.boolean().default(false),
  sampling_rate: z.number().min(0).max(1).default(1),
  feedback_types: z.array(name).default(["thumbs", "correction"]),
  storage: name.default("postgres"),
  retention_days: z.int().positive().optional(),
  anonymize_pii: z.boolean().default(true),
  drift_detection: opaque.optional(),
  retraining_trigger: opaque.optional(),
  options: opaque.optional(),
});

export const datasetRefIR = z.strictObject({
  name: name.describe("looked up in `datasets`, first as `provider/name`"),
  provider: name.default("crucible_datasets"),
  split: name.default("train"),
  options: opaque.optional(),
  version: z.string().optional(),
  format: name.optional(),
  schema: opaque.optional(),
});
