import { flatten, type MetricInput, readMetric, readMetrics } from "#src/experiment/metrics";
import type { Outcome } from "#src/experiment/outcome";
import type { ConfigFault } from "#src/kernel/fault";

/** Successes that each condition must have had before a metric nobody returned is called a mistake. */
const ENOUGH = 3;

/** Finds out early that a metric is misspelled: before hours are spent on a run that cannot be analysed. */
export interface MetricWatch {
  /** Looks at newly stored rows. @returns what is wrong, once it is certain enough */
  see(outcomes: readonly Outcome[]): ConfigFault | undefined;
  /** The last word, when all rows are there. */
  conclude(): ConfigFault | undefined;
}

export function metricWatch(inputs: readonly MetricInput[], conditions: readonly string[]): MetricWatch {
  const fields = new Set<string>();
  const successes = new Map(conditions.map((name) => [name, 0]));
  let missing = inputs;
  const fault = (): ConfigFault | undefined => {
    try {
      readMetrics(inputs, fields);
      return undefined;
    } catch (error) {
      return error as ConfigFault;
    }
  };
  return {
    see(outcomes) {
      if (missing.length === 0) return undefined; // the common case: settled by the first rows
      for (const { condition, finalStatus, metrics } of outcomes) {
        if (finalStatus !== "success" && finalStatus !== "unscored") continue;
        for (const field of Object.keys(flatten(metrics))) fields.add(field);
        successes.set(condition, (successes.get(condition) ?? 0) + 1);
      }
      missing = inputs.filter((input) => readMetric(input, fields) === undefined);
      const enough = [...successes.values()].every((count) => count >= ENOUGH);
      return missing.length > 0 && enough ? fault() : undefined;
    },
    conclude: () => (missing.length > 0 && [...successes.values()].some((count) => count > 0) ? fault() : undefined),
  };
}
