import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { type JudgeAnalysis, judgeReader } from "#src/analysis/judges";
import type { Backend } from "#src/backends/backend";
import { inline } from "#src/execute/inline";
import { defineExperiment, type Experiment } from "#src/experiment/define";
import type { Manifest } from "#src/experiment/manifest";
import { mustBeRunId } from "#src/experiment/run-id";
import { ConfigError, didYouMean } from "#src/kernel/errors";
import { isPlainObject } from "#src/kernel/record";
import { type PairwiseOptions, pairwise } from "#src/scoring/pairwise";
import { givenAnswer } from "#src/solver/given-answer";
import { storedFile } from "./begin-again.ts";
import { importDefault } from "./import-default.ts";
import { loadExperiment } from "./load.ts";
import { inUserCode } from "./load-error.ts";
import { pairsTag } from "./pairs-tag.ts";
import { answerPairs } from "./results/answer-pairs.ts";
import { beginRun, Run } from "./run.ts";
import type { RunHandle } from "./run-handle.ts";
import { type RunOptions, settingsOf } from "./run-options.ts";
import type { RunReport } from "./run-report.ts";
import { parametersAgain } from "./secret-parameters.ts";
import { checkpointDirectory } from "./setting-sources.ts";
import { neverBegan, openExisting } from "./stores.ts";

/** Who compares two answers. */
export interface PairJudge {
  /** In reports; its model, else the name of its backend, when absent. */
  readonly name?: string;
  readonly backend: Backend;
  readonly model?: string;
  /** Expected amount per pair, where no prices are known and a budget is to be kept. */
  readonly estimatedCost?: number;
}

/** Options of `judgePairs`: those of a run, and who compares what. */
export interface JudgePairsOptions
  extends Omit<RunOptions, "executor" | "executorNamed" | "faults" | "file" | "condition" | "item"> {
  /** Judges, or the names of models that are asked where the run asked its own; with `file` those of its judges that are asked. */
  readonly judges?: readonly (PairJudge | string)[];
  /** A file that exports a list of judges by default. */
  readonly file?: string;
  /** Conditions whose answers are compared; all when absent. */
  readonly compare?: readonly string[];
  /** Compares each of the others with this one alone. */
  readonly baseline?: string;
  /** What makes an answer better; see `pairwise`. */
  readonly criterion?: PairwiseOptions["criterion"];
  /** Id of the run of judging; the run's own and `-pairs` when absent. One that is stored is resumed. */
  readonly id?: string;
}

/** What came of judging pairs: strengths, and how consistent each judge is. */
export interface PairsReport extends RunReport {
  readonly judges: JudgeAnalysis;
}

/**
 * Has judges compare the stored answers of a run's conditions, item by item, each pair twice with the positions swapped. The judging is a run of its
 * own in the same folder, with its budget, its report and its rows; one that was stopped is resumed by the same call. Nothing is asked of the models
 * that answered.
 *
 * @returns its report, with Bradley and Terry's strengths of the conditions and the consistency of each judge
 * @throws ConfigError for an unknown run or condition, a run without two answers to an item, and where no judge can be asked
 * @example const { judges } = await judgePairs("exp_abc", { judges: [{ backend, model: "large" }], maxTotal: 5 });
 */
export async function judgePairs(experimentId: string, options: JudgePairsOptions = {}): Promise<PairsReport> {
  const report = await startJudgingPairs(experimentId, options).done;
  return { ...report, results: report.results, judges: judgesOf(report) };
}

/** As `judgePairs`, with a handle: it can be paused, adjusted and stopped as a run can. */
export function startJudgingPairs(experimentId: string, options: JudgePairsOptions = {}): RunHandle {
  const { judges, file, compare, baseline, criterion, id = `${experimentId}-pairs`, ...rest } = options;
  const asked: RunOptions = { ...rest, id, executor: inline() };
  return new Run(id, async () => beginRun(await pairsExperiment(experimentId, options), mustBeRunId(id), asked), asked);
}

/** What the judges of a run said of pairs of answers, and which are kin to what they judged. */
export function judgesOf({ results }: Pick<RunReport, "results">): JudgeAnalysis {
  const reader = judgeReader();
  for (const row of results) reader.add(row);
  return reader.analysis() ?? { kin: [], pairwise: [] };
}

