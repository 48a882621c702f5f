import type { Backend, Prices } from "#src/backends/backend";
import { priced, pricesFrom } from "#src/backends/prices";
import type { ExecutorScope } from "#src/execute/scope";

/** The scope with something around each of its backends. */
export function withBackends(scope: ExecutorScope, wrap: (backend: Backend) => Backend): ExecutorScope {
  const conditions = scope.experiment.conditions.map((condition) =>
    condition.backend ? { ...condition, backend: wrap(condition.backend) } : condition,
  );
  const backend = scope.backend && wrap(scope.backend);
  return { ...scope, backend, experiment: { ...scope.experiment, conditions } };
}

/** The scope whose backends say what their calls cost, where there are prices. */
export const withPrices = (scope: ExecutorScope, prices: Prices | undefined): ExecutorScope =>
  prices ? { ...withBackends(scope, (backend) => priced(backend, prices)), prices } : scope;

/** The same on another machine, from the table that came along. @throws ConfigError for what is not a price table */
export const withPricesFrom = (scope: ExecutorScope, table: unknown): ExecutorScope =>
  withPrices(scope, pricesFrom(table));
