import { canonicalJson, digest } from "#src/kernel/digest";
import { ConfigError } from "#src/kernel/errors";
import { ownMember } from "#src/kernel/record";
import type { ExperimentDescription } from "./describe.ts";
import type { Direction } from "./direction.ts";
import type { Growth } from "./growth.ts";
import { declaredMetric, type MetricInput } from "./metrics.ts";
import { type OptionChange, optionChanges } from "./option-changes.ts";
import type { ScoringRecord } from "./scoring-record.ts";

/** Everything that decides what a run concludes, as plain JSON: what is measured, how it is tested, what is asked, on which data and code. */
export interface DecidedPlan {
  readonly metrics: readonly MetricInput[];
  /** Which way is better, by the name of the metric. */
  readonly directions: Readonly<Record<string, Direction>>;
  readonly customMetrics: ExperimentDescription["customMetrics"];
  readonly metricSchemas: ExperimentDescription["metricSchemas"];
  /** Families, correction, level, margins, stopping rule, slices. */
  readonly statisticalAnalysis: ExperimentDescription["statisticalAnalysis"];
  readonly gates: NonNullable<ExperimentDescription["gates"]>;
  readonly conditions: readonly Pick<
    ExperimentDescription["conditions"][number],
    "name" | "factors" | "scorers" | "code" | "faults"
  >[];
  readonly repeat: number;
  readonly seed: number;
  readonly dataset: { readonly items: number; readonly digest: string };
  readonly plan: { readonly tasks: number; readonly hash: string };
}

/** The lock of a run: what was decided before its first task. Never written again. */
export interface PlanLock {
  readonly plan: DecidedPlan;
  /** The experiment file, where the run came from one, and the digest of its text. */
  readonly file?: { readonly path: string; readonly digest?: string };
  /** Digest of the two. */
  readonly digest: string;
}

/** Options that were changed on the way, and accepted by name when the run was resumed. */
export interface Amendment {
  /** ISO 8601, UTC. */
  readonly at: string;
  /** Tasks that had ended by then. */
  readonly ended: number;
  readonly changes: readonly OptionChange[];
  /** The definition from then on. */
  readonly experiment: ExperimentDescription;
}

/** The parts of a manifest that a plan is made of. */
export interface PlanParts extends Pick<DecidedPlan, "plan" | "seed"> {
  readonly experiment: ExperimentDescription;
  readonly dataset: DecidedPlan["dataset"] & { readonly source: string; readonly stream?: { readonly ended: boolean } };
}

/** What a manifest keeps of it. */
interface Kept {
  readonly scoring?: ScoringRecord;
  readonly decided?: PlanLock;
  readonly growth?: readonly Growth[];
  readonly amendments?: readonly Amendment[];
}

/** What a definition decides about its run. */
export function planOf({ experiment, dataset, plan, seed }: PlanParts): DecidedPlan {
  const { metrics, customMetrics, metricSchemas, statisticalAnalysis, gates = [], conditions, repeat } = experiment;
  return JSON.parse(
    canonicalJson({
      metrics,
      directions: Object.fromEntries(
        [...metrics, ...customMetrics.map(({ name, direction }) => ({ name, direction }))].map((metric) => [
          nameOf(metric),
          declaredMetric(metric).direction,
        ]),
      ),
      customMetrics,
      metricSchemas,
      statisticalAnalysis,
      gates,
      conditions: conditions.map(({ name, factors, scorers, code, faults }) => ({
        name,
        factors,
        scorers,
        code,
        faults,
      })),
      repeat,
      seed,
      dataset: { items: dataset.items, digest: dataset.digest },
      plan,
    }),
  ) as DecidedPlan;
}

/** Locks a plan. */
export function lockPlan(plan: DecidedPlan, file?: PlanLock["file"]): PlanLock {
  const locked = { plan, ...(file === undefined ? {} : { file }) };
  return { ...locked, digest: digest(locked) };
}

/**
 * The lock of a stored run.
 *
 * @param place the store, for the sentence of a fault
 * @returns nothing for a run of a version that kept none
 * @throws ConfigError for a lock that is not what was written
 */
export function lockOf({ decided }: Pick<Kept, "decided">, place: string): PlanLock | undefined {
  if (decided === undefined) return undefined;
  const { digest: written, ...locked } = (decided ?? {}) as PlanLock;
  if (written === digest(locked) && typeof locked.plan === "object") return decided;
  throw new ConfigError(
    place,
    "must hold the plan as it was written before the first task; it was changed since, or is damaged: its digest does not fit",
    written,
    "Take the store from a copy; `crucible export` still writes its rows",
  );
}

