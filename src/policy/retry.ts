import { z } from "zod";
import { type Failure, failureKinds, isRetryableByDefault, LONGEST_WAIT_MS } from "#src/kernel/failure";
import type { Random } from "#src/kernel/random";
import { delayMs } from "./backoff.ts";

const kindOrStatus = z.union([z.enum(failureKinds), z.int().min(100).max(599)]);

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
  maxRetryAfterMs: z
    .number()
    .nonnegative()
    .default(LONGEST_WAIT_MS)
    .describe(
      "milliseconds that a server may ask to wait; who asks for more fails the task, with a sentence that says so",
    ),
  backoffFactor: z.number().min(1).default(2).describe("growth of the delay"),
  jitter: z.boolean().default(true).describe("whether delays are multiplied by a seeded uniform number in [0.5, 1]"),
  retryable: z
    .array(kindOrStatus)
    .default([])
    .describe("error kinds or HTTP statuses to retry beyond the built-in list"),
  permanent: z
    .array(kindOrStatus)
    .default([])
    .describe("error kinds or HTTP statuses never to retry; wins over `retryable`"),
  unknownErrors: z
    .enum(["fail", "retry"])
    .default("fail")
    .describe("whether an unrecognised error fails the task or is retried"),
});
export type RetryOptions = z.output<typeof retryOptions>;

/** What the `onError` hook may answer. */
export type ErrorVerdict = "retry" | "skip" | "abort";

/** What happens to a task whose attempt failed. */
export type RetryDecision =
  | { readonly type: "retry"; readonly delayMs: number }
  | {
      readonly type: "giveUp";
      readonly status: "failed_permanent" | "failed_retries_exhausted" | "skipped";
      /** What is to be said beside the failure. */
      readonly because?: string;
    }
  | {
      readonly type: "abort";
      /** Why the run ends although no user asked for it. */
      readonly because?: string;
    };

/** Whether another attempt could help, by the kind of failure and the lists of the options. */
export function isRetryable(failure: Failure, options: RetryOptions): boolean {
  const named = (list: readonly (string | number)[]): boolean =>
    list.includes(failure.kind) || (failure.status !== undefined && list.includes(failure.status));
  if (named(options.permanent)) return false;
  if (named(options.retryable)) return true;
  if (failure.kind === "unknown" || failure.kind === "crash") return options.unknownErrors === "retry";
  return isRetryableByDefault(failure);
}

/** Whether every other task would meet the same refusal until the account is paid: it ends the run, unless a list of the options names it. */
const endsRun = ({ kind }: Failure, { retryable, permanent }: RetryOptions): boolean =>
  kind === "quota_exhausted" && !retryable.includes(kind) && !permanent.includes(kind);

/**
 * Decides about a failed attempt. A verdict of the `onError` hook wins over the classification, within `maxRetries`. A quota that is spent
 * ends the run, and a server that asks to wait beyond `maxRetryAfterMs` is not asked again.
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
  if (verdict === undefined && endsRun(failure, options)) {
    return { type: "abort", because: `${failure.message}. No task can be done until that is paid for; resume then` };
  }
  if (verdict !== "retry" && !isRetryable(failure, options)) return { type: "giveUp", status: "failed_permanent" };
  if (attempt > options.maxRetries) return { type: "giveUp", status: "failed_retries_exhausted" };
  const { retryAfterMs: asked = 0 } = failure;
  if (asked > options.maxRetryAfterMs) {
    const because = `the server asks to wait ${duration(asked)}, longer than maxRetryAfterMs (${duration(options.maxRetryAfterMs)})`;
    return { type: "giveUp", status: "failed_permanent", because };
  }
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

const steps = [
  [365.25 * 86_400_000, "years"],
  [86_400_000, "days"],
  [3_600_000, "hours"],
  [60_000, "minutes"],
  [1000, "seconds"],
] as const;

const LONGEST_SAID_MS = 1e6 * steps[0][0];

/** @example duration(1_795_876_072_000) // => "56.9 years" */
export function duration(ms: number): string {
  if (ms > LONGEST_SAID_MS) return "more than a million years";
  const [unitMs, name] = steps.find(([unit]) => ms >= 1.5 * unit) ?? [1, "ms"];
  return `${Number((ms / unitMs).toPrecision(3))} ${name}`;
}
