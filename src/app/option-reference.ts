import type { z } from "zod";
import { cacheOptions } from "#src/backends/cached";
import { hedgeOptions } from "#src/backends/hedged";
import { openaiCompatibleOptions } from "#src/backends/openai-compatible";
import { csvOptions, parquetOptions, textFileOptions } from "#src/dataset/file";
import { foldsOptions } from "#src/dataset/folds";
import { huggingFaceOptions } from "#src/dataset/hugging-face";
import { queueOptions } from "#src/execute/queue";
import { workerOptions } from "#src/execute/queue-worker";
import { threadsOptions } from "#src/execute/threads";
import { experimentSchema } from "#src/experiment/define";
import { flagOf } from "#src/experiment/flags";
import { limitOptions } from "#src/experiment/limits";
import { type OptionRow, optionRows } from "#src/experiment/option-rows";
import { runOptions } from "#src/experiment/options";
import { suiteOptions } from "#src/experiment/suite-options";
import { quotaOptions } from "#src/policy/quota";
import { bleuOptions } from "#src/scoring/bleu";
import { textOptions } from "#src/scoring/contains";
import { levenshteinOptions } from "#src/scoring/levenshtein";
import { matchOptions, numericOptions } from "#src/scoring/match";
import { modelGradedOptions } from "#src/scoring/model-graded";
import { pairwiseOptions } from "#src/scoring/pairwise";
import { rougeOptions } from "#src/scoring/rouge";
import { rowAssertionsOptions } from "#src/scoring/row-assertions";
import { calledInOrderOptions, calledOptions, retriesOptions, stepsOptions } from "#src/scoring/trajectory";
import { weightedOptions } from "#src/scoring/weighted";
import { basicAgentOptions } from "#src/solver/agent";
import { multipleChoiceOptions } from "#src/solver/choice";
import { selfCritiqueOptions } from "#src/solver/critique";
import { generateOptions } from "#src/solver/generate";
import { settingsOptions, variableOf } from "./setting-options.ts";

/** The options of one thing that is written in code. */
export interface OptionSection {
  /** What they are the options of: `defineExperiment({ ... })`. */
  readonly title: string;
  /** One sentence about it. */
  readonly about: string;
  readonly rows: readonly OptionRow[];
}

const sections: readonly [title: string, about: string, schema: z.ZodType][] = [
  [
    "defineExperiment(options)",
    "What an experiment is: data, conditions, metrics, and how they run.",
    experimentSchema,
  ],
  ["run(experiment, options)", "What is said of one run; `start` takes the same.", runOptions],
  [
    "runSuite(experiments, options)",
    "What is said of several experiments under one supervisor, besides what `run` takes.",
    suiteOptions,
  ],
  [
    "handle.adjust(limits)",
    "Limits that may change while a run is active; `crucible adjust` takes the same.",
    limitOptions,
  ],
  ["threads(options)", "Executor: tasks run in worker threads.", threadsOptions],
  ["queue(options)", "Executor: tasks run in the workers of a Redis queue.", queueOptions],
  ["crucible worker", "A worker of that queue.", workerOptions],
  ["jsonl(path, options)", "Data: one JSON value a line.", textFileOptions],
  ["csv(path, options)", "Data: a table of text.", csvOptions],
  ["parquet(path, options)", "Data: a Parquet file.", parquetOptions],
  ["huggingFace(name, options)", "Data: a data set of Hugging Face.", huggingFaceOptions],
  ["folds(rows, options)", "Data: splits of a cross-validation.", foldsOptions],
  ["generate(options)", "Solver: asks the model.", generateOptions],
  ["multipleChoice(options)", "Solver: asks for one or several of the choices.", multipleChoiceOptions],
  ["selfCritique(options)", "Solver: the model criticises its answer and gives a better one.", selfCritiqueOptions],
  ["basicAgent(options)", "Solver: the model works with tools until it hands in an answer.", basicAgentOptions],
  ["match(options)", "Scorer: the answer stands in the reply.", matchOptions],
  ["numeric(options)", "Scorer: the number of the reply lies within a tolerance.", numericOptions],
  [
    "contains(text, options)",
    "Scorer: the text stands somewhere in the reply; `containsAny`, `containsAll`, `startsWith`, `endsWith` and `equals` take the same.",
    textOptions,
  ],
  ["levenshtein(options)", "Scorer: edits between reply and target.", levenshteinOptions],
  ["rouge(options)", "Scorer: n-grams that reply and reference share.", rougeOptions],
  ["bleu(options)", "Scorer: precision of n-grams.", bleuOptions],
  ["weighted(scorers, options)", "Scorer: a weighted mean of scorers.", weightedOptions],
  ["rowAssertions(options)", "Scorer: what each row expects of its reply.", rowAssertionsOptions],
  ["called(name, options)", "Scorer: the model called a tool.", calledOptions],
  ["calledInOrder(calls, options)", "Scorer: tools were called in this order.", calledInOrderOptions],
  ["fewSteps(options)", "Scorer: the answer took few replies of the model.", stepsOptions],
  ["fewRetries(options)", "Scorer: few calls had to be made again.", retriesOptions],
  ["pairwise(options)", "Scorer: a model says which of two answers is better.", pairwiseOptions],
  ["modelGraded(options)", "Scorer: a model grades; `modelGradedFact` takes the same.", modelGradedOptions],
  ["openaiCompatible(options)", "Backend: a server that speaks OpenAI's chat completions.", openaiCompatibleOptions],
  ["limited(backend, options)", "Backend within the limits of a provider.", quotaOptions],
  ["hedged(backend, options)", "Backend that asks a second time where a reply is late.", hedgeOptions],
  ["cached(backend, options)", "Backend that keeps replies.", cacheOptions],
];

/**
 * Every option there is, by what it is an option of.
 *
 * @param word only options whose path or section holds it, whatever its case
 * @example optionReference("maxRetries")[0].rows[0].default // => "3"
 */
export function optionReference(word = ""): readonly OptionSection[] {
  const wanted = word.toLowerCase();
  return sections
    .map(([title, about, schema]) => {
      const rows = optionRows(schema);
      const isWhole = title.toLowerCase().includes(wanted);
      return { title, about, rows: isWhole ? rows : rows.filter(({ path }) => path.toLowerCase().includes(wanted)) };
    })
    .filter(({ rows }) => rows.length > 0);
}

/** An option that may also be given by a flag or a variable of the environment, where it is one of `crucible.config.ts`. */
export interface OutsideOption {
  readonly name: string;
  readonly flag: string;
  readonly variable: string;
  readonly sentence: string;
}

/** The options whose value may come from outside the experiment file. */
export const outsideOptions = (): readonly OutsideOption[] =>
  Object.entries(settingsOptions.shape).map(([name, schema]) => ({
    name,
    flag: name === "confirm" ? "" : `--${flagOf(name)}`,
    variable: variableOf(name),
    sentence: schema.description ?? "",
  }));
