import { type DecidedPlan, lockOf, planOf, sizedAs } from "#src/experiment/decided";
import type { Manifest, RunSession } from "#src/experiment/manifest";
import { declaredMetric, type Metric, type MetricInput } from "#src/experiment/metrics";
import { optionChanges } from "#src/experiment/option-changes";
import { meanPace, wallTime } from "#src/experiment/session";
import { canonicalJson } from "#src/kernel/digest";
import { show } from "#src/kernel/errors";
import { ownMember } from "#src/kernel/record";
import { printMillis } from "#src/kernel/units";
import { perSecond } from "#src/reports/cell";
import type { RunStore } from "#src/store/store";

/** A run among those that are compared. */
export interface RunOfMany {
  readonly manifest: Manifest;
  readonly store: RunStore;
  readonly sessions: readonly RunSession[];
}

const nameOf = (metric: MetricInput): string => (typeof metric === "string" ? metric : metric.name);

/**
 * Why a metric is not tested across runs: there is one run a side, and what differs between runs is no matter of items. What depends on the load of
 * the machine or on the number of tasks is reported as a change; so is a cost by other prices, and a metric that is defined otherwise.
 */
export function untestedAcross(manifests: readonly Manifest[]): (metric: Metric) => string | undefined {
  const priced = pricedAlike(manifests);
  const otherwise = new Set(definitionNotes(manifests).map(({ metric }) => metric));
  return ({ name, from, aggregate, loadDependent }) => {
    if (otherwise.has(name)) return "it is defined otherwise in the runs";
    if (loadDependent) return "one run each cannot separate it from the load of the machine";
    if (aggregate === "sum") return "a sum grows with the number of tasks";
    if (from === "cost" && !priced) return "the runs were not priced by the same table";
    return undefined;
  };
}

/** Whether amounts mean the same: by one table of prices; without one, charged by the same code in the same currency. */
function pricedAlike(manifests: readonly Manifest[]): boolean {
  const keys = manifests.map(({ prices, experiment: { costBudget, conditions } }) =>
    canonicalJson(
      prices ?? { currency: costBudget.currency, charged: conditions.map(({ name, code }) => [name, code]) },
    ),
  );
  return new Set(keys).size === 1;
}

/** What a run decided; of a run without a lock what its definition says. @throws ConfigError for a damaged lock */
export const decidedOf = ({ manifest, store }: Pick<RunOfMany, "manifest" | "store">): DecidedPlan =>
  sizedAs(lockOf(manifest, store.location)?.plan ?? planOf(manifest), manifest);

/** Metrics of one name that are not the same metric, each with what differs. */
export function definitionNotes(manifests: readonly Manifest[]): { metric: string; note: string }[] {
  const [first, ...others] = manifests.map((manifest) => manifest.decided?.plan ?? planOf(manifest)) as [
    DecidedPlan,
    ...DecidedPlan[],
  ];
  const names = first.metrics
    .map(nameOf)
    .filter((name) => others.every(({ metrics }) => metrics.some((one) => nameOf(one) === name)));
  return names.flatMap((metric) => {
    const [own, ...rest] = [first, ...others].map((plan) => definitionIn(plan, metric)) as [object, ...object[]];
    const differs = rest.flatMap((other) => optionChanges(own, other));
    if (differs.length === 0) return [];
    const words = differs.map(({ path, decided, now }) => `${path} ${shown(decided)} | ${shown(now)}`);
    return [
      {
        metric,
        note: `${metric} is defined otherwise in the runs (${[...new Set(words)].join("; ")}): its numbers are not of one thing.`,
      },
    ];
  });
}

const shown = (value: unknown): string => (value === undefined ? "none" : show(value));

/** All that says what a metric is: how it is read, what is valid, and the scorers that make it. */
function definitionIn({ metrics, directions, metricSchemas, conditions }: DecidedPlan, name: string): object {
  const { directionUnknown: _, ...metric } = declaredMetric(metrics.find((one) => nameOf(one) === name)!);
  const scored = conditions.flatMap(({ scorers = [] }) => (metric.from === "accuracy" ? scorers.slice(0, 1) : []));
  return {
    ...metric,
    direction: ownMember(directions, name) ?? metric.direction,
    schema: ownMember(metricSchemas, metric.from),
    ...(scored.length > 0 ? { "first scorer": [...new Set(scored)].join(", ") } : {}),
  };
}

/** Something about the course of runs: what each was like. */
export interface Circumstance {
  readonly what: string;
  readonly values: readonly string[];
}

/** How the runs went that are compared, as far as they went otherwise: what may stand behind a change that no test can tell from it. */
export async function circumstances(runs: readonly RunOfMany[]): Promise<Circumstance[]> {
  const each = await Promise.all(runs.map(courseOf));
  return Object.keys(each[0]!)
    .map((what) => ({ what, values: each.map((course) => course[what]!) }))
    .filter(({ values }) => new Set(values).size > 1);
}

async function courseOf({ manifest, sessions, store }: RunOfMany): Promise<Record<string, string>> {
  const { experiment, environment, createdAt, plan } = manifest;
  const time = wallTime(sessions);
  const { finished } = await store.summary(0);
  const ended = finished.reduce((sum, { first, last }) => sum + last - first + 1, 0);
  const pace = meanPace(ended, time);
  return {
    date: createdAt.slice(0, 19).replace("T", " "),
    "wall time": time.unknown === 0 && time.ms > 0 ? printMillis(time.ms) : "unknown",
    "mean pace": pace === undefined ? "unknown" : perSecond(pace),
    "tasks at a time": String(experiment.config.maxParallel ?? "unknown"),
    repeats: String(experiment.repeat),
    tasks: `${ended} of ${plan.tasks}`,
    machine: `${environment.platform}, ${environment.cpus} processors, ${environment.memoryGb} GB`,
    node: environment.node,
    sessions: String(sessions.length),
  };
}

/** What items the runs have in common, where not all. */
export function itemNotes(
  ids: readonly string[],
  items: readonly ReadonlySet<string>[],
  manifests: readonly Manifest[],
): string[] {
  if (new Set(manifests.map(({ dataset }) => dataset.digest)).size < 2) return [];
  const common = [...items[0]!].filter((item) => items.every((own) => own.has(item))).length;
  const apart = items.flatMap((own, i) => (own.size > common ? [`${own.size - common} of ${ids[i]}`] : []));
  return [
    apart.length === 0
      ? "The data sets differ: the items have the same ids, and other contents. Items of one id are paired all the same."
      : `The data sets differ: ${apart.join(", ")} are not in all runs; the ${common} that are, by their ids, are paired, whether or not their contents are the same.`,
  ];
}
