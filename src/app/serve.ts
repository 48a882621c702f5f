import { inline } from "#src/execute/inline";
import { type QueueWorker, queueWorker } from "#src/execute/queue-worker";
import { threads } from "#src/execute/threads";
import { loadExperiment } from "./load.ts";
import { withPricesFrom } from "./wrap-backends.ts";

/** Options of `crucible worker`. */
export interface ServeOptions {
  readonly parameters?: Readonly<Record<string, string>>;
  readonly redis?: string | undefined;
  /** Where its attempts are made. */
  readonly inside?: "inline" | "threads" | undefined;
  readonly concurrency?: number | undefined;
  readonly lockMs?: number | undefined;
  readonly notice: (message: string) => void;
}

/**
 * Serves an experiment's queue with this machine, for all runs of the same code.
 *
 * @throws ConfigError for a file that exports no experiment, a Redis that is away or refuses the password
 */
export async function serve(
  file: string,
  { inside, concurrency, lockMs, ...options }: ServeOptions,
): Promise<QueueWorker> {
  return queueWorker({
    ...options,
    file,
    experiment: await loadExperiment(file, options.parameters),
    inside: inside === "threads" ? threads() : inline(),
    priced: withPricesFrom,
    ...(concurrency === undefined ? {} : { concurrency }),
    ...(lockMs === undefined ? {} : { lockMs }),
  });
}
