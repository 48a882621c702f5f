import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { SampleFields } from "#src/dataset/options";
import type { Experiment } from "#src/experiment/define";
import { ConfigError, didYouMean } from "#src/kernel/errors";
import { isPlainObject } from "#src/kernel/record";
import type { Scorer } from "#src/scoring/scorer";
import { importDefault } from "./import-default.ts";
import { loadExperiment } from "./load.ts";
import { inUserCode } from "./load-error.ts";

/** Scorers for all conditions of a run. */
export interface ScorerList {
  readonly scorers: readonly Scorer[];
  /** Which field of a row is the question, the answer, the choices: for runs whose conditions are functions. */
  readonly fields?: SampleFields;
}

/**
 * What a file gives to score by: the scorers that it exports by default, as a list or with the fields that they need, or an experiment with
 * scorers.
 *
 * @throws ConfigError for a file that exports none of these
 */
export async function loadScorers(
  file: string,
  parameters: Readonly<Record<string, string>>,
): Promise<ScorerList | { readonly experiment: Experiment }> {
  const path = resolve(file);
  if (existsSync(path) && !path.endsWith(".json")) {
    const exported = await inUserCode(file, "cannot be loaded", () => importDefault<unknown>(path, true));
    if (Array.isArray(exported)) return { scorers: scorersOf(exported, file) };
    if (
      isPlainObject(exported) &&
      !("conditions" in exported) &&
      Array.isArray((exported as Partial<ScorerList>).scorers)
    ) {
      const { scorers, fields, ...others } = exported as unknown as ScorerList;
      const [other] = Object.keys(others);
      if (other !== undefined)
        throw new ConfigError(
          `${file}: ${other}`,
          "is not read here: scorers and fields are",
          undefined,
          didYouMean(other, ["scorers", "fields"]),
        );
      return { scorers: scorersOf(scorers, `${file}: scorers`), ...(fields ? { fields } : {}) };
    }
  }
  return { experiment: await loadExperiment(file, parameters) };
}

/** The list, where each of it is a scorer. */
export function scorersOf(given: readonly unknown[], place: string): readonly Scorer[] {
  if (given.length === 0) throw new ConfigError(place, "must have at least one scorer", given);
  const wrong = given.findIndex((each) => typeof each !== "function");
  if (wrong >= 0) throw new ConfigError(`${place}[${wrong}]`, "must be a scorer, which is a function", given[wrong]);
  return given as readonly Scorer[];
}
