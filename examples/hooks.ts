/**
 * Functions at fixed points of a run: set up, look at every task, decide what an error means, sum up. A service that is busy now and then
 * is asked again, one whose key is refused ends its task, and a hook that throws harms nothing.
 *
 *     npx crucible run examples/hooks.ts
 */
import { defineExperiment, FailureError } from "crucible-harness";

const questions = Array.from({ length: 12 }, (_, i) => ({ id: `question-${i + 1}`, a: i, b: 2 * i }));

/** What the hooks saw, for readers of the example. */
export const seen = { started: "", before: 0, after: 0, verdicts: [] as string[], results: 0 };

export default defineExperiment({
  name: "Experiment with hooks",
  dataset: questions,
  conditions: [
    {
      name: "test",
      run: ({ a, b }, { attempt }) => {
        if (a % 4 === 1 && attempt === 1) throw new FailureError("rate_limited", "too many at once");
        if (a === 10) throw new FailureError("invalid_query", "cannot add ten");
        return { prediction: a + b, accuracy: a + b === 3 * a };
      },
    },
  ],
  metrics: ["accuracy", "latency"],
  config: { errorHandling: { initialDelayMs: 1, maxFailureRate: 0.5 } },
  hooks: {
    // called once before the first task; it may change parallelism, rate, timeout, retries and budget, and hand metadata to afterExperiment
    beforeExperiment: (config) => {
      seen.started = config.name;
      return { config: { ...config.config, maxParallel: 2 }, metadata: { startedBy: "hooks.ts" } };
    },
    // called around every task
    beforeCondition: () => {
      seen.before += 1;
    },
    afterCondition: (_condition, item, result) => {
      seen.after += 1;
      if (item.id === "question-1")
        throw new Error(`a mistake in a hook, after ${result.attempts} attempts: logged, no more`);
    },
    // called at every failed attempt: "retry", "skip" or "abort"
    onError: (_condition, item, error) => {
      const verdict =
        error.kind === "rate_limited" ? "retry" : error.kind === "authentication_failed" ? "abort" : "skip";
      seen.verdicts.push(`${item.id}: ${error.kind}, so ${verdict}`);
      return verdict;
    },
    // called once after the last task, with all results one by one
    afterExperiment: async (_config, results) => {
      for await (const _ of results) seen.results += 1;
    },
  },
});
