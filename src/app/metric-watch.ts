import { type MetricInput, possibleFields, readMetric } from "#src/experiment/metrics";
import type { Outcome } from "#src/experiment/outcome";
import { didYouMean, nearest } from "#src/kernel/errors";

/** Results that each condition must have before a name is called a slip: this many, and this share of its tasks. */
const ENOUGH = { results: 3, share: 0.05 };

/** Finds out early that a metric is misspelt, before hours are spent on a run whose results cannot be read as intended. */
export interface MetricWatch {
  /** Looks at newly stored rows. @returns why to stop, once no result has a metric whose name is nearly that of another field */
  see(outcomes: readonly Outcome[]): string | undefined;
}

/**
 * A metric that is there for some items only, or never a number, is not a slip: what was returned under its name in any form counts, and only a
 * name near to that of a field that was returned is called misspelt.
 *
 * @param tasks of each condition
 * @param promised fields that results may have although none does
 */
export function metricWatch(
  inputs: readonly MetricInput[],
  conditions: readonly string[],
  tasks: number,
  promised: readonly string[] = [],
): MetricWatch {
  const fields = new Set(promised);
  const results = new Map(conditions.map((name) => [name, 0]));
  const needed = Math.max(ENOUGH.results, Math.ceil(ENOUGH.share * tasks));
  let missing = inputs;
  return {
    see(outcomes) {
      if (missing.length === 0) return undefined; // the common case: settled by the first rows
      for (const { condition, finalStatus, metrics, output = {} } of outcomes) {
        if (finalStatus !== "success" && finalStatus !== "unscored") continue;
        addNames(metrics, "", fields);
        addNames(output, "", fields);
        results.set(condition, (results.get(condition) ?? 0) + 1);
      }
      missing = inputs.filter((input) => readMetric(input, fields) === undefined);
      const slip = missing.findIndex((input) => possibleFields(input).some((name) => nearest(name, fields)));
      if (slip < 0 || [...results.values()].some((count) => count < needed)) return undefined;
      const input = missing[slip]!;
      const name = typeof input === "string" ? input : (input.from ?? input.name);
      const seen = [...results.values()].reduce((sum, count) => sum + count, 0);
      return (
        `metrics[${inputs.indexOf(input)}] names ${JSON.stringify(name)}, which none of the first ${seen} results has. ${didYouMean(name, fields)} ` +
        "Nothing is lost: correct the name and resume with --accept-changed metrics, or resume without a change where the name is right"
      );
    },
  };
}

const DEEPEST = 4;
const MOST = 1000;

/** Dotted names of whatever was returned, number or not. */
function addNames(holder: Readonly<Record<string, unknown>>, prefix: string, names: Set<string>, depth = 1): void {
  for (const key of Object.keys(holder)) {
    if (names.size >= MOST) return;
    names.add(prefix + key);
    const value = holder[key];
    if (typeof value === "object" && value !== null && !Array.isArray(value) && depth < DEEPEST)
      addNames(value as Readonly<Record<string, unknown>>, `${prefix}${key}.`, names, depth + 1);
  }
}
