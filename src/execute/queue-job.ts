import type { Redis } from "ioredis";
import type { Prices } from "#src/backends/backend";
import type { Condition } from "#src/experiment/condition";
import type { Task } from "#src/experiment/task";
import { ConfigError } from "#src/kernel/errors";
import { isPlainJson } from "#src/kernel/json";
import { carry } from "./queue-blobs.ts";
import type { Job } from "./queue-messages.ts";
import type { EffectiveOptions } from "./remote-options.ts";
import type { ExecutorScope } from "./scope.ts";

/**
 * The file that workers elsewhere must serve.
 *
 * @throws ConfigError where none is known, and where a run has parts that cannot travel
 */
export function fileToServe(given: string | undefined, scope: ExecutorScope): string {
  const file = given ?? scope.file;
  if (file === undefined) {
    const hint =
      "Pass queue({ file: import.meta.url }) from the file that exports it, or run it with the crucible command";
    throw new ConfigError("executor", "queue() must know the file that exports the experiment", undefined, hint);
  }
  if (scope.backend)
    throw new ConfigError(
      "backend",
      "cannot travel to other machines; give each condition a backend in the experiment file",
    );
  if (scope.prices && !scope.prices.table && scope.experiment.conditions.some(isPricedBy(scope.prices)))
    throw new ConfigError(
      "prices",
      "cannot travel to other machines unless they are a priceTable",
      scope.prices.version,
      "Give them to the backends in the experiment file: priced(backend, prices)",
    );
  return file;
}

/** Whether a condition's calls are priced by the run's prices, and not by its backend's own. */
const isPricedBy =
  (prices: Prices) =>
  ({ backend }: Condition): boolean =>
    backend?.prices === prices;

/**
 * An attempt as a job for any worker that has the same code.
 *
 * @throws TypeError, RangeError for a row that cannot travel; what Redis throws where it is away
 */
export async function jobOf(
  { task, attempt }: { readonly task: Task; readonly attempt: number },
  redis: Redis,
  { experimentId: runId, planHash, prices: given, limits }: ExecutorScope,
  code: string,
  options: EffectiveOptions,
): Promise<Job> {
  const { item, answer, ...rest } = task;
  if (!isPlainJson(item.row))
    throw new TypeError("a row that goes to other machines must be plain JSON: no dates, functions, undefined");
  const row = await carry(redis, runId, item.row);
  const { currency, version, table } = given ?? {};
  const prices = table && { prices: await carry(redis, runId, { currency, version, table }) };
  const { rateLimit } = limits;
  const cluster = item.cluster === undefined ? {} : { cluster: item.cluster };
  return {
    format: "crucible-job/1",
    runId,
    code,
    plan: planHash,
    options,
    ...(rateLimit === undefined ? {} : { rateLimit }),
    task: { ...rest, itemId: item.id, ...cluster },
    row,
    ...(answer ? { answer: await carry(redis, runId, answer) } : {}),
    ...prices,
    attempt,
  };
}
