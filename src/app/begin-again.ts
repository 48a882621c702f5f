import { existsSync } from "node:fs";
import { dirname, isAbsolute } from "node:path";
import type { DatasetItem } from "#src/dataset/dataset";
import { lockOf, planOf, readingChanges } from "#src/experiment/decided";
import type { Experiment } from "#src/experiment/define";
import { changesOfResults, type ExperimentDescription } from "#src/experiment/describe";
import { grownAs, isReadOn, lostItems, sizeOf } from "#src/experiment/growth";
import type { Manifest } from "#src/experiment/manifest";
import { type OptionChange, optionChanges } from "#src/experiment/option-changes";
import { place } from "#src/experiment/outcome";
import type { SummaryRow } from "#src/experiment/store-summary";
import { canonicalJson } from "#src/kernel/digest";
import { ConfigError, show } from "#src/kernel/errors";
import { withoutSecrets } from "#src/kernel/redact";
import { beingRun } from "#src/store/sqlite-lock";
import type { RunStore } from "#src/store/store";
import { confirmSpending } from "./confirm.ts";
import { planAgain } from "./dead-tasks.ts";
import type { FaultInjection } from "./fault-injection.ts";
import { grownEntries } from "./grown-entries.ts";
import { loadExperiment } from "./load.ts";
import { fetchLiveState } from "./observe/live.ts";
import { requireOutputFolder } from "./output-folder.ts";
import { pairsOf } from "./pairs-tag.ts";
import { type Beginning, digestItems, type Prepared, prepare } from "./prepare.ts";
import { refuseChanges, refuseOtherKind } from "./refuse-changes.ts";
import { type RunOptions, settingsOf } from "./run-options.ts";
import { keptParameters, parametersAgain } from "./secret-parameters.ts";
import type { SettingsInput } from "./setting-options.ts";
import { checkpointDirectory } from "./setting-sources.ts";
import { neverBegan, openExisting } from "./stores.ts";
import { refuseUnpriced } from "./unpriced.ts";
import { requireWatchers } from "./watch-run.ts";

export interface ResumeOptions extends RunOptions {
  /** The definition; loaded from the file that the run came from when absent. */
  readonly experiment?: Experiment;
  /** Whether permanently failed tasks are done again: they are planned again once everything else about the run has been checked. */
  readonly retryFailed?: boolean;
}

/** Finds a stored run, and gets it ready to go on; everything is checked before anything is written. */
export async function beginAgain(experimentId: string, options: ResumeOptions): Promise<Beginning> {
  const { acceptChanged: _, retryFailed: __, experiment: ___, ...rest } = options;
  const store = options.store
    ? await options.store(experimentId)
    : openExisting(await checkpointDirectory({ ...options.commandLine, ...settingsOf(rest) }), experimentId, "run");
  return beginStored(experimentId, store, options);
}

/**
 * As `beginAgain`, of a store that is open; it is closed where the run is refused.
 *
 * @param isWhole whether the options say all, as when a run is started; else what was asked before holds where they say nothing
 */
