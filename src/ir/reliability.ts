import { z } from "zod";
import { feedbackIR, name, opaque } from "./models.ts";

export const ensembleIR = z.strictObject({
  strategy: z.enum(["none", "majority", "weighted", "best_confidence", "unanimous"]).default("none"),
  execution_mode: z.enum(["parallel", "sequential", "hedged", "cascade"]).default("parallel"),
  models: z.array(name).optional().describe("looked up in `backends`"),
  weights: z.record(z.string(), z.number().nonnegative()).optional().describe("weight of each model"),
  min_agreement: z.number().min(0).max(1).optional().describe("share of votes below which there is no answer"),
  timeout_ms: z.int().positive().optional().describe("milliseconds that each model has"),
  options: opaque.optional(),
});

export const hedgingIR = z.strictObject({
  strategy: z.enum(["off", "fixed", "percentile", "adaptive", "workload_aware", "exponential_backoff"]).default("off"),
  delay_ms: z.int().positive().optional().describe("milliseconds before the second request"),
  percentile: z.number().optional(),
  max_hedges: z.int().positive().optional(),
  budget_percent: z.number().nonnegative().optional().describe("how much more it may cost, in percent"),
  options: opaque.optional(),
});

export const guardrailsIR = z.strictObject({
  profiles: z.array(name).default(["default"]),
  prompt_injection_detection: z.boolean().optional(),
  jailbreak_detection: z.boolean().optional(),
  pii_detection: z.boolean().optional(),
  pii_redaction: z.boolean().optional(),
  content_moderation: z.boolean().optional(),
  fail_on_detection: z.boolean().optional(),
  options: opaque.optional(),
});

export const statsIR = z.strictObject({
  tests: z.array(name).default(["ttest", "bootstrap"]),
  alpha: z.number().gt(0).lt(1).default(0.05).describe("significance level"),
  confidence_level: z.number().gt(0).lt(1).optional().describe("level of intervals"),
  effect_size_type: name.optional(),
  multiple_testing_correction: name.optional(),
  bootstrap_iterations: z.int().min(100).optional(),
  options: opaque.optional(),
});

export const fairnessIR = z.strictObject({
  enabled: z.boolean().default(false),
  metrics: z.array(name).optional(),
  group_by: name.optional(),
  threshold: z.number().optional(),
  fail_on_violation: z.boolean().optional(),
  options: opaque.optional(),
});

export const reliabilityIR = z.strictObject({
  ensemble: ensembleIR.optional(),
  hedging: hedgingIR.optional(),
  guardrails: guardrailsIR.optional(),
  stats: statsIR.optional(),
  fairness: fairnessIR.optional(),
  monitoring: opaque.optional(),
  drift: opaque.optional(),
  circuit_breaker: opaque.optional(),
  feedback: feedbackIR.optional(),
});
