import type { Experiment } from "#src/experiment/define";
import { systemClock } from "#src/kernel/clock";
import { type Prepared, prepare } from "../prepare.ts";
import { pastDurations } from "../results/past-runs.ts";
import type { RunOptions } from "../run-options.ts";
import { estimateCosts, tasksOf } from "./estimate-cost.ts";
import { type EstimatedLabels, estimateLabels } from "./estimate-labels.ts";
import { type EstimatedPower, estimatePower } from "./estimate-power.ts";

/** What a run will cost and take, before anything is spent. */
export interface Estimates {
  readonly cost: {
    /** `unknown` where the data set is a stream that does not say how many rows it has. */
    readonly totalQueries: number | "unknown";
    /** `unknown` when a condition names a model without a price and says nothing of its cost. */
    readonly totalCost: number | "unknown";
    readonly conditionCosts: Readonly<Record<string, number | "unknown">>;
    readonly currency: string;
    readonly exceedsBudget: boolean | "unknown";
  };
  readonly time: {
    /** One task after the other. */
    readonly sequentialMs: number | "unknown";
    /** As many at a time as `maxParallel` allows. */
    readonly parallelMs: number | "unknown";
    /** The longer of `parallelMs` and what the rate limit needs. */
    readonly estimatedDurationMs: number | "unknown";
    /** ISO 8601, UTC; or `unknown`. */
    readonly estimatedCompletion: string;
  };
  /** What the design can tell apart; absent where nothing is compared. */
  readonly power?: EstimatedPower;
  /** How many labels by people buy what width; absent where no model judges, or hardly any answer could be left without a label. */
  readonly labels?: EstimatedLabels;
  /** Which numbers are guesses, in sentences. */
  readonly guesses: readonly string[];
}

/** Milliseconds assumed for a task of which nothing is known. */
const GUESSED_TASK_MS = 1000;

/**
 * Says what a run will cost and how long it will take. Nothing is executed and nothing is written.
 *
 * @throws ConfigError for any mistake in options, definition or data
 */
export async function estimate(experiment: Experiment, options: RunOptions = {}): Promise<Estimates> {
  return estimatePrepared(await prepare(experiment, options, "estimate"));
}

/** The estimates of a run that is ready to start. */
export async function estimatePrepared(prepared: Prepared): Promise<Estimates> {
  const { experiment, settings } = prepared;
  const { costBudget, conditions } = experiment;
  const { conditionCosts, totalCost, guesses } = await estimateCosts(prepared);
  const tasks = tasksOf(prepared);
  const power = tasks === "unknown" ? undefined : estimatePower(experiment, tasks / experiment.repeat);
  const labels = tasks === "unknown" ? undefined : estimateLabels(experiment, tasks);
  const past = pastDurations(settings.checkpointDir, experiment.name);
  const unknown = conditions.filter(({ name }) => !past.has(name));
  if (unknown.length > 0)
    guesses.push(
      `${GUESSED_TASK_MS} ms a task is a guess for ${unknown.length} of ${conditions.length} conditions: no past run tells`,
    );
  return {
    cost: {
      totalQueries: tasks === "unknown" ? tasks : tasks * conditions.length,
      totalCost,
      conditionCosts,
      currency: costBudget.currency,
      exceedsBudget: exceeds(totalCost, conditionCosts, costBudget),
    },
    time: tasks === "unknown" ? timeUnknown : timeOf(prepared, tasks, past),
    ...(power ? { power } : {}),
    ...(labels ? { labels } : {}),
    guesses,
  };
}

/** Of a stream whose rows are not counted. */
const timeUnknown: Estimates["time"] = {
  sequentialMs: "unknown",
  parallelMs: "unknown",
  estimatedDurationMs: "unknown",
  estimatedCompletion: "unknown",
};

/** @param tasks of each condition @param past mean milliseconds of a task by condition */
function timeOf(
  { experiment: { config, conditions }, clock = systemClock }: Prepared,
  tasks: number,
  past: ReadonlyMap<string, number>,
): Estimates["time"] {
  const all = tasks * conditions.length;
  const sequentialMs = conditions.reduce((sum, { name }) => sum + tasks * (past.get(name) ?? GUESSED_TASK_MS), 0);
  const parallelMs = sequentialMs / Math.min(config.maxParallel, Math.max(1, all));
  const byRateMs = config.rateLimit === undefined ? 0 : (all / config.rateLimit) * 1000;
  const estimatedDurationMs = Math.max(parallelMs, byRateMs);
  return {
    sequentialMs,
    parallelMs,
    estimatedDurationMs,
    estimatedCompletion: new Date(clock.now() + estimatedDurationMs).toISOString(),
  };
}

function exceeds(
  total: number | "unknown",
  conditions: Readonly<Record<string, number | "unknown">>,
  { maxTotal, maxPerCondition }: Experiment["costBudget"],
): boolean | "unknown" {
  const over = (cost: number | "unknown", limit: number | undefined): boolean =>
    limit !== undefined && cost !== "unknown" && cost > limit;
  if (over(total, maxTotal) || Object.values(conditions).some((cost) => over(cost, maxPerCondition))) return true;
  return total === "unknown" && (maxTotal !== undefined || maxPerCondition !== undefined) ? "unknown" : false;
}
