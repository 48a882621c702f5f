import { resolve } from "node:path";
import type { SampleFields } from "#src/dataset/options";
import { codeIdentity } from "#src/execute/code-digest";
import { inline } from "#src/execute/inline";
import type { Experiment } from "#src/experiment/define";
import { defined } from "#src/experiment/defined";
import type { Manifest } from "#src/experiment/manifest";
import { didReturn } from "#src/experiment/outcome";
import { isRunId } from "#src/experiment/run-id";
import { answerInRow } from "#src/experiment/stored-answer";
import { canonicalJson } from "#src/kernel/digest";
import { ConfigError, show } from "#src/kernel/errors";
import type { Scorer } from "#src/scoring/scorer";
import { type ScoringStore, scoringStore } from "#src/store/scoring-store";
import { refuseActive, storedFile, withStoredFlags } from "./begin-again.ts";
import { planAgain } from "./dead-tasks.ts";
import { loadScorers } from "./load-scorers.ts";
import { requireOutputFolder } from "./output-folder.ts";
import { type Beginning, type Prepared, prepare } from "./prepare.ts";
import { rescored } from "./rescored.ts";
import { Run } from "./run.ts";
import type { RunHandle } from "./run-handle.ts";
import { type RunOptions, settingsOf } from "./run-options.ts";
import type { RunReport } from "./run-report.ts";
import { parametersAgain } from "./secret-parameters.ts";
import { checkpointDirectory } from "./setting-sources.ts";
import { neverBegan, openExisting } from "./stores.ts";

/** Options of `rescore`: those of a run, and which scorers score under which name. */
export interface RescoreOptions
  extends Omit<RunOptions, "id" | "executor" | "executorNamed" | "faults" | "acceptChanged"> {
  /** Name of the scoring in the store, by which it is resumed and reported; the names of the scorers, joined by `+`, when absent. */
  readonly name?: string;
  /** The scorers of all conditions; those of the experiment when absent. */
  readonly scorers?: readonly Scorer[];
  /** Which field of a row is the question, the answer, the choices; as each condition says when absent. */
  readonly fields?: SampleFields;
  /** Names of the scorers to score by; all when absent. */
  readonly only?: readonly string[];
  /** A definition with conditions of the same names; loaded from `file`, else from the file of the run, when absent. */
  readonly experiment?: Experiment;
  /** An experiment file, or a file that exports a list of scorers by default; that of the run when absent. */
  readonly file?: string;
  /** Whether targets may be those of a data set with other content than that of the run had. */
  readonly acceptDataset?: boolean;
  /** Whether answers whose scoring failed for good are scored again. */
  readonly retryFailed?: boolean;
}

/**
 * Scores the stored answers of a run once more, by new or changed scorers. Nothing is asked of the model again, and nothing is overwritten:
 * the scores are another scoring in the same store, under a name. One that was stopped is resumed by its name.
 *
 * @returns the report of the scoring; `cost` is what its judges cost
 * @throws ConfigError for an unknown run, one that is active, conditions without answers or scorers, a name whose scores are by other scorers
 */
export const rescore = (experimentId: string, options: RescoreOptions = {}): Promise<RunReport> =>
  startRescoring(experimentId, options).done;

/** As `rescore`, with a handle: it can be paused, adjusted and stopped as a run can. */
export const startRescoring = (experimentId: string, options: RescoreOptions = {}): RunHandle =>
  new Run(experimentId, () => beginScoring(experimentId, options), runOptionsOf(options));

/** What is asked of a scoring as of any run. */
function runOptionsOf(options: RescoreOptions): RunOptions {
  const { name, scorers, fields, only, experiment, acceptDataset, retryFailed, file, ...rest } = options;
  return { ...rest, executor: inline() };
}

async function beginScoring(experimentId: string, options: RescoreOptions): Promise<Beginning> {
  const asked = runOptionsOf(options);
  const run = options.store
    ? await options.store(experimentId)
    : openExisting(await checkpointDirectory({ ...asked.commandLine, ...settingsOf(asked) }), experimentId, "run");
  try {
    if (!options.store) await refuseActive(experimentId, run.location);
    const ofRun = await run.manifest();
    if (!ofRun) throw neverBegan(run.location);
    const { experiment, ...source } = await definitionFor(ofRun, options);
    const { executorNamed: _, ...again } = withStoredFlags({ ...asked, ...source }, ofRun);
    const prepared = await prepare(experiment, again, experimentId);
    requireOutputFolder(prepared);
    refuseOtherData(prepared, ofRun, options.acceptDataset === true);
    if (ofRun.dataset.stream && !prepared.open) throw new ConfigError("dataset", "must be a stream, as in the run");
    const store = scoringStore(run, nameFor(options, prepared));
    await refuseWithoutAnswers(store, ofRun);
    const before = await store.manifest();
    if (before) refuseOtherScorers(before, prepared);
    const manifest = before ?? (await scoringManifest(prepared, ofRun, store, options.file));
    if (options.retryFailed) await planAgain(store);
    return { prepared: { ...prepared, manifest }, store, sessions: store.sessions() };
  } catch (error) {
    await run.close();
    throw error;
  }
}

