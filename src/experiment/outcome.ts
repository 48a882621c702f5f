import { type FaultMet, isOfLevel } from "#src/faults/task-faults";
import type { Failure } from "#src/kernel/failure";
import type { CallsMade } from "./calls.ts";
import type { Lineage } from "./lineage.ts";
import { type FlatMetrics, flatten, type MetricValue } from "./metrics.ts";

/** How a task ended. `skipped` by the `onError` hook; `unscored` when it ran but none of its metrics has a value. */
export type FinalStatus = "success" | "failed_permanent" | "failed_retries_exhausted" | "skipped" | "unscored";

/** One failed attempt. */
export interface AttemptError {
  /** Counted from 1. */
  readonly attempt: number;
  readonly error: Failure;
  /** Milliseconds since 1970, UTC. */
  readonly at: number;
  /** Present where a stored answer was being scored; such attempts are counted by themselves. */
  readonly stage?: "scoring";
}

/** Tokens that model calls of a task used; absent where no call was made. */
export interface TokenUsage {
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly totalTokens: number;
  /** Calls that were really made. */
  readonly calls: number;
  /** Those of them without a known price: their cost is in no sum. */
  readonly unpriced?: number;
  /** Replies that came from a cache or a cassette: their tokens are counted, their time is not. */
  readonly cached?: number;
}

/** The second stage of a task by solver and scorers: what became of its answer. */
export interface ScoringStage {
  /** Attempts at scoring; those at answering are `attempts - scoring.attempts + 1`. */
  readonly attempts: number;
  /** Start of the last one, milliseconds since 1970, UTC. */
  readonly startedAt: number;
  /** Milliseconds of the last one: a part of the task's `elapsedMs`. */
  readonly elapsedMs: number;
  /** Amount of all attempts at scoring: a part of the task's `cost`. */
  readonly cost?: number;
  /** Calls of scorers and their judges in the last one, timed from its start. */
  readonly calls?: CallsMade;
}

/** What became of one planned task: the row that is stored, and all that the reading wing ever sees of the run. Plain JSON. */
export interface Outcome {
  /** The task's place in the plan: dense from 0, the key of the row. */
  readonly ordinal: number;
  readonly condition: string;
  readonly itemId: string;
  readonly cluster?: string;
  /** Values of the item by the fields of `statisticalAnalysis.by`; without those that it has not. */
  readonly slices?: Readonly<Record<string, string>>;
  /** Counted from 0. */
  readonly repeat: number;
  readonly finalStatus: FinalStatus;
  /** Present when the condition returned. */
  readonly metrics: Readonly<Record<string, MetricValue>>;
  /** What the condition returned besides metrics: predictions, texts. */
  readonly output?: Readonly<Record<string, unknown>>;
  /** Why it failed, or why it is unscored. */
  readonly error?: Failure;
  /** What the metric schemas refused: `custom.value below_min -1`. */
  readonly invalidMetrics?: readonly string[];
  /** One more than those that failed before the last, over both stages where there are two. */
  readonly attempts: number;
  readonly retryDelaysMs: readonly number[];
  readonly errorHistory: readonly AttemptError[];
  /** Failed attempts of the times before that the task failed for good and was done again by `crucible dlq retry`, oldest first. */
  readonly earlierErrors?: readonly AttemptError[];
  /** Milliseconds of the last attempt in whole microseconds, by a clock that never goes back; of the last one of each stage where there are two. */
  readonly elapsedMs: number;
  /** Start of the last attempt, milliseconds since 1970, UTC; of the one that gave the answer where there are two stages. */
  readonly startedAt: number;
  /** Present where an answer was stored and then scored. */
  readonly scoring?: ScoringStage;
  /** Amount of all attempts, in the budget's currency; absent when unknown. */
  readonly cost?: number;
  readonly usage?: TokenUsage;
  /** Times that an attempt was made again because its worker died or lost touch: no attempts of their own, and counted in `cost`. */
  readonly redone?: number;
  /** What it met at a level of a factor of faults, over all attempts; absent where no rule was aimed at anything that it did. */
  readonly faults?: readonly FaultMet[];
  /**
   * When models, tools and scorers were called, timed from `startedAt`: those of the last attempt, or of the one that gave the answer where there are two
   * stages. Absent where nothing was called through the solver's own means, and in rows of older versions.
   */
  readonly calls?: CallsMade;
  readonly lineage?: Lineage;
  /** Which worker ran it: `inline`, or the name of a thread or machine. */
  readonly worker: string;
}

