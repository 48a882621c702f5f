import { flatten, type MetricInput, possibleFields, readMetric, readMetrics } from "#src/experiment/metrics";
import type { Outcome } from "#src/experiment/outcome";
import { type ConfigFault, nearest } from "#src/kernel/fault";

/** Successes that each condition must have had before a metric nobody returned is called a mistake: few where its name is nearly that of another. */
const ENOUGH = { misspelled: 3, absent: 50 };

/** Finds out early that a metric is misspelled: before hours are spent on a run that cannot be analysed. */
export interface MetricWatch {
  /** Looks at newly stored rows. @returns what is wrong, once it is certain enough */
  see(outcomes: readonly Outcome[]): ConfigFault | undefined;
  /** The last word, when all rows are there: what was wrong once is wrong. */
  conclude(): ConfigFault | undefined;
}

/** @param promised fields that results may have although none does */
export function metricWatch(
  inputs: readonly MetricInput[],
  conditions: readonly string[],
  promised: readonly string[] = [],
): MetricWatch {
  const fields = new Set(promised);
  const successes = new Map(conditions.map((name) => [name, 0]));
  let missing = inputs;
  let found: ConfigFault | undefined;
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
      const isMisspelled = missing.some((input) => possibleFields(input).some((name) => nearest(name, fields)));
      const needed = isMisspelled ? ENOUGH.misspelled : ENOUGH.absent; // a metric may well be there for some items only
      const enough = [...successes.values()].every((count) => count >= needed);
      if (missing.length > 0 && enough) found ??= fault();
      return found;
    },
    conclude: () =>
      found ?? (missing.length > 0 && [...successes.values()].some((count) => count > 0) ? fault() : undefined),
  };
}