/** The experiment whose conditions are judges, and whose rows are pairs. */
async function pairsExperiment(experimentId: string, options: JudgePairsOptions): Promise<Experiment> {
  const { compare, baseline, criterion, judges: _, file, ...rest } = options;
  const place = { ...options.commandLine, ...settingsOf(rest) };
  const run = options.store
    ? await options.store(experimentId)
    : openExisting(await checkpointDirectory(place), experimentId, "read");
  try {
    const manifest = await run.manifest();
    if (!manifest) throw neverBegan(run.location);
    const judges = await judgesFor(experimentId, manifest, options);
    const dataset = await answerPairs(experimentId, {
      store: run,
      ...(compare === undefined ? {} : { conditions: compare }),
      ...(baseline === undefined ? {} : { baseline }),
    });
    const { currency } = manifest.experiment.costBudget;
    return defineExperiment({
      name: `${manifest.experiment.name}: answers in pairs`,
      description: `Answers of two conditions of ${experimentId} to one item, each pair judged in both orders.`,
      tags: [pairsTag(experimentId)],
      dataset,
      datasetConfig: { cluster: "item" },
      conditions: judges.map(({ name, backend, model, estimatedCost }) => ({
        name: name ?? model ?? backend.model ?? backend.name,
        backend,
        ...(model === undefined ? {} : { model }),
        ...(estimatedCost === undefined ? {} : { estimatedCost }),
        solver: givenAnswer(),
        scorers: [pairwise(criterion === undefined ? {} : { criterion })],
      })),
      metrics: [{ name: "consistency", from: "pairwise_consistency", direction: "higher" }],
      ...(typeof currency === "string" ? { costBudget: { currency } } : {}),
    });
  } finally {
    await run.close();
  }
}

const hint =
  "Name a model that the backend of the run knows: --judge <model>; or a file that exports judges: --file judges.mjs, export default [{ backend, model }]";

/** Judges as given, of a file, or by a model's name at the backend of the run. */
async function judgesFor(
  experimentId: string,
  manifest: Manifest,
  { judges = [], file, parameters, askSecret, backend: given }: JudgePairsOptions,
): Promise<readonly PairJudge[]> {
  const names = judges.filter((each) => typeof each === "string");
  const whole = judges.filter((each) => typeof each !== "string");
  if (file !== undefined) {
    const found = await judgesIn(file);
    const known = found.map(({ name, model, backend }) => name ?? model ?? backend.model ?? backend.name);
    const strange = names.find((name) => !known.includes(name));
    if (strange !== undefined)
      throw new ConfigError("judge", `must be one of ${known.join(", ")}`, strange, didYouMean(strange, known));
    return [...whole, ...found.filter((_, i) => names.length === 0 || names.includes(known[i]!))];
  }
  if (judges.length === 0) throw new ConfigError("judge", "must be said: who compares the answers", undefined, hint);
  if (names.length === 0) return whole;
  const backend =
    given ??
    backendOfRun(experimentId, await definitionOf(manifest, await parametersAgain(manifest, parameters, askSecret)));
  return [...whole, ...names.map((model) => ({ name: model, backend, model }))];
}

async function definitionOf({ file }: Manifest, parameters: Readonly<Record<string, string>>): Promise<Experiment> {
  if (file === undefined)
    throw new ConfigError(
      "judge",
      "must have a backend: the run was started from code, not from a file",
      undefined,
      hint,
    );
  return loadExperiment(storedFile(file), parameters);
}

/** The one backend of all conditions. */
function backendOfRun(experimentId: string, { conditions }: Experiment): Backend {
  const found = new Set(conditions.flatMap(({ backend }) => (backend === undefined ? [] : [backend])));
  const [first, ...others] = found;
  if (first && others.length === 0) return first;
  const law = first
    ? `must be asked at one backend, and the conditions of ${experimentId} have ${found.size}`
    : `must have a backend, and the conditions of ${experimentId} have none`;
  throw new ConfigError("judge", law, undefined, hint);
}

async function judgesIn(file: string): Promise<readonly PairJudge[]> {
  const path = resolve(file);
  if (!existsSync(path)) throw new ConfigError("--file", "must be a file that is there", file);
  const exported = await inUserCode(file, "cannot be loaded", () => importDefault<unknown>(path, true));
  const list = Array.isArray(exported) ? exported : [exported];
  if (list.length === 0) throw new ConfigError(file, "must export at least one judge by default", list);
  return list.map((each, i) => judgeOf(each, Array.isArray(exported) ? `${file}[${i}]` : file));
}

const isBackend = (value: unknown): value is Backend =>
  typeof (value as Partial<Backend> | null | undefined)?.generate === "function";

/** A judge, or a backend alone. */
function judgeOf(given: unknown, place: string): PairJudge {
  if (isBackend(given)) return { backend: given };
  if (!isPlainObject(given) || !isBackend((given as Partial<PairJudge>).backend))
    throw new ConfigError(place, "must be a judge, { name, backend, model }, or a backend", given);
  const [other] = Object.keys(given).filter((name) => !fieldsOfJudge.includes(name));
  if (other !== undefined)
    throw new ConfigError(
      `${place}.${other}`,
      `is not read here: ${fieldsOfJudge.join(", ")} are`,
      undefined,
      didYouMean(other, fieldsOfJudge),
    );
  const judge = given as unknown as PairJudge;
  for (const field of ["name", "model"] as const)
    if (judge[field] !== undefined && typeof judge[field] !== "string")
      throw new ConfigError(`${place}.${field}`, "must be a text", judge[field]);
  return judge;
}

const fieldsOfJudge: readonly string[] = ["name", "backend", "model", "estimatedCost"];