/** The sum of two amounts; unknown only where both are. */
export const addAmounts = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined ? b : a + (b ?? 0);

/** What two attempts used together. */
export function addTokens(a: TokenUsage | undefined, b: TokenUsage | undefined): TokenUsage | undefined {
  if (!a || !b) return a ?? b;
  const [unpriced, cached] = [(a.unpriced ?? 0) + (b.unpriced ?? 0), (a.cached ?? 0) + (b.cached ?? 0)];
  return {
    promptTokens: a.promptTokens + b.promptTokens,
    completionTokens: a.completionTokens + b.completionTokens,
    totalTokens: a.totalTokens + b.totalTokens,
    calls: a.calls + b.calls,
    ...(unpriced > 0 ? { unpriced } : {}),
    ...(cached > 0 ? { cached } : {}),
  };
}

/** An outcome as users see it: the original's task result, with `result` as a value or an error. */
export interface TaskResult extends Omit<Outcome, "ordinal" | "error"> {
  readonly experimentId: string;
  readonly result:
    | { readonly ok: true; readonly value: Readonly<Record<string, unknown>> }
    | { readonly ok: false; readonly error: Failure };
}

/** The public form of a stored outcome. */
export function toTaskResult(experimentId: string, { ordinal: _, error, ...outcome }: Outcome): TaskResult {
  const result =
    error !== undefined && !didReturn(outcome.finalStatus)
      ? ({ ok: false, error } as const)
      : ({ ok: true, value: { ...outcome.metrics, ...outcome.output } } as const);
  return { experimentId, ...outcome, result };
}

/** Whether the task has results: it succeeded, or ran and left nothing to score. */
export const didReturn = (status: FinalStatus): boolean => status === "success" || status === "unscored";

/** Whether it went wrong to order, at a level of a factor of faults: that says nothing of the world, and stops no run. */
export const isOrdered = ({ error, faults = [] }: Partial<Pick<Outcome, "error" | "faults">>): boolean =>
  faults.some(({ struck }) => struck > 0) || (error !== undefined && isOfLevel(error));

/** Whether the task counts as failed for the breaker, the dead letters and the accounting. */
export const isFailure = (outcome: Pick<Outcome, "finalStatus">): boolean =>
  outcome.finalStatus === "failed_permanent" || outcome.finalStatus === "failed_retries_exhausted";

/** The metrics of an outcome by dotted name; none for a task that failed or was skipped. */
export const metricsOf = (outcome: Outcome): FlatMetrics =>
  didReturn(outcome.finalStatus) ? flatten(outcome.metrics) : {};

/**
 * Where every planned task is: `planned = succeeded + failed + skipped + unscored + pending`, always.
 */
export interface Accounting {
  readonly planned: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly skipped: number;
  readonly unscored: number;
  /** Never started, or in flight when the run stopped: runs on resume. */
  readonly pending: number;
  /** Present where more tasks may be planned: rows are read while tasks are run, and have not ended. */
  readonly open?: true;
}

/** Counts outcomes against the plan. */
export function account(planned: number, outcomes: Iterable<Pick<Outcome, "finalStatus">>): Accounting {
  const counts = { succeeded: 0, failed: 0, skipped: 0, unscored: 0 };
  let ended = 0;
  for (const outcome of outcomes) {
    counts[place[outcome.finalStatus]] += 1;
    ended += 1;
  }
  return { planned, ...counts, pending: planned - ended };
}

/** The accounting word of each final status. */
export const place = {
  success: "succeeded",
  failed_permanent: "failed",
  failed_retries_exhausted: "failed",
  skipped: "skipped",
  unscored: "unscored",
} as const satisfies Record<FinalStatus, Exclude<keyof Accounting, "open">>;

/** What the next row of a task keeps of one that is taken out of the results. */
export const earlierErrorsOf = ({
  earlierErrors = [],
  errorHistory,
}: Pick<Outcome, "earlierErrors" | "errorHistory">): readonly AttemptError[] => [...earlierErrors, ...errorHistory];
