import { analyseInSlices } from "#src/analysis/analyse";
import type { Analysis } from "#src/analysis/analysis";
import { type GateResult, judgeGates } from "#src/analysis/gates";
import type { LabelAnalysis } from "#src/analysis/label-agreement";
import type { AnalyseOptions } from "#src/analysis/options";
import { withoutConclusions } from "#src/analysis/unfit";
import {
  type DecidedPlan,
  type DecidedReading,
  decidedReading,
  isOfReading,
  lockOf,
  planOf,
  readAs,
  readingChanges,
  sizedAs,
} from "#src/experiment/decided";
import type { Experiment } from "#src/experiment/define";
import { describe, promisedFields } from "#src/experiment/describe";
import { type Manifest, openOf } from "#src/experiment/manifest";
import { type CustomMetric, declaredMetric } from "#src/experiment/metrics";
import type { Outcome } from "#src/experiment/outcome";
import { settledSequential } from "#src/experiment/sequential";
import { addSpent, type Spent, type SpentByCondition } from "#src/experiment/spent";
import { canonicalJson } from "#src/kernel/digest";
import { ConfigError } from "#src/kernel/errors";
import { withoutSecrets } from "#src/kernel/redact";
import type { RunStore } from "#src/store/store";
import type { Definition } from "./definition.ts";
import { labelAnalysisOf } from "./labels-in.ts";
import { olderScores } from "./scorer-age.ts";

/** What the rows of a run say, held against what was decided before its first task. */
export interface RunReading {
  readonly analysis: Analysis;
  readonly gates: readonly GateResult[];
  readonly decided: DecidedReading;
  /** Time and cost of ended tasks by condition. */
  readonly spent: SpentByCondition;
  /** What people said of the answers. */
  readonly labels?: LabelAnalysis | undefined;
}

/** Analyses the stored rows of a run as a plan says; concludes nothing where faults were injected. @param customMetrics functions cannot be stored: those there are */
export async function analyseStore(
  plan: DecidedPlan,
  customMetrics: readonly CustomMetric[],
  store: RunStore,
  faults: string | undefined,
  decidedSlices: readonly string[],
  missing: "refused" | "told" = "refused",
  { open, each }: { readonly open?: true | undefined; readonly each?: (row: Outcome) => void } = {},
): Promise<Analysis> {
  const sequential = faults ? undefined : settledSequential(plan);
  const options: AnalyseOptions = {
    conditions: plan.conditions.map(({ name, factors, faults }) => ({ name, factors, faults })),
    metrics: plan.metrics,
    directions: plan.directions,
    fields: [...promisedFields(plan), ...(missing === "told" ? fieldsReadBy(plan.metrics, customMetrics) : [])],
    planned: plan.plan.tasks,
    open,
    seed: plan.seed,
    ...plan.statisticalAnalysis,
    sequential: sequential && { ...sequential, range: [...sequential.range] },
    stoppedEarly: (await store.sessions()).at(-1)?.status === "stopped_early",
    customMetrics,
    decidedSlices,
  };
  const analysis = await analyseInSlices(store.outcomes(), options, each);
  return faults ? withoutConclusions(analysis, "faults were injected") : analysis;
}

/**
 * Reads a run by the plan that was decided before its first task, or by what was accepted when it was resumed; by a definition that was
 * named instead. Gates count as they were decided, on numbers as they were decided; others are judged beside them.
 *
 * @throws ConfigError for a lock that is damaged
 */
