/**
 * What a metric must look like, checked as results come in: text that is a number is taken as one, a missing cost gets its default, and a
 * value that is out of range is left out and counted, so that it cannot spoil a mean.
 *
 *     npx crucible run examples/metric-schemas.ts
 */
import { defineExperiment, Schema } from "crucible-harness";

/** What a careless program returned for each item. */
const returned = [
  { accuracy: "0.85", latency: 120, custom: { value: 42, confidence: 0.95 } },
  { accuracy: 0.9, latency: 110, custom: { value: 40, confidence: 0.9 } },
  { accuracy: 85, latency: 130, custom: { value: 41, confidence: 0.92 } }, // a percentage where a share belongs
  { accuracy: "0.8abc", latency: 100, custom: { value: -1, confidence: 0.9 } }, // no number, and one below the minimum
];

export default defineExperiment({
  name: "Validated experiment",
  dataset: returned.map((result, i) => ({ id: `item-${i + 1}`, result })),
  conditions: [{ name: "test", run: ({ result }) => result }],
  metrics: ["accuracy", "latency", "cost", "custom.value"],
  metricSchemas: {
    accuracy: Schema.probability(),
    latency: Schema.durationMs(),
    cost: Schema.float({ min: 0, required: false, default: 0 }),
    custom: Schema.map({ schema: { value: Schema.number({ min: 0 }), confidence: Schema.float({ min: 0, max: 1 }) } }),
  },
  config: {
    metricValidation: {
      enabled: true,
      onInvalid: "log_and_continue", // or "log_and_retry", "abort"
      coerceTypes: true, // "0.85" counts as 0.85; "0.8abc" never does
    },
  },
});
