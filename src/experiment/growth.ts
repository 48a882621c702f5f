import { ConfigError } from "#src/kernel/errors";
import type { ExperimentDescription } from "./describe.ts";

/** How large a run is planned. */
export interface PlanSize {
  readonly conditions: readonly string[];
  readonly items: number;
  readonly repeat: number;
  readonly tasks: number;
}

/** A run that was made larger: more repeats, items or conditions than were planned before. */
export interface Growth {
  /** ISO 8601, UTC. */
  readonly at: string;
  /** Tasks that had ended by then: where there are any, the size was decided when results could be seen. */
  readonly ended: number;
  readonly before: PlanSize;
  readonly after: PlanSize;
}

/** The parts of a manifest that say how large its run is. */
export interface SizedParts {
  readonly experiment: Pick<ExperimentDescription, "conditions" | "repeat">;
  readonly dataset: { readonly items: number };
  readonly plan: { readonly tasks: number };
}

/** How large the run of a manifest is planned. */
export const sizeOf = ({ experiment, dataset, plan }: SizedParts): PlanSize => ({
  conditions: experiment.conditions.map(({ name }) => name),
  items: dataset.items,
  repeat: experiment.repeat,
  tasks: plan.tasks,
});

/**
 * A definition with the size of another one: its own conditions as they are, in the other's order, and those that it does not have. What
 * else differs between the two is not growth.
 *
 * @throws ConfigError where the other one is smaller: results would be left out
 */
export function grownAs(stored: ExperimentDescription, now: ExperimentDescription): ExperimentDescription {
  const own = new Map(stored.conditions.map((condition) => [condition.name, condition]));
  const known = new Set(now.conditions.map(({ name }) => name));
  const gone = stored.conditions.filter(({ name }) => !known.has(name)).map(({ name }) => name);
  if (gone.length > 0) throw smaller("conditions", `have ${list(gone)}, which the stored run has results of`);
  if (now.repeat < stored.repeat)
    throw smaller("repeat", `be at least ${stored.repeat}, as in the stored run`, now.repeat);
  return {
    ...stored,
    conditions: now.conditions.map((condition) => own.get(condition.name) ?? condition),
    repeat: now.repeat,
    datasetConfig: withLimitOf(stored.datasetConfig, now.datasetConfig),
  };
}

/** Whether a stream whose limit is what ended it is to be read on, since the limit is larger now. */
export function isReadOn(
  { items, stream }: { readonly items: number; readonly stream?: { readonly ended: boolean } },
  before: ExperimentDescription["datasetConfig"],
  now: ExperimentDescription["datasetConfig"],
): boolean {
  const larger = now.limit === undefined || (typeof now.limit === "number" && now.limit > items);
  return stream?.ended === true && before.limit === items && larger;
}

/** Refuses a plan in which results have no place. @param lost ids of their items, a few */
export const lostItems = (lost: readonly string[], results: number): ConfigError =>
  smaller(
    "dataset",
    `have the items of the stored run: ${list(lost)} ${lost.length === 1 ? "is" : "are"} not in it, and ${results} of its results would be left out`,
  );

const smaller = (path: string, law: string, value?: unknown): ConfigError =>
  new ConfigError(path, `must ${law}`, value, "A run can grow and never shrink: undo the change, or start a new run");

/** How many rows are drawn is the size of a run; which ones is not. */
function withLimitOf(
  stored: ExperimentDescription["datasetConfig"],
  now: ExperimentDescription["datasetConfig"],
): ExperimentDescription["datasetConfig"] {
  const { limit: _, ...drawn } = stored;
  return now.limit === undefined ? drawn : { ...drawn, limit: now.limit };
}

const NAMED = 4;

const list = (names: readonly string[]): string =>
  [...names.slice(0, NAMED).map((name) => JSON.stringify(name)), ...(names.length > NAMED ? ["..."] : [])].join(", ");
