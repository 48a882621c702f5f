import type { Random } from "#src/kernel/random";

/** How the delay before a retry grows. */
export interface BackoffOptions {
  readonly strategy: "exponential_backoff" | "linear" | "constant";
  /** Milliseconds before the first retry. */
  readonly initialDelayMs: number;
  /** Milliseconds that no delay passes. */
  readonly maxDelayMs: number;
  /** Growth of the delay, 1 or more. */
  readonly factor: number;
  /** Whether delays are multiplied by a seeded uniform number in [0.5, 1]. */
  readonly jitter: boolean;
}

const DEFAULTS: BackoffOptions = {
  strategy: "exponential_backoff",
  initialDelayMs: 1000,
  maxDelayMs: 30_000,
  factor: 2,
  jitter: true,
};
const STRATEGIES: readonly unknown[] = ["exponential_backoff", "linear", "constant"];
const isAtLeast = (least: number) => (value: unknown) => Number.isFinite(value) && (value as number) >= least;
const IS_VALID: { readonly [K in keyof BackoffOptions]: (value: unknown) => boolean } = {
  strategy: (value) => STRATEGIES.includes(value),
  initialDelayMs: isAtLeast(0),
  maxDelayMs: isAtLeast(0),
  factor: isAtLeast(1),
  jitter: (value) => typeof value === "boolean",
};

/**
 * Backoff options with the defaults filled in, checked by hand: this file also runs in browsers, where a schema library weighs more than all of it.
 *
 * @returns undefined where an option is unknown or has no valid value
 * @example readBackoff({ initialDelayMs: 5, jitter: false })?.maxDelayMs // => 30000
 * @example readBackoff({ factor: 0.5 }) // => undefined
 */
export function readBackoff(options: object): BackoffOptions | undefined {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  const areValid = given.every(
    ([key, value]) => Object.hasOwn(IS_VALID, key) && IS_VALID[key as keyof BackoffOptions](value),
  );
  return areValid ? { ...DEFAULTS, ...Object.fromEntries(given) } : undefined;
}

/**
 * How long to wait before the next attempt, in milliseconds: exponential `initial * factor^a`, linear `initial * (a + 1) * factor`,
 * constant `initial`; capped at `maxDelayMs`; with jitter multiplied by a uniform number in [0.5, 1], so that a crowd that
 * failed together does not come back together.
 *
 * @param attempt retries made so far: 0 before the first retry
 * @param random draws once if `jitter` is on, else not at all
 * @see Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015 ("equal jitter")
 * @example delayMs(2, readBackoff({ jitter: false }), Math.random) // => 4000
 */
export function delayMs(attempt: number, options: BackoffOptions, random: Random): number {
  const capped = Math.min(uncapped(attempt, options), options.maxDelayMs);
  return options.jitter ? capped * (0.5 + random() / 2) : capped;
}

function uncapped(attempt: number, { strategy, initialDelayMs, factor }: BackoffOptions): number {
  if (strategy === "constant") return initialDelayMs;
  if (strategy === "linear") return initialDelayMs * (attempt + 1) * factor;
  return initialDelayMs * factor ** attempt || 0; // 0 * Infinity is not a delay
}
