import { ConfigError, didYouMean } from "#src/kernel/errors";
import { isMeantBy } from "#src/kernel/glob";
import { asWritten, type Experiment, redefine } from "./define.ts";
import { type Gate, isDifferenceGate } from "./gates.ts";

/** Marks an experiment of which some conditions are left out; it is copied with the experiment. */
const chosen = Symbol.for("crucible-harness.chosen");

/** The names of its conditions, where others were left out of the run. */
export const chosenConditions = (experiment: Experiment): readonly string[] | undefined =>
  chosen in experiment ? experiment.conditions.map(({ name }) => name) : undefined;

/** The experiment as a file defines it, without the conditions that were left out of the run; all where none was. */
export const partOf = (experiment: Experiment, names: readonly string[] | undefined): Experiment =>
  names
    ? Object.assign(
        { ...experiment, [chosen]: true },
        { conditions: experiment.conditions.filter(({ name }) => names.includes(name)) },
      )
    : experiment;

/**
 * The experiment with some of its conditions. Where the baseline is left out, all pairs are compared; gates on conditions that are left
 * out are not judged.
 *
 * @param patterns names, in which `*` and `?` stand for any text and character
 * @throws ConfigError for one that no condition has
 */
export function withConditions(experiment: Experiment, patterns: readonly string[]): Experiment {
  const { conditions, gates = [], statisticalAnalysis = {}, ...rest } = asWritten(experiment);
  const names = experiment.conditions.map(({ name }) => name);
  for (const pattern of patterns)
    if (!names.some((name) => isMeantBy(pattern, name)))
      throw new ConfigError("condition", "must name conditions of the experiment", pattern, didYouMean(pattern, names));
  const isKept = (name: string): boolean => patterns.some((pattern) => isMeantBy(pattern, name));
  const { baseline, ...analysis } = statisticalAnalysis;
  const kept = redefine(experiment, {
    ...rest,
    conditions: conditions.filter(({ name }) => isKept(name)),
    gates: gates.filter((gate) => namedBy(gate).every(isKept)),
    statisticalAnalysis: { ...analysis, ...(baseline !== undefined && isKept(baseline) ? { baseline } : {}) },
  });
  return Object.freeze(Object.defineProperties({ ...kept, [chosen]: true }, Object.getOwnPropertyDescriptors(kept)));
}

const namedBy = (gate: Gate): readonly string[] => (isDifferenceGate(gate) ? gate.difference : [gate.condition]);