export async function beginStored(
  experimentId: string,
  store: RunStore,
  options: ResumeOptions,
  isWhole = false,
): Promise<Beginning> {
  const { experiment: given, acceptChanged = [], retryFailed = false, ...rest } = options;
  try {
    if (!options.store) await refuseActive(experimentId, store.location);
    const stored = await store.manifest();
    if (!stored) throw neverBegan(store.location);
    const file = options.file ?? stored.file;
    if (!given && file === undefined) {
      const judged = pairsOf(stored);
      throw new ConfigError(
        "experiment",
        judged === undefined
          ? "must be given: the run was started from code, not from a file"
          : `must be that of crucible pairs, which judges the answers of ${judged}`,
        undefined,
        judged === undefined ? "Pass { experiment } to resume" : `Go on with: crucible pairs ${judged} --judge <model>`,
      );
    }
    const parameters = isWhole
      ? (options.parameters ?? {})
      : await parametersAgain(stored, options.parameters, options.askSecret);
    const experiment = given ?? (await loadExperiment(options.file ?? storedFile(file!), parameters));
    const prepared = await prepare(
      experiment,
      { ...(isWhole ? rest : withStoredFlags(rest, stored)), parameters, ...(file === undefined ? {} : { file }) },
      experimentId,
    );
    await requireWatchers(prepared, options);
    refuseUnpriced(prepared);
    requireOutputFolder(prepared);
    lockOf(stored, store.location);
    const sessions = await store.sessions();
    refuseOtherKind(prepared, stored);
    const growing = prepared.plan.hash === stored.plan.hash ? undefined : await growth(stored, prepared, store);
    const manifest = growing?.manifest ?? stored;
    const before = manifest.amendments?.at(-1)?.experiment ?? manifest.experiment;
    const after = prepared.manifest.experiment;
    const changes = [...changesOfResults(before, after), ...changesOfReading(manifest, before, after)];
    const { digest } = prepared.manifest.dataset;
    if (digest !== manifest.dataset.digest && !manifest.dataset.stream)
      changes.push({ path: "dataset (its content)", decided: manifest.dataset.digest, now: digest });
    changes.push(
      ...optionChanges(
        { parameters: keptParameters(manifest.parameters).parameters }, // a run that is older may hold a secret
        { parameters: prepared.manifest.parameters },
      ),
    );
    const isSame = !growing && optionChanges(before, after).length === 0;
    const isLonger = isReadOn(manifest.dataset, before.datasetConfig, after.datasetConfig);
    const data = isLonger ? { dataset: { ...manifest.dataset, stream: { ended: false } } } : {};
    const code = codeChanges(manifest, prepared.manifest);
    const others = code.filter(({ path }) => isSame || path !== CODE); // a file with other options has another text in any case
    refuseChanges([...changes, ...others], acceptChanged);
    const amended = await withChanges(manifest, [...changes, ...code], after, prepared.clock.now(), store);
    const stamped = { ...withFaults(amended, options.faults), ...asked(prepared.manifest, manifest), ...data };
    const next = { prepared: { ...prepared, manifest: stamped }, store, sessions };
    if (prepared.settings.dryRun) return next;
    await confirmMore(prepared, options, store, growing?.isLarger === true);
    if (growing) await growing.write(stamped);
    // of a stream once its rows are known to be the same
    else if (!prepared.open && canonicalJson(stamped) !== canonicalJson(stored)) await store.putManifest(stamped);
    if (retryFailed) await planAgain(store);
    if (!growing) return next;
    await store.putItems?.(withoutSecrets(prepared.plan.items));
    // places of tasks that were in flight are those of the smaller plan
    return { ...next, sessions: sessions.map(({ underWay: _, ...session }) => session) };
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** Asks before a run that grows, or does failed tasks again, spends more; one that merely resumes was confirmed when it began. */
async function confirmMore(
  prepared: Prepared,
  options: ResumeOptions,
  store: RunStore,
  isLarger: boolean,
): Promise<void> {
  const retryFailed = options.retryFailed === true;
  if (!prepared.settings.confirm || !(isLarger || retryFailed)) return;
  const { sums } = await store.summary(0);
  const isAgain = ({ finalStatus }: SummaryRow): boolean => retryFailed && place[finalStatus] === "failed";
  const failed = sums.filter(isAgain).reduce((sum, { tasks }) => sum + tasks, 0);
  if (isLarger || failed > 0)
    await confirmSpending(prepared, options, { sums: sums.filter((sum) => !isAgain(sum)), failed, isLarger });
}

/** Who removed the file of a lock, thinking that it was left behind, has not ended the run: it still answers. */
export async function refuseActive(experimentId: string, location: string): Promise<void> {
  if (await fetchLiveState(dirname(location), experimentId, 0)) throw beingRun(location);
}

/** What was asked before holds, where it is not said again. */
export function withStoredFlags(options: RunOptions, { flags }: Manifest): RunOptions {
  if (!flags) return options;
  const { executor } = flags;
  const isElsewhere = options.executor !== undefined || options.executorNamed !== undefined;
  return {
    ...options,
    commandLine: { ...(flags.settings as SettingsInput), ...options.commandLine },
    ...(executor && !isElsewhere ? { executorNamed: executor as NonNullable<RunOptions["executorNamed"]> } : {}),
  };
}

/** What a manifest keeps of how the run is asked for today. */
const asked = ({ flags, parameters, secrets, code, file }: Manifest, before: Manifest): Partial<Manifest> => ({
  parameters,
  ...(secrets ? { secrets } : {}),
  ...(flags ? { flags } : {}),
  ...(code ? { code } : {}),
  ...(before.file !== undefined && file !== undefined ? { file } : {}),
});

const CODE = "code";

/** What the file does otherwise outside the functions whose text is compared; nothing where either is not known. */
const codeChanges = ({ code: before }: Manifest, { code: now }: Manifest): OptionChange[] =>
  before && now
    ? optionChanges(
        { [CODE]: before.digest, environment: before.variables ?? {} },
        { [CODE]: now.digest, environment: commonTo(before.variables ?? {}, now.variables ?? {}) },
      )
    : [];

/** The variables that are named by both: a text that names others is another text. */
const commonTo = <T>(before: Readonly<Record<string, T>>, now: Readonly<Record<string, T>>): Record<string, T> =>
  Object.fromEntries(
    Object.entries(before).map(([name, value]) => [name, Object.hasOwn(now, name) ? now[name]! : value]),
  );

/**
 * A run that is larger now: its manifest with today's size, and what moves its rows to their places in the larger plan.
 *
 * @throws ConfigError where it is smaller, or where its store cannot
 */
async function growth(
  stored: Manifest,
  { manifest: now, plan, clock }: Prepared,
  store: RunStore,
): Promise<{ readonly manifest: Manifest; readonly isLarger: boolean; write(manifest: Manifest): Promise<void> }> {
  const replan = store.replan?.bind(store);
  if (!replan)
    throw new ConfigError(
      store.location,
      "cannot hold a run that grows: it has no replan()",
      undefined,
      "Start a new run",
    );
  const grown = (description: ExperimentDescription) => grownAs(description, now.experiment);
  const experiment = grown(stored.experiment);
  const ordinals = new Map<number, number>();
  const ids = new Set<string>();
  const lost = { ids: new Set<string>(), results: 0 };
  for await (const { ordinal, condition, itemId, repeat } of store.outcomes()) {
    ids.add(itemId);
    const place = plan.placeOf(condition, itemId, repeat);
    if (place !== undefined) ordinals.set(ordinal, place);
    else {
      lost.results += 1;
      if (lost.ids.size < 5) lost.ids.add(itemId);
    }
  }
  const ended = ordinals.size;
  for await (const { ordinal, condition, itemId, repeat } of store.answers?.() ?? []) {
    const place = plan.placeOf(condition, itemId, repeat);
    if (place !== undefined) ordinals.set(ordinal, place);
  }
  if (lost.results > 0) throw lostItems([...lost.ids], lost.results);
  const size = { experiment, dataset: now.dataset, plan: now.plan };
  const record = {
    at: new Date(clock.now()).toISOString(),
    ended,
    before: sizeOf(stored),
    after: sizeOf(size),
  };
  const isLarger = record.before.tasks < record.after.tasks;
  return {
    isLarger,
    manifest: {
      ...stored,
      ...size,
      dataset: hasItemsOf(stored, plan.items, ids) ? now.dataset : { ...now.dataset, digest: stored.dataset.digest },
      ...(stored.amendments
        ? { amendments: stored.amendments.map((one) => ({ ...one, experiment: grown(one.experiment) })) }
        : {}),
      ...(isLarger ? { growth: [...(stored.growth ?? []), record] } : {}),
    },
    write: async (grown) => void (await replan(grown, ordinals, grownEntries(store, ordinals, grown))),
  };
}

/** Whether the items of the stored run are among those of today as they were: the first ones of the data set, or those of the rows. */
const hasItemsOf = ({ dataset }: Manifest, items: readonly DatasetItem[], ids: ReadonlySet<string>): boolean =>
  digestItems(items.slice(0, dataset.items)) === dataset.digest ||
  (ids.size === dataset.items && digestItems(items.filter(({ id }) => ids.has(id))) === dataset.digest);

/** The experiment file where the run began; never one that merely has its name. */
export function storedFile(file: string): string {
  const law = "must be given: the run was started from";
  if (!isAbsolute(file))
    throw new ConfigError(
      "--file",
      `${law} ${show(file)}, and its folder was not recorded`,
      undefined,
      "Name the file",
    );
  if (!existsSync(file))
    throw new ConfigError("--file", `${law} ${file}, which is not there`, undefined, "Name the file");
  return file;
}

/** A run that ever met faults stays stamped with them. */
function withFaults(manifest: Manifest, faults: FaultInjection | undefined): Manifest {
  if (!faults || manifest.faults?.split(" | ").includes(faults.description)) return manifest;
  return { ...manifest, faults: [manifest.faults, faults.description].filter(Boolean).join(" | ") };
}

/** What the plan of analysis says otherwise since. */
const changesOfReading = (
  manifest: Manifest,
  before: ExperimentDescription,
  after: ExperimentDescription,
): OptionChange[] =>
  readingChanges(planOf({ ...manifest, experiment: before }), planOf({ ...manifest, experiment: after }));

/** Changes that were accepted are kept for every report, with both values. */
async function withChanges(
  manifest: Manifest,
  changes: readonly OptionChange[],
  experiment: ExperimentDescription,
  now: number,
  store: RunStore,
): Promise<Manifest> {
  if (changes.length === 0) return manifest;
  const { finished } = await store.summary(0);
  const ended = finished.reduce((sum, { first, last }) => sum + last - first + 1, 0);
  const amendment = { at: new Date(now).toISOString(), ended, changes, experiment };
  return { ...manifest, amendments: [...(manifest.amendments ?? []), amendment] };
}
