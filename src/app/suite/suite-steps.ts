import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { LimitChanges, LimitsChange } from "#src/experiment/limits";
import type { Intervention, Manifest } from "#src/experiment/manifest";
import { declaredMetric } from "#src/experiment/metrics";
import { ConfigError, StoreError } from "#src/kernel/errors";
import { withoutSecrets } from "#src/kernel/redact";
import { SharedPool } from "#src/policy/share";
import { releaseLock, type StoreLock, takeLock } from "#src/store/sqlite-lock";
import type { SuiteInput, SuiteProgress, SuiteReady, SuiteStop } from "#supervisors/suite";
import { operatorName } from "../observe/operator.ts";
import { listRuns } from "../results/past-runs.ts";
import type { RunOptions } from "../run-options.ts";
import { keptParameters, parametersAgain } from "../secret-parameters.ts";
import { openExisting, storePath } from "../stores.ts";
import { aggregatesOf, checkWeights, type Measured } from "./aggregates.ts";
import { type LoadedSuite, loadSuite, type SuiteEntry } from "./load-suite.ts";
import { Member } from "./member.ts";
import { confirmSuite, currencyOf, type PartedOptions, partOptions } from "./prepare-suite.ts";
import { changedLimits, sharedChanges } from "./shared-limits.ts";
import { entriesOf, withStored } from "./stored-suite.ts";
import {
  isStoredSuite,
  memberId,
  mustBeSuiteId,
  readSuiteFile,
  type SuiteFile,
  suitePath,
  writeSuiteFile,
} from "./suite-file.ts";
import type { SuiteFact, SuiteOptions } from "./suite-handle.ts";
import { type SuiteExperimentResult, type SuiteReport, writeSuiteReport } from "./suite-report.ts";
import { accountingOf, type SuiteSoFar } from "./suite-status.ts";

/** What a suite does before and after its experiments: the steps that its machine takes, and how far they have come. */
export class SuiteSteps implements SuiteInput, SuiteSoFar {
  readonly #id: string;
  readonly #entries: readonly SuiteEntry[] | undefined;
  readonly #options: SuiteOptions;
  readonly #facts: (fact: SuiteFact) => void;
  readonly #openControl: (directory: string) => () => void;
  #closeControl: () => void = () => {};
  readonly #interventions: Intervention[] = [];
  #loaded: LoadedSuite | undefined;
  /** Two processes at one suite would each spend its budget. */
  #lock: StoreLock | undefined;
  parted: PartedOptions | undefined;
  pool: SharedPool | undefined;
  members: readonly Member[] = [];
  currency = "usd";

  constructor(
    id: string,
    entries: readonly SuiteEntry[] | undefined,
    options: SuiteOptions,
    facts: (fact: SuiteFact) => void,
    openControl: (directory: string) => () => void,
  ) {
    this.#openControl = openControl;
    this.#id = id;
    this.#entries = entries;
    this.#options = options;
    this.#facts = facts;
  }

  readonly prepare = async (): Promise<SuiteReady> => {
    try {
      return await this.#prepare();
    } catch (error) {
      this.#release();
      throw error;
    }
  };

  readonly conclude = async (progress: SuiteProgress): Promise<SuiteReport> => {
    try {
      return await this.#conclude(progress);
    } finally {
      this.#release();
    }
  };

  /** Keeps what somebody changed by hand, for the report. */
  note(done: Pick<Intervention, "what" | "changes">, by = operatorName(), reason?: string): void {
    const at = this.#options.clock?.now() ?? Date.now();
    const one = withoutSecrets({ ...done, at, by, ...(reason === undefined ? {} : { reason }) });
    this.#interventions.push(one);
    this.#facts({ type: "suite.changed", ...one });
  }

  /** @throws ConfigError for a limit that all experiments together cannot have */
  adjust(change: LimitsChange, reason?: string, by?: string): LimitChanges {
    const pool = this.pool!;
    const changes = sharedChanges(pool.limits, change);
    if (Object.keys(changes).length === 0) return changes;
    pool.change(changedLimits(pool.limits, changes));
    this.note({ what: "limits", changes }, by, reason);
    return changes;
  }

  #release(): void {
    this.#closeControl();
    releaseLock(this.#lock);
    this.#lock = undefined;
  }

