import type { Experiment } from "#src/experiment/define";
import { systemClock } from "#src/kernel/clock";
import { type Prepared, prepare } from "../prepare.ts";
import { pastDurations } from "../results/past-runs.ts";
import type { RunOptions } from "../run-options.ts";
import { estimateCosts } from "./estimate-cost.ts";
import { type EstimatedPower, estimatePower } from "./estimate-power.ts";

/** What a run will cost and take, before anything is spent. */
export interface Estimates {
  readonly cost: {
    readonly totalQueries: number;
    /** `unknown` when a condition names a model without a price and says nothing of its cost. */
    readonly totalCost: number | "unknown";
    readonly conditionCosts: Readonly<Record<string, number | "unknown">>;
    readonly currency: string;
    readonly exceedsBudget: boolean | "unknown";
  };
  readonly time: {
    /** One task after the other. */
    readonly sequentialMs: number;
    /** As many at a time as `maxParallel` allows. */
    readonly parallelMs: number;
    /** The longer of `parallelMs` and what the rate limit needs. */
    readonly estimatedDurationMs: number;
    /** ISO 8601, UTC. */
    readonly estimatedCompletion: string;
  };
  /** What the design can tell apart; absent where nothing is compared. */
  readonly power?: EstimatedPower;
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
  const { experiment, plan, settings, clock = systemClock } = prepared;
  const { costBudget, config, conditions } = experiment;
  const { conditionCosts, totalCost, guesses } = await estimateCosts(prepared);
  const power = estimatePower(experiment, plan.items.length);
  const past = pastDurations(settings.checkpointDir, experiment.name);
  const unknown = conditions.filter(({ name }) => !past.has(name));
  if (unknown.length > 0)
    guesses.push(
      `${GUESSED_TASK_MS} ms a task is a guess for ${unknown.length} of ${conditions.length} conditions: no past run tells`,
    );
  const sequentialMs = conditions.reduce(
    (sum, { name }) => sum + plan.perCondition * (past.get(name) ?? GUESSED_TASK_MS),
    0,
  );
  const parallelMs = sequentialMs / Math.min(config.maxParallel, Math.max(1, plan.size));
  const estimatedDurationMs = Math.max(
    parallelMs,
    config.rateLimit === undefined ? 0 : (plan.size / config.rateLimit) * 1000,
  );
  return {
    cost: {
      totalQueries: plan.size,
      totalCost,
      conditionCosts,
      currency: costBudget.currency,
      exceedsBudget: exceeds(totalCost, conditionCosts, costBudget),
    },
    time: {
      sequentialMs,
      parallelMs,
      estimatedDurationMs,
      estimatedCompletion: new Date(clock.now() + estimatedDurationMs).toISOString(),
    },
    ...(power ? { power } : {}),
    guesses,
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
