import { type LimitChanges, type LimitsChange, limitChanges } from "#src/experiment/limits";
import { ConfigError } from "#src/kernel/errors";
import type { SharedLimits } from "#src/policy/share";

/**
 * What a change would change of what all experiments of a suite have together.
 *
 * @throws ConfigError for a wrong limit, one that is each experiment's own, and a budget where the suite was begun without one
 * @example sharedChanges({ maxParallel: 4 }, { maxParallel: 2 }) // => { maxParallel: { from: 4, to: 2 } }
 */
export function sharedChanges(limits: SharedLimits, change: LimitsChange): LimitChanges {
  if (change.maxPerCondition !== undefined)
    throw new ConfigError(
      "maxPerCondition",
      "is a limit of one experiment, and cannot be changed for a suite",
      change.maxPerCondition,
      "Change it for its run: crucible adjust <suite>.<name>",
    );
  const { maxParallel, rateLimit, maxTotal } = limits;
  const changes = limitChanges({ maxParallel, rateLimit, maxTotal, maxPerCondition: undefined }, change);
  if (changes.maxTotal && maxTotal === undefined)
    throw new ConfigError(
      "maxTotal",
      "cannot be given to a suite that was begun without: its calls have no estimates",
      change.maxTotal,
      "Stop it, and resume it with --max-total",
    );
  return changes;
}

/** @example changedLimits({ maxParallel: 4, rateLimit: 2 }, { rateLimit: { from: 2, to: null } }) // => { maxParallel: 4, rateLimit: undefined } */
export const changedLimits = (limits: SharedLimits, changes: LimitChanges): SharedLimits => ({
  ...limits,
  ...Object.fromEntries(Object.entries(changes).map(([name, { to }]) => [name, to ?? undefined])),
});