/** The experiment that scores, and where relative paths of it start. */
async function definitionFor(
  manifest: Manifest,
  { experiment, scorers, fields, only, file, parameters, askSecret }: RescoreOptions,
): Promise<{ experiment: Experiment } & Pick<RunOptions, "file" | "parameters">> {
  const given = await parametersAgain(manifest, parameters, askSecret);
  const found = file === undefined ? undefined : await loadScorers(file, given);
  const listed = found && "scorers" in found ? found : undefined;
  const wanted = { scorers: scorers ?? listed?.scorers, only, fields: fields ?? listed?.fields };
  if (found && "experiment" in found)
    return { experiment: rescored(found.experiment, manifest, wanted), file: file!, parameters: given };
  const ofRun = manifest.file;
  if (experiment)
    return {
      experiment: rescored(defined(experiment), manifest, wanted),
      ...(ofRun === undefined ? {} : { file: ofRun }),
    };
  if (ofRun === undefined)
    throw new ConfigError(
      "experiment",
      "must be given: the run was started from code, not from a file",
      undefined,
      "Pass { experiment } to rescore, or name an experiment file",
    );
  const loaded = await loadScorers(storedFile(ofRun), given);
  if (!("experiment" in loaded)) throw new ConfigError(ofRun, "must export an experiment by default");
  return { experiment: rescored(loaded.experiment, manifest, wanted), file: ofRun, parameters: given };
}

/** Answers are those to the items of the run. */
function refuseOtherData({ manifest: now, plan }: Prepared, ofRun: Manifest, acceptDataset: boolean): void {
  const size = (tasks: number, items: number): string => `${tasks} tasks on ${items} items`;
  if (plan.hash !== ofRun.plan.hash)
    throw new ConfigError(
      "dataset",
      `must have the items of the run, in its order: it had ${size(ofRun.plan.tasks, ofRun.dataset.items)}`,
      size(plan.size, now.dataset.items),
      "Pass the limits and seeds that the run was started with",
    );
  if (ofRun.dataset.stream) return; // its rows are held against those of the run as they are read
  if (now.dataset.digest !== ofRun.dataset.digest && !acceptDataset)
    throw new ConfigError(
      "dataset",
      "must have the content that the run had, since its answers are to those questions",
      now.dataset.digest,
      "Where its targets were corrected, accept that, to be named in every report: --accept-dataset (acceptDataset: true)",
    );
}

/** Some conditions keep no answers at all, and some runs have none yet. */
async function refuseWithoutAnswers(store: ScoringStore, { experiment, experimentId }: Manifest): Promise<void> {
  const waiting = new Set(experiment.conditions.map(({ name }) => name));
  const returned = new Set<string>();
  const { finished } = await store.summaryOfRun();
  for (const { first, last } of finished)
    for (let ordinal = first; ordinal <= last && waiting.size > 0; ordinal++) {
      const row = store.run.outcomeOf?.(ordinal);
      if (!row || !waiting.has(row.condition) || !didReturn(row.finalStatus)) continue;
      returned.add(row.condition);
      if (answerInRow(row, true)) waiting.delete(row.condition);
    }
  const without = [...waiting].find((name) => returned.has(name));
  if (without === undefined) {
    if (waiting.size < experiment.conditions.length) return;
    for await (const _ of store.run.answers?.() ?? []) return;
    const more = `Resume the run first: crucible resume ${experimentId}`;
    throw new ConfigError(experimentId, "has no answers to score: none of its tasks has one", undefined, more);
  }
  throw new ConfigError(
    `conditions.${without}`,
    "has no answers to score: the rows of its tasks have no text called `completion`",
    undefined,
    "Return { completion } from its function, beside what it measures",
  );
}

/** Two scorings are told apart by name. */
function nameFor({ name }: RescoreOptions, { manifest: { scorers = {} } }: Prepared): string {
  const given =
    name ??
    [...new Set(Object.values(scorers).flatMap((own) => Object.keys(own)))].join("+").replace(/[^A-Za-z0-9_.-]+/g, "_");
  if (isRunId(given)) return given;
  const law =
    "must be 1 to 128 letters, digits, dots, hyphens and underscores, and begin with none of the dots and hyphens";
  throw new ConfigError("name", law, given, name === undefined ? "Name the scoring: --name strict" : undefined);
}

function refuseOtherScorers(before: Manifest, { manifest: now }: Prepared): void {
  const name = before.scoring!.name;
  const isSame = canonicalJson(before.scorers) === canonicalJson(now.scorers);
  if (!isSame)
    throw new ConfigError(
      "name",
      `must be a new one: the scores of ${show(name)} are by other scorers, or by an earlier text of theirs`,
      name,
      `Take another, such as --name ${name}-2`,
    );
  if (before.dataset.digest !== now.dataset.digest && !before.dataset.stream)
    throw new ConfigError(
      "name",
      `must be a new one: the scores of ${show(name)} are by other targets`,
      name,
      `Take another, such as --name ${name}-2`,
    );
}

async function scoringManifest(
  { manifest, plan, parameters }: Prepared,
  ofRun: Manifest,
  store: ScoringStore,
  named: string | undefined,
): Promise<Manifest> {
  const file = named === undefined ? manifest.file : resolve(named);
  const code = file === undefined ? undefined : await codeIdentity(file, parameters);
  const { finished } = await store.summary(0);
  const closed = finished.reduce((sum, { first, last }) => sum + last - first + 1, 0);
  const dataset = { ofRun: ofRun.dataset.digest, now: manifest.dataset.digest };
  const { stream } = ofRun.dataset;
  if (stream) dataset.now = dataset.ofRun;
  return {
    ...manifest,
    // no more rows are read than the run has answers to
    ...(stream ? { dataset: { ...ofRun.dataset, stream: { ...stream, ended: true } }, plan: ofRun.plan } : {}),
    ...(ofRun.faults === undefined ? {} : { faults: ofRun.faults }),
    scoring: {
      name: store.name,
      answers: (stream ? ofRun.plan.tasks : plan.size) - closed,
      ...(file === undefined ? {} : { file, ...(code ? { code: code.digest } : {}) }),
      ...(dataset.ofRun === dataset.now ? {} : { dataset }),
    },
  };
}
