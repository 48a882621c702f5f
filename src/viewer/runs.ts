import type { MetricLevels } from "#src/analysis/levels";
import {
  openBrowser,
  type SqliteBrowser,
  type StatusCount,
  type StoredRun,
  storedRun,
  storeVersion,
  type TaskQuery,
} from "#src/app/observe/browse";
import { type FactPage, type FactQuery, factPage } from "#src/app/observe/fact-page";
import { fetchLiveState, type LiveState } from "#src/app/observe/live";
import type { NameOfTask } from "#src/app/observe/replay";
import { type DigestReader, digestReader, type RunDigest } from "#src/app/observe/run-digest";
import { taskNames } from "#src/app/observe/task-names";
import { compare, type RunComparison } from "#src/app/results/compare";
import { storedLevels } from "#src/app/results/levels";
import { reportStored } from "#src/app/results/report-stored";
import { readOrSay, storedIds, storePath } from "#src/app/stores";
import { countFailure, emptyFailures, type FailureSummary, mostFrequent } from "#src/experiment/failure-groups";
import { openOf } from "#src/experiment/manifest";
import { type Accounting, type Outcome, place } from "#src/experiment/outcome";
import type { ConditionTally } from "#src/experiment/tally";
import type { Report } from "#src/reports/report";
import { type Answered, later } from "./later.ts";

/** Ended tasks of a condition, and their sums. */
export interface ConditionLine extends Omit<ConditionTally, "maxCostPerAttempt"> {
  readonly name: string;
  /** Mean of the last attempts; absent while the run is live, where it is not counted. */
  readonly meanMs?: number;
}

/** Everything about a run at one moment, tasks and facts aside. */
export interface RunView extends StoredRun {
  readonly id: string;
  readonly accounting: Accounting;
  readonly conditions: readonly ConditionLine[];
  readonly cost: number;
  /** What the run says itself, while it answers. */
  readonly live: LiveState | undefined;
  readonly digest: RunDigest;
}

/** A run in the list. */
export interface RunLine extends StoredRun {
  readonly id: string;
  readonly accounting: Accounting;
  readonly cost: number;
}

export interface RunList {
  readonly total: number;
  readonly lines: readonly RunLine[];
  /** Why files are not among the runs, as `crucible list` says it. */
  readonly unreadable: readonly string[];
}

/** The runs of a checkpoint directory, for pages. Looks only: nothing is written, and no run waits for it. */
export interface Runs {
  readonly directory: string;
  /**
   * One page of the runs, newest first, how many there are, and a sentence for each file that is left out.
   *
   * @param tag of the runs that are meant; all when absent
   */
  list(offset: number, limit: number, tag?: string): Promise<RunList>;
  /** A run as it stands in the list; undefined where there is none, or its file cannot be read. */
  line(id: string): Promise<RunLine | undefined>;
  /** Undefined for an unknown id. @throws ConfigError for a file that is not a store */
  run(id: string): Promise<RunView | undefined>;
  tasks(id: string, query: TaskQuery): ReturnType<SqliteBrowser["tasks"]>;
  task(id: string, ordinal: number): Outcome | undefined;
  /** What an item of the dataset is, where the store kept it. */
  item(id: string, itemId: string): unknown;
  errors(id: string): ReturnType<SqliteBrowser["errors"]>;
  /** What failed tasks say most often. */
  failures(id: string): FailureSummary;
  /** What the tasks of a run are called. */
  nameOf(run: RunView): NameOfTask;
  facts(id: string, query: FactQuery): Promise<FactPage>;
  /** The report of what is stored now. */
  report(id: string): Answered<Report>;
  /** The levels of its conditions on each metric, as its report gives them. */
  levels(id: string): Answered<readonly MetricLevels[]>;
  /** The runs of one experiment, by its name: the newest ones, oldest first, and how many there are. */
  ofExperiment(name: string, most: number): { readonly total: number; readonly runs: readonly RunOfExperiment[] };
  comparison(a: string, b: string): Answered<RunComparison>;
  close(): void;
}

export type RunOfExperiment = StoredRun & { readonly id: string };

/** How reports and comparisons are made: the command makes them in a process of their own, so that pages stay quick meanwhile. */
export interface ReportSource {
  report(id: string): Promise<Report>;
  compare(ids: readonly string[]): Promise<RunComparison>;
}

