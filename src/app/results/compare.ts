import { analyse } from "#src/analysis/analyse";
import type { Analysis } from "#src/analysis/analysis";
import type { Row } from "#src/analysis/row";
import type { Manifest, RunStatus } from "#src/experiment/manifest";
import { ConfigError } from "#src/kernel/errors";
import { type SqliteStore, sqliteStore } from "#src/store/sqlite";
import type { RunStore } from "#src/store/store";
import { checkpointDirectory } from "../setting-sources.ts";
import { openExisting, shownOf } from "../stores.ts";
import {
  type Circumstance,
  circumstances,
  decidedOf,
  definitionNotes,
  itemNotes,
  type RunOfMany,
  untestedAcross,
} from "./across.ts";
import { type ItemChanges, itemChanges } from "./item-changes.ts";
import { type ManifestDifference, manifestDifferences } from "./manifest-differences.ts";
import { type VerdictChange, verdictChanges } from "./verdict-changes.ts";

/** A run to compare: its id, `id@scoring` for another scoring of its answers, what `run` returned, or the store it is in. */
export type ComparableRun = string | { readonly experimentId: string; readonly store: string } | RunStore;

export interface CompareOptions {
  /** Where runs that are named by id are looked for; as for a run when absent. */
  readonly checkpointDir?: string;
}

/** What differs between runs, and what follows from their rows. */
export interface RunComparison {
  readonly runs: readonly {
    readonly experimentId: string;
    readonly name: string;
    readonly createdAt: string;
    readonly status: RunStatus;
  }[];
  /** What differed between their manifests: a difference of results may come from any of these. */
  readonly differences: readonly ManifestDifference[];
  /** How they went otherwise: dates, times, pace, machines. */
  readonly circumstances: readonly Circumstance[];
  /** Conditions are named `condition (run)`; each is compared with its namesakes, later runs against earlier ones. */
  readonly analysis: Analysis;
  /** Answer by answer, where two scorings of one run are compared. */
  readonly verdicts?: readonly VerdictChange[];
  /** Item by item, where two runs are compared. */
  readonly items?: ItemChanges;
  /** What a reader has to know besides, in sentences. */
  readonly notes: readonly string[];
}

/** A run that is read beside others. */
export interface OpenedRun extends RunOfMany {
  readonly status: RunStatus;
  /** Whether we opened it, and so close it. */
  readonly own: boolean;
  /** Id of the run whose answers these are. */
  readonly answersOf: string;
}

/**
 * Tests across runs: each condition against the same condition of the other runs, paired by item id. Where every run has one condition, those
 * are compared whatever their names.
 *
 * @param runs in order: a difference is a later run minus an earlier one
 * @throws ConfigError for an unknown id, a run given twice, runs without a condition or a metric in common
 */
export async function compare(runs: readonly ComparableRun[], options: CompareOptions = {}): Promise<RunComparison> {
  if (runs.length < 2) throw new ConfigError("runs", "must be at least two", runs.length);
  const opened = await openRuns(runs, options);
  try {
    return await compareOpened(opened);
  } finally {
    await closeRuns(opened);
  }
}

/** @throws ConfigError for an unknown id or a run given twice; then none stays open */
export async function openRuns(runs: readonly ComparableRun[], options: CompareOptions): Promise<OpenedRun[]> {
  const opened: OpenedRun[] = [];
  try {
    for (const run of runs) opened.push(await open(run, options));
    const ids = opened.map(({ manifest }) => manifest.experimentId);
    const twice = ids.find((id, i) => ids.indexOf(id) < i);
    if (twice !== undefined) throw new ConfigError("runs", "must not name a run twice", twice);
    return opened;
  } catch (error) {
    await closeRuns(opened);
    throw error;
  }
}

export async function closeRuns(opened: readonly OpenedRun[]): Promise<void> {
  for (const { store, own } of opened) if (own) await store.close();
}

async function open(run: ComparableRun, { checkpointDir }: CompareOptions): Promise<OpenedRun> {
  const store = await storeOf(run, checkpointDir);
  const stored = await store.manifest();
  if (!stored) throw new ConfigError(store.location, "has no manifest: the run never began");
  const answersOf = stored.experimentId;
  const manifest = stored.scoring ? { ...stored, experimentId: `${answersOf}@${stored.scoring.name}` } : stored;
  const sessions = await store.sessions();
  return { store, manifest, sessions, status: sessions.at(-1)?.status ?? "running", own: store !== run, answersOf };
}

async function storeOf(run: ComparableRun, checkpointDir: string | undefined): Promise<RunStore | SqliteStore> {
  if (typeof run === "string") {
    const [id, scoring] = run.split(/@(.*)/s, 2) as [string, string | undefined];
    const directory = await checkpointDirectory(checkpointDir === undefined ? {} : { checkpointDir });
    const store = openExisting(directory, id, "read");
    try {
      return shownOf(store, scoring);
    } catch (error) {
      store.close();
      throw error;
    }
  }
  return "outcomes" in run ? run : sqliteStore(run.store, { mode: "read" });
}

