/**
 * A service that fails in four ways, and what becomes of each: what is worth another attempt is tried again after growing delays, what is
 * not is written down at once, and the circuit breaker would end the run if too much failed.
 *
 *     npx crucible run examples/retries.ts
 */
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defineExperiment, FailureError } from "crucible-harness";

/** What the service does to each request, by turns. */
const troubles = ["none", "busy once", "down permanently", "refused"] as const;

const requests = Array.from({ length: 40 }, (_, i) => ({
  id: `request-${i + 1}`,
  trouble: i < 36 ? "none" : troubles[i % troubles.length]!,
}));

export const deadLetters = join(tmpdir(), `crucible-retries-${process.pid}.jsonl`);

export default defineExperiment({
  name: "Retries",
  dataset: requests,
  conditions: [
    {
      name: "service",
      run: ({ trouble }, { attempt }) => {
        if (trouble === "busy once" && attempt === 1) throw new FailureError("temporarily_unavailable", "HTTP 503");
        if (trouble === "down permanently") throw new FailureError("timeout", "no answer");
        if (trouble === "refused") throw new FailureError("bad_request", "HTTP 400");
        return { accuracy: 1 };
      },
    },
  ],
  metrics: ["accuracy"],
  config: {
    errorHandling: {
      retryStrategy: "exponential_backoff", // or "linear", "constant"
      maxRetries: 3,
      initialDelayMs: 1, // 1000 where the service is real
      maxDelayMs: 30_000,
      backoffFactor: 2,
      jitter: true, // a delay is multiplied by a seeded number between 0.5 and 1
      dlqEnabled: true,
      dlqPath: deadLetters, // tasks that failed permanently, one JSON line each
      maxFailureRate: 0.1, // the run is aborted when more than 10 % of ...
      failureWindow: 100, // ... the last 100 tasks failed
    },
  },
});