/** Workers of each pool that a run lists one by one. */
const TASKS_SHOWN = 50;
/** Milliseconds that one look at a live run serves everybody. */
const LOOK_EVERY_MS = 900;
/** Messages of failed tasks that are shown. */
const MESSAGES = 5;
/** Runs whose levels are kept. */
const MOST_LEVELS = 500;
/** Stores that are kept open for looking. */
const MOST_OPEN = 8;

/** @param workshop makes reports in this process when absent */
export function openRuns(directory: string, workshop: ReportSource = inProcess(directory)): Runs {
  const browsers = new Map<string, SqliteBrowser>();
  const digests = new Map<string, DigestReader>();
  const looks = new Map<string, { at: number; state: Promise<LiveState | undefined> }>();
  const summaries = new Map<string, Summary>();
  const named = new Map<string, Named>();

  const browser = (id: string): SqliteBrowser => {
    const known = browsers.get(id) ?? openBrowser(directory, id);
    browsers.delete(id);
    browsers.set(id, known); // the last used stands last
    for (const [oldest, open] of browsers) {
      if (browsers.size <= MOST_OPEN) break;
      open.close();
      browsers.delete(oldest);
    }
    return known;
  };
  const digest = (id: string): Promise<RunDigest> => {
    const reader = digests.get(id) ?? digestReader(directory, id);
    digests.set(id, reader);
    return reader.look();
  };
  const look = (id: string): Promise<LiveState | undefined> => {
    const last = looks.get(id);
    if (last && Date.now() - last.at < LOOK_EVERY_MS) return last.state;
    const state = fetchLiveState(directory, id, TASKS_SHOWN);
    looks.set(id, { at: Date.now(), state });
    return state;
  };
  const summaryOf = (id: string): Summary => {
    const version = storeVersion(directory, id);
    const known = summaries.get(id);
    if (known?.version === version) return known;
    const own = browser(id);
    const errors = own.errors();
    const said = errors.length > 0 ? [...own.failures()].reduce(countFailure, emptyFailures) : emptyFailures;
    const failures = mostFrequent(said, MESSAGES);
    const summary = { version, counts: own.counts(), lost: own.lost(), errors, failures };
    summaries.set(id, summary);
    return summary;
  };
  const lineOf = (id: string): RunLine | undefined => {
    const stored = storedRun(directory, id);
    return stored && { id, ...stored, ...sums(stored, summaryOf(id)) };
  };
  const lineNow = async (line: RunLine | undefined): Promise<RunLine | undefined> => {
    const live = line?.status === "running" ? await look(line.id) : undefined;
    return line && live ? { ...line, accounting: live.status.accounting, cost: live.status.cost } : line;
  };
  const nameOf = (id: string): Named | undefined => {
    const version = storeVersion(directory, id);
    const known = named.get(id);
    if (known?.version === version) return known;
    const stored = readOrSay(
      storePath(directory, id),
      () => storedRun(directory, id),
      () => {}, // the list of runs says why
    );
    const own = { version, name: stored?.manifest.experiment.name, createdAt: stored?.manifest.createdAt ?? "" };
    named.set(id, own);
    return own;
  };
  const reports = later(workshop.report);
  const levels = later((id: string) => storedLevels(directory, id), MOST_LEVELS);
  const comparisons = later((pair: string) => workshop.compare(pair.split("\n")));

  return {
    directory,
    async list(offset, limit, tag) {
      const unreadable: string[] = [];
      const readable = <T>(id: string, read: () => T | undefined): T | undefined =>
        readOrSay(storePath(directory, id), read, (sentence) => unreadable.push(sentence));
      const dated = storedIds(directory).flatMap((id) => {
        const stored = readable(id, () => storedRun(directory, id));
        if (!stored || (tag !== undefined && !tagsOf(stored).includes(tag))) return [];
        return [{ id, createdAt: stored.manifest.createdAt }];
      });
      dated.sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1));
      const shown = await Promise.all(
        dated.slice(offset, offset + limit).map(({ id }) => lineNow(readable(id, () => lineOf(id)))),
      );
      return { total: dated.length, lines: shown.filter((line) => line !== undefined), unreadable };
    },
    line: (id) =>
      lineNow(
        readOrSay(
          storePath(directory, id),
          () => (storedIds(directory).includes(id) ? lineOf(id) : undefined),
          () => {},
        ),
      ),
    async run(id) {
      if (!storedIds(directory).includes(id)) return undefined;
      const stored = storedRun(directory, id);
      if (!stored) return undefined;
      const live = stored.status === "running" ? await look(id) : undefined;
      const seen = await digest(id);
      if (live) {
        const means = new Map(conditionLines(stored, summaryOf(id)).map((line) => [line.name, line.meanMs]));
        const conditions = Object.entries(live.status.conditions).map(([name, own]) => {
          const meanMs = means.get(name); // of what is stored so far
          return { name, ...own, ...(meanMs === undefined ? {} : { meanMs }) };
        });
        const { accounting, cost } = live.status;
        return { id, ...stored, accounting, conditions, cost, live, digest: seen };
      }
      const summary = summaryOf(id);
      const conditions = conditionLines(stored, summary);
      return { id, ...stored, ...sums(stored, summary), conditions, live, digest: seen };
    },
    tasks: (id, query) => browser(id).tasks(query),
    task: (id, ordinal) => browser(id).task(ordinal),
    item: (id, itemId) => browser(id).item(itemId),
    errors: (id) => summaryOf(id).errors,
    failures: (id) => summaryOf(id).failures,
    nameOf: ({ id, manifest }) => taskNames(manifest, browser(id)),
    facts: (id, query) => factPage(directory, id, query),
    report: (id) => reports.ask(id, storeVersion(directory, id)),
    levels: (id) => levels.ask(id, storeVersion(directory, id)),
    ofExperiment(name, most) {
      const all = storedIds(directory).flatMap((id) => {
        const own = nameOf(id);
        return own?.name === name ? [{ id, ...own }] : [];
      });
      all.sort((a, b) => (a.createdAt < b.createdAt ? -1 : 1));
      const runs = all.slice(all.length - Math.min(most, all.length)).flatMap(({ id }) => {
        const stored = storedRun(directory, id);
        return stored ? [{ id, ...stored }] : [];
      });
      return { total: all.length, runs };
    },
    comparison: (a, b) => comparisons.ask(`${a}\n${b}`, `${storeVersion(directory, a)} ${storeVersion(directory, b)}`),
    close() {
      for (const open of browsers.values()) open.close();
      browsers.clear();
    },
  };
}

