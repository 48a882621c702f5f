import { describe, expect, it } from "vitest";
import { rateLimits, resetTime } from "#src/backends/rate-headers";
import { durationMs } from "#src/kernel/failure";

const nowMs = Date.UTC(2026, 0, 1, 12);

describe("rate headers", () => {
  it("reads OpenAI's, with Go durations", () => {
    const headers = new Headers({
      "x-ratelimit-limit-requests": "60",
      "x-ratelimit-remaining-requests": "59",
      "x-ratelimit-reset-requests": "1s",
      "x-ratelimit-limit-tokens": "150000",
      "x-ratelimit-remaining-tokens": "149984",
      "x-ratelimit-reset-tokens": "6m0s",
    });
    expect(rateLimits(headers, nowMs)).toEqual({
      requests: { limit: 60, remaining: 59, resetAtMs: nowMs + 1000 },
      tokens: { limit: 150_000, remaining: 149_984, resetAtMs: nowMs + 360_000 },
    });
  });

  it("reads Anthropic's, with RFC 3339 dates and four windows", () => {
    const headers = {
      "anthropic-ratelimit-requests-limit": "50",
      "anthropic-ratelimit-tokens-remaining": "9",
      "anthropic-ratelimit-input-tokens-remaining": "8",
      "Anthropic-RateLimit-Output-Tokens-Reset": "2026-01-01T12:00:07Z",
    };
    expect(rateLimits(headers, nowMs)).toEqual({
      requests: { limit: 50 },
      tokens: { remaining: 9 },
      inputTokens: { remaining: 8 },
      outputTokens: { resetAtMs: nowMs + 7000 },
    });
  });

  it("reads plain windows, with seconds to wait and seconds since 1970", () => {
    expect(rateLimits({ "x-ratelimit-limit": "10", "x-ratelimit-reset": "30" }, nowMs)).toEqual({
      requests: { limit: 10, resetAtMs: nowMs + 30_000 },
    });
    expect(rateLimits({ "x-ratelimit-reset": String(nowMs / 1000 + 5) }, nowMs)).toEqual({
      requests: { resetAtMs: nowMs + 5000 },
    });
    expect(rateLimits({ "x-ratelimit-reset": String(nowMs + 5) }, nowMs)).toEqual({
      requests: { resetAtMs: nowMs + 5 },
    });
    expect(rateLimits({ "ratelimit-limit": "100, 100;w=60", "ratelimit-remaining": "99" }, nowMs)).toEqual({
      requests: { limit: 100, remaining: 99 },
    });
  });

  it("makes nothing of nonsense", () => {
    const nonsense = {
      "x-ratelimit-limit-requests": "many",
      "x-ratelimit-reset-tokens": "soon",
      "x-ratelimit-remaining": "-1",
    };
    for (const headers of [undefined, null, {}, nonsense]) expect(rateLimits(headers, nowMs)).toBeUndefined();
    for (const text of ["", "1 fortnight", "2026-13-45T99:00:00Z", "Infinity", "-3s"])
      expect(resetTime(text, nowMs)).toBeUndefined();
  });

  it.each([
    ["12ms", 12],
    ["1s", 1000],
    ["6m0s", 360_000],
    ["1h2m3.5s", 3_723_500],
    ["500us", 0.5],
    ["1m30", undefined],
    ["s", undefined],
  ])("reads the duration %s as %s ms", (text, ms) => {
    expect(durationMs(text)).toBe(ms);
  });
});
