import { z } from "zod";
import type { Random } from "#src/kernel/random";

export const backoffOptions = z.strictObject({
  strategy: z
    .enum(["exponential_backoff", "linear", "constant"])
    .default("exponential_backoff")
    .describe("how the delay grows from attempt to attempt"),
  initialDelayMs: z.number().nonnegative().default(1000).describe("milliseconds before the first retry"),
  maxDelayMs: z.number().nonnegative().default(30_000).describe("milliseconds that no delay passes"),
  factor: z.number().min(1).default(2).describe("growth of the delay"),
  jitter: z.boolean().default(true).describe("whether delays are multiplied by a seeded uniform number in [0.5, 1]"),
});
export type BackoffOptions = z.output<typeof backoffOptions>;

/**
 * How long to wait before the next attempt, in milliseconds: exponential `initial * factor^a`, linear `initial * (a + 1) * factor`,
 * constant `initial`; capped at `maxDelayMs`; with jitter multiplied by a uniform number in [0.5, 1], so that a crowd that
 * failed together does not come back together.
 *
 * @param attempt retries made so far: 0 before the first retry
 * @param random draws once if `jitter` is on, else not at all
 * @see Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015 ("equal jitter")
 * @example delayMs(2, backoffOptions.parse({ jitter: false }), Math.random) // => 4000
 */
export function delayMs(attempt: number, options: BackoffOptions, random: Random): number {
  const capped = Math.min(uncapped(attempt, options), options.maxDelayMs);
  return options.jitter ? capped * (0.5 + random() / 2) : capped;
}

function uncapped(attempt: number, { strategy, initialDelayMs, factor }: BackoffOptions): number {
  switch (strategy) {
    case "exponential_backoff":
      return initialDelayMs === 0 ? 0 : initialDelayMs * factor ** attempt; // 0 * Infinity is not a delay
    case "linear":
      return initialDelayMs * (attempt + 1) * factor;
    case "constant":
      return initialDelayMs;
  }
}