/** The tags of the experiment of a run. */
export const tagsOf = ({ manifest }: Pick<StoredRun, "manifest">): readonly string[] => manifest.experiment.tags ?? [];

const inProcess = (directory: string): ReportSource => ({
  report: async (id) => (await reportStored(id, { checkpointDir: directory, formats: [] })).report,
  compare: (ids) => compare(ids, { checkpointDir: directory }),
});

/** Which experiment a run is of; nothing where its file cannot be read. */
interface Named {
  readonly version: string;
  readonly name: string | undefined;
  readonly createdAt: string;
}

/** What the rows of a run add up to, for one version of its store: a run that has ended is summed up once. */
interface Summary {
  readonly version: string;
  readonly counts: readonly StatusCount[];
  readonly lost: ReturnType<SqliteBrowser["lost"]>;
  readonly errors: ReturnType<SqliteBrowser["errors"]>;
  readonly failures: FailureSummary;
}

function sums({ manifest }: StoredRun, { counts, lost }: Summary): Pick<RunLine, "accounting" | "cost"> {
  const planned = manifest.plan.tasks;
  const ended = { succeeded: 0, failed: 0, skipped: 0, unscored: 0 };
  for (const { status, tasks } of counts) ended[place[status]] += tasks;
  const all = ended.succeeded + ended.failed + ended.skipped + ended.unscored;
  const cost = [...counts, ...lost].reduce((sum, one) => sum + (one.cost ?? 0), 0);
  return { accounting: { planned, ...ended, pending: planned - all, ...openOf(manifest) }, cost };
}

/** What a live run would say of its conditions, from its rows. */
function conditionLines({ manifest }: StoredRun, { counts, lost }: Summary): ConditionLine[] {
  const { conditions } = manifest.experiment;
  return conditions.map(({ name }) => {
    const own = counts.filter(({ condition }) => condition === name);
    const line = {
      name,
      planned: manifest.plan.tasks / conditions.length,
      succeeded: 0,
      failed: 0,
      skipped: 0,
      unscored: 0,
    };
    for (const { status, tasks } of own) line[place[status]] += tasks;
    const tasks = own.reduce((sum, one) => sum + one.tasks, 0);
    return {
      ...line,
      retries: own.reduce((sum, one) => sum + one.retries, 0),
      cost: [...own, ...lost.filter(({ condition }) => condition === name)].reduce(
        (sum, one) => sum + (one.cost ?? 0),
        0,
      ),
      ...(tasks > 0 ? { meanMs: own.reduce((sum, one) => sum + one.meanMs * one.tasks, 0) / tasks } : {}),
    };
  });
}