  async #prepare(): Promise<SuiteReady> {
    mustBeSuiteId(this.#id);
    const given = await partOptions(this.#options);
    const stored = isStoredSuite(given.checkpointDir, this.#id)
      ? readSuiteFile(given.checkpointDir, this.#id)
      : undefined;
    if (!stored && this.#entries === undefined) readSuiteFile(given.checkpointDir, this.#id); // says that there is none
    if (!stored && existsSync(storePath(given.checkpointDir, this.#id)))
      throw new ConfigError("suite id", "must not be that of a run", this.#id);
    const parted = stored ? await partOptions(withStored(this.#options, stored)) : given;
    const parameters = stored
      ? await parametersAgain(
          { ...stored, secrets: stored.secrets ?? {} },
          this.#options.parameters,
          this.#options.askSecret,
        )
      : (this.#options.parameters ?? {});
    const entries = this.#entries ?? entriesOf(stored!);
    const loaded = await loadSuite(entries, parted.suite, parameters);
    this.parted = parted;
    this.#loaded = loaded;
    const { suite } = parted;
    const pool = new SharedPool({
      maxParallel:
        suite.maxParallel ?? Math.max(1, ...loaded.experiments.map(({ experiment }) => experiment.config.maxParallel)),
      rateLimit: suite.rateLimit,
      maxTotal: suite.maxTotal,
    });
    const members = loaded.experiments.map(
      ({ experiment, file }) =>
        new Member({
          experiment,
          experimentId: memberId(this.#id, experiment.name),
          file,
          options: { ...parted.run, parameters },
          share: pool.share(),
          facts: this.#facts,
        }),
    );
    this.currency = currencyOf(members);
    checkWeights(
      suite.weights,
      members.map(({ name }) => name),
    );
    if (parted.confirm && !stored && parted.run.dryRun !== true) await confirmSuite(members, this.#options.ask);
    if (!isDry(parted)) this.#lock = takeLock(suitePath(parted.checkpointDir, this.#id));
    if (this.#lock && isSeen(parted, this.#options)) this.#closeControl = this.#openControl(parted.checkpointDir);
    this.#countEarlier(members, parted, stored, pool);
    this.pool = pool;
    this.members = members;
    if (!isDry(parted)) writeSuiteFile(parted.checkpointDir, this.#fileOf(entries, members, parameters, stored));
    const stop = spentAlready(pool);
    const { experimentsAtOnce, maxOpenCircuits } = suite;
    return { members, experimentsAtOnce, maxOpenCircuits, ...(stop ? { stop } : {}) };
  }

  async #conclude({ stop, crashed }: SuiteProgress): Promise<SuiteReport> {
    const { suite, outputDir, hasReports } = this.parted!;
    for (const member of this.members) {
      if (crashed.has(member.name)) member.crash(crashed.get(member.name));
      member.leaveOut(stop ? `not started: ${stop.reason}` : "not started");
    }
    const isMeasured = !isDry(this.parted!);
    const measured = isMeasured ? await Promise.all(this.members.map((member) => this.#measured(member))) : [];
    const aggregates = aggregatesOf(measured, suite.weights);
    const report: Omit<SuiteReport, "reports"> = {
      suiteId: this.#id,
      status: stop?.status ?? "completed",
      ...(stop ? { reason: stop.reason } : {}),
      experiments: this.members.map(resultOf),
      refused: this.#loaded!.refused,
      accounting: accountingOf(this.members),
      aggregates,
      weights: suite.weights,
      cost: this.pool!.spent(),
      currency: this.currency,
      ...(this.#interventions.length > 0 ? { interventions: [...this.#interventions] } : {}),
    };
    return { ...report, reports: hasReports ? await writeSuiteReport(report, outputDir) : {} };
  }

  /** What earlier sessions have spent counts from the start, also of runs whose turn has not come. */
  #countEarlier(
    members: readonly Member[],
    { run, checkpointDir }: PartedOptions,
    stored: SuiteFile | undefined,
    pool: SharedPool,
  ): void {
    if (!stored || run.store || !existsSync(checkpointDir)) return;
    const shares = new Map(members.map(({ parts }) => [parts.experimentId, parts.share]));
    const costs = new Map(listRuns(checkpointDir).map(({ experimentId, cost }) => [experimentId, cost]));
    for (const { experimentId } of stored.experiments)
      (shares.get(experimentId) ?? pool.share()).hasSpent(costs.get(experimentId) ?? 0);
  }

  #fileOf(
    entries: readonly SuiteEntry[],
    members: readonly Member[],
    parameters: Readonly<Record<string, string>>,
    stored: SuiteFile | undefined,
  ): SuiteFile {
    const { suite, asked, run } = this.parted!;
    const now = this.#options.clock?.now() ?? Date.now();
    const paths = entries.filter((entry) => typeof entry === "string");
    const ids = new Set(members.map(({ parts }) => parts.experimentId));
    const { executorNamed: executor } = run;
    return {
      format: "crucible-suite/1",
      suiteId: this.#id,
      createdAt: stored?.createdAt ?? new Date(now).toISOString(),
      paths: paths.map((path) => resolve(path)),
      hasCode: paths.length < entries.length,
      experiments: [
        ...members.map(({ name, parts: { experiment, experimentId, file } }) => ({
          name,
          tags: [...experiment.tags],
          experimentId,
          ...(file === undefined ? {} : { file }),
        })),
        ...(stored?.experiments.filter(({ experimentId }) => !ids.has(experimentId)) ?? []), // not chosen this time
      ],
      suite: { ...suite, ...(stored ? { names: stored.suite.names, tags: stored.suite.tags } : {}) },
      settings: asked as SuiteFile["settings"],
      ...keptParameters(parameters),
      ...(executor && !executor.redis?.includes("@") ? { executor } : {}),
    };
  }

  async #measured({ name, parts, report, status }: Member): Promise<Measured> {
    const { experiment, experimentId } = parts;
    const isWhole = status === "completed" || status === "stopped_early";
    const items = report && (await manifestOf(experimentId, this.parted!.run))?.dataset.digest;
    return {
      name,
      metrics:
        report?.analysis.metrics.map(({ metric }) => metric.name) ??
        experiment.metrics.map((metric) => declaredMetric(metric).name),
      conditions: experiment.conditions.map((condition) => condition.name),
      ...(report ? { analysis: report.analysis } : {}),
      ...(isWhole ? {} : { unfinished: `is not complete (${status.replaceAll("_", " ")})` }),
      ...(items === undefined ? {} : { items }),
    };
  }
}

/** Whether other processes of this machine may look at it: as for its runs. */
const isSeen = ({ run }: PartedOptions, { clock }: SuiteOptions): boolean =>
  clock === undefined && (run.observe ?? run.commandLine?.observe) !== false;

const isDry = ({ run }: PartedOptions): boolean => (run.dryRun ?? run.commandLine?.dryRun) === true;

function spentAlready(pool: SharedPool): SuiteStop | undefined {
  const { maxTotal } = pool.limits;
  if (maxTotal === undefined || pool.spent() < maxTotal) return undefined;
  return {
    status: "budget_exhausted",
    reason: `the budget of the suite, ${maxTotal}, is spent; resume with a larger one to continue`,
  };
}

function resultOf(member: Member): SuiteExperimentResult {
  const { name, parts, status, reason, report, error } = member;
  const { experiment, experimentId, file } = parts;
  return {
    name,
    tags: experiment.tags,
    ...(file === undefined ? {} : { file }),
    experimentId,
    status: status as SuiteExperimentResult["status"],
    ...(reason === undefined ? {} : { reason }),
    ...(report ? { report } : {}),
    ...(error === undefined ? {} : { error }),
  };
}

/** The manifest of a run that has ended; nothing where it was not stored. */
async function manifestOf(id: string, options: RunOptions): Promise<Manifest | undefined> {
  if (options.store) return (await options.store(id)).manifest();
  const { checkpointDir } = options;
  if (!existsSync(storePath(checkpointDir!, id))) return undefined;
  try {
    const store = openExisting(checkpointDir!, id, "read");
    try {
      return store.manifest();
    } finally {
      store.close();
    }
  } catch (error) {
    if (error instanceof StoreError || error instanceof ConfigError) return undefined;
    throw error;
  }
}
