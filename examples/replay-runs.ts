/**
 * Runs of other harnesses, compared here: `samples_<task>_<date>.jsonl` of lm-evaluation-harness (`--log_samples`) and `.eval` and
 * `.json` logs of inspect_ai. Nothing is asked again; what they recorded is replayed, paired by sample, and tested.
 *
 *     npx crucible run examples/replay-runs.ts --yes
 *     npx crucible run examples/replay-runs.ts --yes -T runs=a.json,b.json -T metric=includes
 *
 * Without parameters it compares two runs in `foreign/`: stories260K, a language model of 260 thousand parameters, chose the better of two
 * sentences twenty times, once bare and once in a story. The files there hold that model's own likelihoods and words.
 */
import { readFileSync } from "node:fs";
import { basename, extname, join } from "node:path";
import { defineExperiment, type ForeignAnswer, inspectLog, lmEvalSamples, replay } from "crucible-harness";

const here = (name: string): string => join(import.meta.dirname, "foreign", name);
const defaults = ["bare", "in_a_story"].map((name) => here(`samples_pairs_${name}_2026-11-25T18-30-00.000000.jsonl`));

const read = (path: string, filter: string | undefined): readonly ForeignAnswer[] =>
  [".json", ".eval"].includes(extname(path))
    ? inspectLog(readFileSync(path), path)
    : lmEvalSamples(readFileSync(path, "utf8"), path, filter);

interface Parameters {
  runs?: string;
  metric?: string;
  /** Which filter of lm-evaluation-harness, where a file has several. */
  filter?: string;
}

export default ({ runs = defaults.join(","), metric = "acc", filter }: Parameters = {}) =>
  defineExperiment({
    name: "Runs of other harnesses",
    description: "Which of the recorded runs is better?",
    tags: ["replay"],
    ...replay(Object.fromEntries(runs.split(",").map((path) => [basename(path, extname(path)), read(path, filter)]))),
    metrics: [metric],
  });
