import type { Limits } from "#src/experiment/limits";
import type { Accounting } from "#src/experiment/outcome";
import type { CircuitState } from "#src/policy/breaker";

/**
 * What keeps a run from going faster: a pause, an open circuit, starts per second, a server that says it is too many, slots, or money that is promised to
 * tasks in flight; of a stream, rows that have not come yet.
 */
export type LimitedBy = "pause" | "circuit" | "rate" | "throttling" | "parallelism" | "budget" | "source";

/** What is seen of a run when one asks what limits it. */
export interface Traffic {
  readonly paused: boolean;
  readonly circuit: CircuitState;
  /** The limiter's state. */
  readonly limiter: string | undefined;
  readonly running: number;
  /** Tasks allowed at once now: fewer than the limit while a server says it is too many. */
  readonly allowed: number;
  /** Tasks that wait for money. */
  readonly awaitingMoney: number;
  readonly tasksPerSecond: number;
  readonly limits: Readonly<Limits>;
}

/** Share of a limit from which on it counts as reached, in whatever state it is met. */
const NEARLY = 0.9;

/** What limits a run now; nothing where tasks are few, or about to be. */
export function limitedBy(traffic: Traffic): LimitedBy | undefined {
  const { paused, circuit, limiter, running, allowed, awaitingMoney, tasksPerSecond, limits } = traffic;
  if (paused) return "pause";
  if (circuit !== "closed") return "circuit";
  const isWaiting = limiter === "throttled" || limiter === "trialThrottled";
  if (limits.rateLimit !== undefined && (isWaiting || tasksPerSecond >= NEARLY * limits.rateLimit)) return "rate";
  if (isWaiting) return "throttling";
  if (awaitingMoney > 0) return "budget";
  if (running < allowed) return undefined;
  return allowed < NEARLY * limits.maxParallel ? "throttling" : "parallelism";
}

/** How a run continues if everything stays as it is. */
export interface Forecast {
  /** Milliseconds until it ends; absent while the pace is unknown. */
  readonly remainingMs?: number;
  /** Tasks that the budget lasts for, where that is fewer than are planned. */
  readonly budgetTasks?: number;
}

/** @example forecast({ planned: 100, pending: 50 }, 10, 5, 8) // => { remainingMs: 3000, budgetTasks: 80 } */
export function forecast(
  { planned, pending, open }: Pick<Accounting, "planned" | "pending" | "open">,
  tasksPerSecond: number,
  cost: number,
  maxTotal: number | undefined,
): Forecast {
  const ended = planned - pending;
  const affordable =
    maxTotal !== undefined && cost > 0 && ended > 0
      ? Math.floor((maxTotal * ended) / cost + 1e-9)
      : Number.POSITIVE_INFINITY;
  if (open) return Number.isFinite(affordable) ? { budgetTasks: affordable } : {}; // how many are left is not known
  const left = Math.max(0, Math.min(planned, affordable) - ended);
  return {
    ...(tasksPerSecond > 0 ? { remainingMs: (left / tasksPerSecond) * 1000 } : {}),
    ...(affordable < planned ? { budgetTasks: affordable } : {}),
  };
}
