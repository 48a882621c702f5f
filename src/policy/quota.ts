import { z } from "zod";

export const quotaOptions = z.strictObject({
  requestsPerMinute: z.number().positive().optional().describe("requests that any 60 seconds may hold"),
  tokensPerMinute: z.number().positive().optional().describe("tokens, read and written, that any 60 seconds may hold"),
});
export type QuotaOptions = z.output<typeof quotaOptions>;

/** What was taken from a quota, and when. */
export interface Taking {
  readonly atMs: number;
  readonly tokens: number;
}

/** Takings of the last minute, oldest first. */
export type Quota = readonly Taking[];

const WINDOW_MS = 60_000;

/** Forgets what no window that is still to come can hold. */
export const current = (quota: Quota, nowMs: number): Quota => {
  const first = quota.findIndex(({ atMs }) => atMs > nowMs - WINDOW_MS);
  return first < 0 ? [] : first === 0 ? quota : quota.slice(first);
};

/**
 * Milliseconds until one request more, of the given tokens, fits into every window of a minute. A request larger than the whole quota waits
 * for an empty window, since it would wait forever otherwise.
 *
 * @param quota takings of the last minute
 * @param tokens reserved for the request: its estimate
 * @example waitForQuota([{ atMs: 0, tokens: 5 }], 1000, 1, { requestsPerMinute: 1 }) // => 59000
 */
export function waitForQuota(quota: Quota, nowMs: number, tokens: number, options: QuotaOptions): number {
  const recent = current(quota, nowMs);
  const { requestsPerMinute = Number.POSITIVE_INFINITY, tokensPerMinute = Number.POSITIVE_INFINITY } = options;
  let requests = recent.length + 1;
  let used = recent.reduce((sum, each) => sum + each.tokens, 0) + Math.min(tokens, tokensPerMinute);
  let wait = 0;
  for (const { atMs, tokens: taken } of recent) {
    if (requests <= Math.max(1, requestsPerMinute) && used <= tokensPerMinute) break;
    requests -= 1;
    used -= taken;
    wait = atMs + WINDOW_MS - nowMs;
  }
  return wait;
}

/** Takes an estimate out of the quota. */
export const take = (quota: Quota, taking: Taking): Quota => [...current(quota, taking.atMs), taking];

/** Replaces the estimate of a request by what it really used. */
export const settleTaking = (quota: Quota, taking: Taking, tokens: number): Quota =>
  quota.map((each) => (each === taking ? { ...each, tokens } : each));
