import { headerOf, timeOf } from "#src/kernel/failure";
import type { RateLimits, RateWindow } from "./backend.ts";

type Field = "limit" | "remaining" | "reset";
type Name = keyof RateLimits;

/** How the providers name a field of a window, the first that is there counts. */
const headerNames = (name: Name, field: Field): readonly string[] => {
  const spelt = { requests: "requests", tokens: "tokens", inputTokens: "input-tokens", outputTokens: "output-tokens" }[
    name
  ];
  const plain = name === "requests" ? [`x-ratelimit-${field}`, `ratelimit-${field}`] : [];
  const azure = field === "reset" ? [`x-rate-limit-reset-${spelt}`] : [];
  return [`x-ratelimit-${field}-${spelt}`, `anthropic-ratelimit-${spelt}-${field}`, ...azure, ...plain];
};

/**
 * What a provider's headers say about its rate limits, in four dialects: OpenAI's with Go durations (`6m0s`), Anthropic's with
 * RFC 3339 dates, plain seconds to wait, and seconds or milliseconds since 1970.
 *
 * @param headers a `Headers` or a plain object
 * @param nowMs milliseconds since 1970, to turn a duration into a time
 * @returns nothing where no header says anything
 * @example rateLimits({ "x-ratelimit-remaining-tokens": "90", "x-ratelimit-reset-tokens": "1.5s" }, 0) // => { tokens: { remaining: 90, resetAtMs: 1500 } }
 */
export function rateLimits(headers: unknown, nowMs: number): RateLimits | undefined {
  const limits: { -readonly [K in Name]?: RateWindow } = {};
  for (const name of ["requests", "tokens", "inputTokens", "outputTokens"] as const) {
    const read = (field: Field): string | undefined =>
      headerNames(name, field)
        .map((header) => headerOf(headers, header))
        .find((text) => text !== undefined);
    const limit = count(read("limit"));
    const remaining = count(read("remaining"));
    const resetAtMs = resetTime(read("reset"), nowMs);
    const window = {
      ...(limit === undefined ? {} : { limit }),
      ...(remaining === undefined ? {} : { remaining }),
      ...(resetAtMs === undefined ? {} : { resetAtMs }),
    };
    if (Object.keys(window).length > 0) limits[name] = window;
  }
  return Object.keys(limits).length > 0 ? limits : undefined;
}

/**
 * How long a request that was refused has to wait until all limits that are used up are full again, in milliseconds.
 *
 * @returns nothing where no header tells it
 * @example resetAfterMs({ "x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "1.5s" }, 0) // => 1500
 */
export function resetAfterMs(headers: unknown, nowMs: number): number | undefined {
  const resets = Object.values(rateLimits(headers, nowMs) ?? {}).flatMap(({ remaining = 0, resetAtMs }: RateWindow) =>
    remaining === 0 && resetAtMs !== undefined ? [resetAtMs - nowMs] : [],
  );
  return resets.length === 0 ? undefined : Math.max(0, ...resets);
}

const count = (text: string | undefined): number | undefined => {
  const number = /^\d+(\.\d+)?/.exec(text ?? "")?.[0]; // RFC draft: "100, 100;w=60"
  return number === undefined ? undefined : Number(number);
};

/** When a window is full again, milliseconds since 1970, whatever the dialect. */
export const resetTime = (text: string | undefined, nowMs: number): number | undefined =>
  text === undefined ? undefined : timeOf(text, nowMs);