/** What decides how the results are read, without what decides how they were made. */
const readingParts = [
  "metrics",
  "directions",
  "customMetrics",
  "metricSchemas",
  "statisticalAnalysis",
  "gates",
] as const satisfies readonly (keyof DecidedPlan)[];

/** The plan with its results read as another definition says. */
export const readAs = (plan: DecidedPlan, experiment: ExperimentDescription, parts: PlanParts): DecidedPlan => {
  const other = planOf({ ...parts, experiment });
  return { ...plan, ...Object.fromEntries(readingParts.map((part) => [part, other[part]])) };
};

/** The plan of a run that has grown, or whose rows were read on the way, with the size that it has now. */
export function sizedAs(plan: DecidedPlan, parts: PlanParts & Pick<Kept, "growth">): DecidedPlan {
  if (!parts.growth?.length && !parts.dataset.stream) return plan;
  const { conditions, repeat, dataset, plan: tasks } = planOf(parts);
  return { ...plan, conditions, repeat, dataset, plan: tasks };
}

const nameOf = (metric: MetricInput): string => (typeof metric === "string" ? metric : metric.name);

/** What another definition says otherwise about how results are read: lists of names as a whole, what has a name under it. */
export function readingChanges(plan: DecidedPlan, other: DecidedPlan): OptionChange[] {
  const [names, namesNow] = [plan, other].map(({ metrics }) => metrics.map(nameOf));
  const listed =
    canonicalJson(names) === canonicalJson(namesNow) ? [] : [{ path: "metrics", decided: names, now: namesNow }];
  const changes = optionChanges(readingOf(plan, other), readingOf(other, plan));
  return [...listed, ...changes.filter((change) => !isUnknownCode(change))];
}

/** Runs of an older version kept no digest of these functions. */
const isUnknownCode = ({ path, decided }: OptionChange): boolean =>
  decided === undefined && /^customMetrics\[\d+\]\.code$/.test(path);

/** How results are read, metrics under their names; those that the other plan does not have are in the list of names. */
function readingOf(plan: DecidedPlan, other: DecidedPlan): object {
  const known = new Set(other.metrics.map(nameOf));
  const own = plan.metrics.filter((metric) => known.has(nameOf(metric)));
  return {
    ...Object.fromEntries(readingParts.map((part) => [part, plan[part]])),
    metrics: Object.fromEntries(own.map((metric) => [nameOf(metric), specOf(metric, plan)])),
    directions: undefined,
  };
}

const specOf = (metric: MetricInput, { directions }: DecidedPlan): object => ({
  ...(typeof metric === "string" ? {} : { ...metric, name: undefined }),
  direction: ownMember(directions, nameOf(metric)),
});

/** What a report says about what was decided before the first task. */
export interface DecidedReading {
  /** Whether the run has a lock. */
  readonly recorded: boolean;
  /** Digest of the lock. */
  readonly digest?: string;
  /** Present where these are other scores of answers that a run has stored: what was decided for it was decided after them. */
  readonly scoring?: ScoringRecord;
  /** Options by which the report was made that are other ones than decided, and changes that were accepted on the way. */
  readonly changes: readonly (OptionChange & {
    /** Where it was accepted: `when it was resumed after 120 of 400 tasks`. */
    readonly accepted?: string;
  })[];
  /** Times that the run was made larger, oldest first. */
  readonly growth: readonly Growth[];
  /** Whether the plan looks at the results as they come in, so that it may grow with them. */
  readonly sequential: boolean;
  /** Options that the experiment file has now, and that the report was not made by. */
  readonly unused: readonly OptionChange[];
  /** What could not be read again, in sentences. */
  readonly notes: readonly string[];
}

/** What a manifest alone says about it. */
export const decidedReading = ({
  decided,
  amendments = [],
  growth = [],
  scoring,
  plan,
  experiment,
}: Kept & Pick<PlanParts, "plan" | "experiment">): DecidedReading => ({
  recorded: decided !== undefined,
  ...(decided === undefined ? {} : { digest: decided.digest }),
  ...(scoring === undefined ? {} : { scoring }),
  changes: amendments.flatMap(({ changes, ended }) =>
    changes.map((change) => ({ ...change, accepted: `when it was resumed after ${ended} of ${plan.tasks} tasks` })),
  ),
  growth,
  sequential: experiment.statisticalAnalysis.sequential !== undefined,
  unused: [],
  notes: [],
});

/** Whether a change is one of how results are read, which a report can undo; code, data and limits it cannot. */
export const isOfReading = ({ path }: OptionChange): boolean =>
  readingParts.some((part) => path === part || path.startsWith(`${part}.`) || path.startsWith(`${part}[`));