async function compareOpened(opened: readonly OpenedRun[]): Promise<RunComparison> {
  const manifests = opened.map(({ manifest }) => manifest);
  const ids = manifests.map(({ experimentId }) => experimentId);
  const groups = commonConditions(manifests);
  const conditions = manifests.flatMap(({ experimentId }, run) =>
    [...groups].flatMap(([group, members]) =>
      members[run] === undefined ? [] : [{ name: `${members[run]} (${experimentId})`, factors: { condition: group } }],
    ),
  );
  const { statisticalAnalysis, seed, directions } = opened.map(decidedOf).at(-1)!;
  const { baseline: _, pairs: __, sequential: ___, by: ____, ...statistics } = statisticalAnalysis;
  const items = opened.map(() => new Set<string>());
  const isOneRun = new Set(opened.map(({ answersOf }) => answersOf)).size === 1;
  const stopped = opened.filter(({ status }) => status === "stopped_early");
  const analysis = await analyse(rowsOf(opened, new Set(conditions.map(({ name }) => name)), items), {
    ...statistics,
    conditions,
    metrics: commonMetrics(manifests),
    directions,
    ...(isOneRun ? {} : { untested: untestedAcross(manifests) }),
    pairs: { within: "condition" },
    seed,
    stoppedEarly: stopped.length > 0,
  });
  const both = [...groups.values()].flatMap(([a, b]): [string, string][] => (a && b ? [[a, b]] : []));
  const [one, other] = opened;
  const changed = opened.length === 2 ? await itemChanges([one!, other!], analysis, both) : undefined;
  const byItem = changed ? { items: changed } : {};
  if (isOneRun) {
    const differences = manifestDifferences(manifests).filter(({ path }) => /^(scorers|dataset)\b/.test(path));
    const [first, second] = opened.map(({ store }) => store.outcomes());
    const verdicts = opened.length === 2 ? await verdictChanges(first!, second!, commonMetrics(manifests)) : undefined;
    const notes = ["The same answers, scored twice: differences are those of the scorers alone.", ...analysis.notes];
    return {
      runs: listed(opened),
      differences,
      circumstances: [],
      analysis,
      ...(verdicts ? { verdicts } : {}),
      ...byItem,
      notes,
    };
  }
  return {
    runs: listed(opened),
    differences: manifestDifferences(manifests),
    circumstances: await circumstances(opened),
    analysis,
    ...byItem,
    notes: [
      ...notesOf(opened),
      ...itemNotes(ids, items, manifests),
      ...definitionNotes(manifests).map(({ note }) => note),
      ...analysis.notes,
    ],
  };
}

const listed = (opened: readonly OpenedRun[]): RunComparison["runs"] =>
  opened.map(({ manifest: { experimentId, experiment: described, createdAt }, status }) => ({
    experimentId,
    name: described.name,
    createdAt,
    status,
  }));

/** Names of conditions that more than one run has, with what each run calls them. */
function commonConditions(manifests: readonly Manifest[]): Map<string, (string | undefined)[]> {
  const names = manifests.map(({ experiment }) => experiment.conditions.map(({ name }) => name));
  const common = [...new Set(names.flat())].filter((name) => names.filter((own) => own.includes(name)).length > 1);
  if (common.length > 0)
    return new Map(common.map((name) => [name, names.map((own) => (own.includes(name) ? name : undefined))]));
  if (names.every((own) => own.length === 1)) return new Map([[names.flat().join(" / "), names.flat()]]);
  throw new ConfigError("runs", "must have a condition in common", names.map((own) => own.join(", ")).join(" | "));
}

function commonMetrics(manifests: readonly Manifest[]): Manifest["experiment"]["metrics"] {
  const nameOf = (metric: Manifest["experiment"]["metrics"][number]): string =>
    typeof metric === "string" ? metric : metric.name;
  const [first, ...others] = manifests.map(({ experiment }) => experiment.metrics);
  const common = first!.filter((metric) => others.every((own) => own.some((one) => nameOf(one) === nameOf(metric))));
  if (common.length > 0) return common;
  throw new ConfigError(
    "runs",
    "must have a metric in common",
    [first!, ...others].map((own) => own.map(nameOf)),
  );
}

/** The rows of all runs, one run after the other, under the names of the comparison. */
async function* rowsOf(
  opened: readonly OpenedRun[],
  wanted: ReadonlySet<string>,
  items: readonly Set<string>[],
): AsyncGenerator<Row> {
  for (const [run, { store, manifest }] of opened.entries()) {
    for await (const outcome of store.outcomes()) {
      items[run]!.add(outcome.itemId);
      const condition = `${outcome.condition} (${manifest.experimentId})`;
      if (wanted.has(condition)) yield { ...outcome, condition };
    }
  }
}

function notesOf(opened: readonly OpenedRun[]): string[] {
  const unfinished = opened.filter(({ status }) => status !== "completed");
  return [
    "Runs are matched by item id; runs made at different times also differ in what was not recorded.",
    ...unfinished.map(
      ({ manifest, status }) => `${manifest.experimentId} is not complete: ${status.replace("_", " ")}.`,
    ),
  ];
}
