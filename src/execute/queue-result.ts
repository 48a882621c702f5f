import type { Job as QueuedJob } from "bullmq";
import type { Redis } from "ioredis";
import { ZodError, z } from "zod";
import type { AttemptResult } from "#src/experiment/execute";
import { type Failure, failure } from "#src/kernel/failure";
import { fetchCarried } from "./queue-blobs.ts";
import { oneLine, readResult, returnSchema } from "./queue-messages.ts";
import { begunKey } from "./queue-presence.ts";

/** What came of a job: a worker's result, or why there is none. */
export type JobResult =
  | { readonly attempt: AttemptResult; readonly logs: readonly string[]; readonly error?: undefined }
  | { readonly attempt?: undefined; readonly logs: readonly []; readonly error: Failure };

/**
 * What a worker says came of a job, if it can be believed.
 *
 * @throws what Redis throws where it is away: the job is read again when it is back
 */
export async function resultOf(
  job: QueuedJob,
  id: string,
  { redis, runId, code }: { readonly redis: Redis; readonly runId: string; readonly code: string },
): Promise<JobResult> {
  if (job.failedReason) {
    const died = /stalled/.test(job.failedReason);
    const error = died
      ? failure("crash", `each of the ${job.stalledCounter} workers that took it died during it`)
      : failure("temporarily_unavailable", `its worker could not do it: ${job.failedReason}`);
    return { error, logs: [] };
  }
  try {
    const carried = returnSchema.parse(job.returnvalue);
    const { attempt, logs } = readResult(await fetchCarried(redis, runId, carried), id, code);
    const begun = begunOf(await redis.get(begunKey(id)));
    return { attempt: withRedone(attempt, begun - 1), logs };
  } catch (thrown) {
    if (isConnectionLost(thrown)) throw thrown;
    const law = thrown instanceof ZodError ? oneLine(z.prettifyError(thrown)) : (thrown as Error).message;
    const message = `worker ${job.processedBy ?? "without a name"} answered with what is not a result of this task: ${law}`;
    return { error: failure("temporarily_unavailable", message), logs: [] };
  }
}

/** Executions that a task may have: one more than workers that may die during it. */
const MOST_BEGUN = 21;

/**
 * How often a job was begun, as the counter in Redis says; once where its value is invalid: foreign writes must not change what
 * was paid.
 *
 * @example begunOf("abc") // => 1
 */
export function begunOf(counter: string | null): number {
  const begun = Number(counter ?? 1);
  return Number.isInteger(begun) && begun >= 1 && begun <= MOST_BEGUN ? begun : 1;
}

/** An attempt that was made again, because a worker died or lost touch, was paid for as often: as dearly as the one that counts. */
function withRedone(attempt: AttemptResult, redone: number): AttemptResult {
  if (redone < 1) return attempt;
  const cost = attempt.cost === undefined ? {} : { cost: attempt.cost * (redone + 1) };
  return { ...attempt, ...cost, redone };
}

const isConnectionLost = (thrown: unknown): boolean =>
  /^Connection is closed|ECONN|Stream isn't writeable/.test(String((thrown as Error).message));
