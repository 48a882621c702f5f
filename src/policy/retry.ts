import { z } from "zod";
import { type Failure, isRetryableByDefault } from "#src/kernel/failure";
import type { Random } from "#src/kernel/random";
import { delayMs } from "./backoff.ts";

export const retryOptions = z.strictObject({
  retryStrategy: z
    .enum(["exponential_backoff", "linear", "constant"])
    .default("exponential_backoff")
    .describe("how the delay grows from attempt to attempt"),
  maxRetries: z.int().nonnegative().default(3).describe("attempts after the first; 0 makes exactly one attempt"),
  initialDelayMs: z.number().nonnegative().default(1000).describe("milliseconds before the first retry"),
  maxDelayMs: z
    .number()
    .nonnegative()
    .default(30_000)
    .describe("milliseconds that no computed delay passes; Retry-After may"),
  backoffFactor: z.number().min(1).default(2).describe("growth of the delay"),
  jitter: z.boolean().default(true).describe("whether delays are multiplied by a seeded uniform number in [0.5, 1]"),
  retryable: z
    .array(z.union([z.string(), z.int()]))
    .default([])
    .describe("error kinds or HTTP statuses to retry beyond the built-in list"),
  permanent: z
    .array(z.union([z.string(), z.int()]))
    .default([])
    .describe("error kinds or HTTP statuses never to retry; wins over `retryable`"),
  unknownErrors: z.enum(["fail", "retry"]).default("fail").describe("what an error that nobody recognises means"),
});
export type RetryOptions = z.output<typeof retryOptions>;

/** What the `onError` hook may answer. */
export type ErrorVerdict = "retry" | "skip" | "abort";

/** What happens to a task whose attempt failed. */
export type RetryDecision =
  | { readonly type: "retry"; readonly delayMs: number }
  | { readonly type: "giveUp"; readonly status: "failed_permanent" | "failed_retries_exhausted" | "skipped" }
  | { readonly type: "abort" };

/** Whether another attempt could help, by the kind of failure and the lists of the options. */
export function isRetryable(failure: Failure, options: RetryOptions): boolean {
  const named = (list: readonly (string | number)[]): boolean =>
    list.includes(failure.kind) || (failure.status !== undefined && list.includes(failure.status));
  if (named(options.permanent)) return false;
  if (named(options.retryable)) return true;
  if (failure.kind === "unknown" || failure.kind === "crash") return options.unknownErrors === "retry";
  return isRetryableByDefault(failure);
}

/**
 * Decides about a failed attempt. A verdict of the `onError` hook wins over the classification, within `maxRetries`.
 *
 * @param attempt the attempt that failed, counted from 1
 * @param random jitter, from the stream of this task and attempt
 * @example decideRetry({ kind: "timeout", message: "" }, 1, retryOptions.parse({ jitter: false }), () => 0) // => { type: "retry", delayMs: 1000 }
 */
export function decideRetry(
  failure: Failure,
  attempt: number,
  options: RetryOptions,
  random: Random,
  verdict?: ErrorVerdict,
): RetryDecision {
  if (verdict === "abort") return { type: "abort" };
  if (verdict === "skip") return { type: "giveUp", status: "skipped" };
  if (verdict !== "retry" && !isRetryable(failure, options)) return { type: "giveUp", status: "failed_permanent" };
  if (attempt > options.maxRetries) return { type: "giveUp", status: "failed_retries_exhausted" };
  return { type: "retry", delayMs: retryDelayMs(failure, attempt, options, random) };
}

/** The computed delay, or the server's Retry-After where that is longer. */
function retryDelayMs(failure: Failure, attempt: number, options: RetryOptions, random: Random): number {
  const computed = delayMs(
    attempt - 1,
    {
      strategy: options.retryStrategy,
      initialDelayMs: options.initialDelayMs,
      maxDelayMs: options.maxDelayMs,
      factor: options.backoffFactor,
      jitter: options.jitter,
    },
    random,
  );
  return Math.max(computed, failure.retryAfterMs ?? 0);
}
