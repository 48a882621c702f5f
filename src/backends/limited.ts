import { type Clock, systemClock } from "#src/kernel/clock";
import { toFailure } from "#src/kernel/failure";
import { parseOptions } from "#src/kernel/parse";
import {
  type Quota,
  type QuotaOptions,
  quotaOptions,
  settleTaking,
  type Taking,
  take,
  waitForQuota,
} from "#src/policy/quota";
import {
  type Backend,
  type CallContext,
  type GenerateConfig,
  identityOf,
  type Message,
  type Reply,
} from "./backend.ts";
import { countMessages } from "./tokens.ts";
import { wait as delay } from "./wait.ts";

/** Limits of a provider, and how to count against them. */
export interface LimitedOptions extends Partial<QuotaOptions> {
  /** Tokens that a request is expected to use, read and written; a quarter of its characters and `maxTokens` when absent. */
  readonly estimate?: (messages: readonly Message[], config: GenerateConfig) => number;
  readonly clock?: Clock;
}

/**
 * Keeps a backend within requests and tokens per minute: what a call is expected to use is reserved before it is sent, and settled with what
 * it used. A refusal with `Retry-After`, and rate headers that say nothing is left, hold all calls back for as long. First come, first
 * served; waiting is told to `context.onWait`, so that it does not count against the timeout of the task.
 *
 * @throws ConfigFault for limits that are not above 0
 * @example limited(openaiCompatible({ baseURL, apiKey }), { requestsPerMinute: 500, tokensPerMinute: 200_000 })
 */
export function limited(
  backend: Backend,
  { estimate = guess, clock = systemClock, ...limits }: LimitedOptions,
): Backend {
  const options = parseOptions(quotaOptions, limits);
  let quota: Quota = [];
  let heldUntilMs = 0;
  let line: Promise<unknown> = Promise.resolve();

  const waitMs = (tokens: number): number =>
    Math.max(heldUntilMs - clock.now(), waitForQuota(quota, clock.now(), tokens, options));

  /** Waits for its turn and takes the estimate. Everyone behind waits too: nobody overtakes. */
  const enter = async (tokens: number, context: CallContext): Promise<Taking> => {
    for (let wait = waitMs(tokens); wait > 0; wait = waitMs(tokens)) await delay(wait, clock, context.signal);
    const taking = { atMs: clock.now(), tokens };
    quota = take(quota, taking);
    return taking;
  };

  const hear = (reply: Reply): void => {
    for (const { remaining, resetAtMs } of Object.values(reply.rateLimits ?? {})) {
      if (remaining === 0 && resetAtMs !== undefined) heldUntilMs = Math.max(heldUntilMs, resetAtMs);
    }
  };

  return {
    ...identityOf(backend),
    async generate(messages, config = {}, context = {}) {
      const tokens = estimate(messages, config);
      context.onWait?.(true);
      const turn = line.then(() => enter(tokens, context));
      line = turn.catch(() => {}); // one who gave up must not hold up the others
      const taking = await turn.finally(() => context.onWait?.(false));
      try {
        const reply = await backend.generate(messages, config, context);
        quota = settleTaking(quota, taking, reply.usage?.totalTokens ?? tokens);
        hear(reply);
        return reply;
      } catch (thrown) {
        const failed = toFailure(thrown, clock.now());
        if (failed.kind === "rate_limited")
          heldUntilMs = Math.max(heldUntilMs, clock.now() + (failed.retryAfterMs ?? 0));
        throw thrown;
      }
    },
  };
}

const guess = (messages: readonly Message[], { maxTokens = 0 }: GenerateConfig): number =>
  countMessages(messages) + maxTokens;
