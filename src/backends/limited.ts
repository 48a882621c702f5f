import { type Clock, systemClock } from "#src/kernel/clock";
import { ConfigError } from "#src/kernel/errors";
import { LONGEST_WAIT_MS, toFailure } from "#src/kernel/failure";
import { parseOptions } from "#src/kernel/parse";
import { type QuotaOptions, quotaOptions } from "#src/policy/quota";
import { admission } from "./admission.ts";
import { type Backend, type GenerateConfig, identityOf, type Message, type Reply } from "./backend.ts";
import { countMessages } from "./tokens.ts";

/** Limits of a provider, and how to count against them. */
export interface LimitedOptions extends Partial<QuotaOptions> {
  /** Where calls are made in threads or on several machines: backends whose limit has the same name share it. The backend's own name when absent. */
  readonly name?: string;
  /** Tokens that a request is expected to use, read and written; a quarter of its characters and `maxTokens` when absent. */
  readonly estimate?: (messages: readonly Message[], config: GenerateConfig) => number;
  /** Milliseconds that a service may hold all calls back; one that asks for more is asked again by the next call. 15 minutes when absent. */
  readonly maxHoldMs?: number;
  readonly clock?: Clock;
}

/**
 * Keeps a backend within requests and tokens per minute: what a call is expected to use is reserved before it is sent, and settled with what
 * it used. A refusal with `Retry-After`, and rate headers that say nothing is left, hold all calls back for as long. First come, first
 * served; waiting is reported to `context.onWait`, so that it does not count against the timeout of the task. Threads and machines of a run
 * share the limit (`context.admission`): a `run` function passes its context on, `backend.generate(messages, config, context)`.
 *
 * @throws ConfigError for limits that are not above 0
 * @example limited(openaiCompatible({ baseURL, apiKey }), { requestsPerMinute: 500, tokensPerMinute: 200_000 })
 */
export function limited(
  backend: Backend,
  { name, estimate = guess, maxHoldMs = LONGEST_WAIT_MS, clock = systemClock, ...limits }: LimitedOptions,
): Backend {
  const options = parseOptions(quotaOptions, limits);
  const limit = { name: name ?? [backend.name, backend.model].filter(Boolean).join(" "), ...options };
  const own = admission(clock);
  if (!(maxHoldMs >= 0)) throw new ConfigError("limited.maxHoldMs", "must be milliseconds of at least 0", maxHoldMs);
  const held = (ms: number | undefined): number | undefined => (ms !== undefined && ms > maxHoldMs ? undefined : ms);
  return {
    ...identityOf(backend),
    async generate(messages, config = {}, context = {}) {
      const turn = (context.admission ?? own).enter(limit, estimate(messages, config), context.signal);
      context.onWait?.(true);
      const permit = await turn.finally(() => context.onWait?.(false));
      try {
        const reply = await backend.generate(messages, config, context);
        permit.settle({ tokens: reply.usage?.totalTokens, holdMs: held(holdMs(reply, clock.now())) });
        return reply;
      } catch (thrown) {
        const failed = toFailure(thrown, clock.now());
        permit.settle({ holdMs: failed.kind === "rate_limited" ? held(failed.retryAfterMs) : undefined });
        throw thrown;
      }
    },
  };
}

/** Milliseconds until the service says it has something left; nothing where it has now, or does not say. */
function holdMs({ rateLimits = {} }: Reply, nowMs: number): number | undefined {
  const resets = Object.values(rateLimits).flatMap(({ remaining, resetAtMs }) =>
    remaining === 0 && resetAtMs !== undefined ? [resetAtMs - nowMs] : [],
  );
  return resets.length > 0 ? Math.max(...resets) : undefined;
}

const guess = (messages: readonly Message[], { maxTokens = 0 }: GenerateConfig): number =>
  countMessages(messages) + maxTokens;
