import type { Backend, Prices } from "#src/backends/backend";
import { cached, replyFolder } from "#src/backends/cached";
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

/** Backends of servers: an equal request to one of the same name may be answered by a reply of before, whatever the code around it is now. */
const OF_SERVERS = /^(openai-compatible|ai-sdk) /;

/** The scope whose model servers are asked once for equal requests, where a folder keeps replies. */
export function withReplies(scope: ExecutorScope, folder: string | undefined): ExecutorScope {
  if (folder === undefined) return scope;
  const replies = replyFolder(folder);
  return withBackends(scope, (backend) => (OF_SERVERS.test(backend.name) ? cached(backend, replies) : backend));
}

/** The scope whose backends say what their calls cost, where there are prices. */
export const withPrices = (scope: ExecutorScope, prices: Prices | undefined): ExecutorScope =>
  prices ? { ...withBackends(scope, (backend) => priced(backend, prices)), prices } : scope;

/** The same on another machine, from the table that came along. @throws ConfigError for what is not a price table */
export const withPricesFrom = (scope: ExecutorScope, table: unknown): ExecutorScope =>
  withPrices(scope, pricesFrom(table));