export async function readRun(manifest: Manifest, definition: Definition, store: RunStore): Promise<RunReading> {
  const { experiment, named } = definition;
  const locked = sizedAs(lockOf(manifest, store.location)?.plan ?? planOf(manifest), manifest);
  const slices = manifest.decided ? slicesIn(locked) : [];
  const accepted = manifest.amendments?.at(-1)?.experiment;
  const stored = accepted ? readAs(locked, accepted, manifest) : locked;
  const current = experiment && readAs(locked, withoutSecrets(describe(experiment)), manifest);
  const functions = (plan: DecidedPlan): CustomMetric[] => functionsOf(plan, experiment);
  let spent = new Map<string, Spent>();
  const read = (plan: DecidedPlan, missing?: "told"): Promise<Analysis> => {
    const own = new Map<string, Spent>();
    spent = own; // of the reading that was made last: each sees all rows
    return analyseStore(plan, functions(plan), store, manifest.faults, slices, missing, {
      ...openOf(manifest),
      each: (row) => addSpent(own, row),
    });
  };
  let used = named && current ? current : withFunctionsOf(current, stored);
  const analysis = await read(used).catch(async (error: unknown) => {
    if (!(error instanceof ConfigError)) throw error;
    const mended = current && readingChanges(used, current).length > 0 ? current : undefined;
    if (mended) {
      // as decided it cannot be read at all: a metric that nothing returned, which the file has mended
      const analysis = await read(mended).catch(() => undefined);
      if (analysis) used = mended;
      if (analysis) return analysis;
    }
    return read(used, "told"); // what was paid for is reported, with what is there
  });
  const changed = readingChanges(locked, used);
  const isAsDecided = changed.every(({ path }) => path.startsWith("gates"));
  const asDecided = isAsDecided
    ? analysis
    : await analyseStore(commonTo(locked, used), functions(locked), store, manifest.faults, slices, "told");
  const fromManifest = decidedReading(manifest);
  return {
    analysis,
    spent,
    labels: await labelAnalysisOf(store, manifest, analysis),
    gates: manifest.faults
      ? []
      : [...judgeGates(locked.gates, asDecided), ...laterGates(locked, current ?? used, analysis)],
    decided: {
      ...fromManifest,
      changes: [
        ...fromManifest.changes.filter((change) => !isOfReading(change)),
        ...withAcceptance(changed, fromManifest),
      ],
      unused: current ? readingChanges(used, current) : [],
      notes: [...(await olderScores(manifest, definition)), ...notesOf(definition, used, functions(used))],
    },
  };
}

/** What metrics are read from, whether any task had it or not. */
const fieldsReadBy = (metrics: DecidedPlan["metrics"], customMetrics: readonly CustomMetric[]): string[] => [
  ...metrics.map((metric) => declaredMetric(metric).from),
  ...customMetrics.flatMap(({ over = [] }) => over),
];

const slicesIn = ({ statisticalAnalysis: { by } }: DecidedPlan): readonly string[] => (Array.isArray(by) ? by : []);

/** The plan with the functions that there are: those of a definition, which may be others than were decided. */
const withFunctionsOf = (current: DecidedPlan | undefined, stored: DecidedPlan): DecidedPlan => ({
  ...stored,
  customMetrics: stored.customMetrics.map(
    (metric) => current?.customMetrics.find(({ name }) => name === metric.name) ?? metric,
  ),
});

/** The functions that a plan speaks of: one whose text is another is another one. */
const functionsOf = ({ customMetrics }: DecidedPlan, experiment: Experiment | undefined): CustomMetric[] => {
  if (customMetrics.length === 0) return [];
  const texts = new Map(experiment && describe(experiment).customMetrics.map(({ name, code }) => [name, code]));
  const wanted = customMetrics.filter(({ name, code }) => code === undefined || code === texts.get(name));
  return (experiment?.customMetrics ?? []).filter(({ name }) => wanted.some((metric) => metric.name === name));
};

/** The decided plan with the metrics that can be read: a list that no condition returned may have been mended. */
const commonTo = (locked: DecidedPlan, used: DecidedPlan): DecidedPlan => {
  const nameOf = (metric: DecidedPlan["metrics"][number]): string =>
    typeof metric === "string" ? metric : metric.name;
  const known = new Set(used.metrics.map(nameOf));
  const metrics = locked.metrics.filter((metric) => known.has(nameOf(metric)));
  return { ...locked, metrics: metrics.length > 0 ? metrics : used.metrics };
};

/** Gates added after the first task: they are reported, and do not count. */
function laterGates(locked: DecidedPlan, current: DecidedPlan, analysis: Analysis): GateResult[] {
  const decided = new Set(locked.gates.map(canonicalJson));
  const later = current.gates.filter((gate) => !decided.has(canonicalJson(gate)));
  return judgeGates(later, analysis).map((result) => ({ ...result, afterwards: true }));
}

/** A change that was accepted says when. */
const withAcceptance = (
  changes: DecidedReading["changes"],
  { changes: accepted }: DecidedReading,
): DecidedReading["changes"] =>
  changes.map(
    (change) =>
      accepted.findLast(({ path, now }) => path === change.path && canonicalJson(now) === canonicalJson(change.now)) ??
      change,
  );

/** What is left out where no file was named. */
function notesOf({ experiment }: Definition, { customMetrics }: DecidedPlan, known: readonly CustomMetric[]): string[] {
  const missing = customMetrics.filter(({ name }) => known.every((metric) => metric.name !== name));
  if (experiment || missing.length === 0) return [];
  const names = missing.map(({ name }) => name).join(", ");
  return [
    `Not computed: ${names}, which the experiment makes by a function. To load its file is to run it; name it with --file.`,
  ];
}
