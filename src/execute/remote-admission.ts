import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { Redis } from "ioredis";
import type { Admission, Limit, Permit } from "#src/backends/backend";
import { PREFIX } from "./queue-messages.ts";

/**
 * Takes a place under a limit, or says how many milliseconds to wait: `waitForQuota` of `policy/quota`, where all machines can ask. The clock is
 * that of Redis, since those of machines differ.
 *
 * KEYS: takings by time, tokens by taking, until when all are held. ARGV: id, tokens, requests, tokens per window, window in ms; "" for none.
 */
const ENTER = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local window = tonumber(ARGV[5])
local held = tonumber(redis.call('GET', KEYS[3]) or '0') - now
if held > 0 then return held end
local old = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now - window)
if #old > 0 then
  redis.call('ZREM', KEYS[1], unpack(old))
  redis.call('HDEL', KEYS[2], unpack(old))
end
local mostRequests = tonumber(ARGV[3]) or math.huge
local mostTokens = tonumber(ARGV[4]) or math.huge
local requests = redis.call('ZCARD', KEYS[1]) + 1
local used = math.min(tonumber(ARGV[2]), mostTokens)
if mostTokens < math.huge then
  for _, tokens in ipairs(redis.call('HVALS', KEYS[2])) do used = used + tonumber(tokens) end
end
local wait = 0
if requests > math.max(1, mostRequests) or used > mostTokens then
  local recent = redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')
  for i = 1, #recent, 2 do
    if requests <= math.max(1, mostRequests) and used <= mostTokens then break end
    requests = requests - 1
    used = used - tonumber(redis.call('HGET', KEYS[2], recent[i]) or '0')
    wait = recent[i + 1] + window - now
  end
end
if wait > 0 then return math.ceil(wait) end
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
redis.call('PEXPIRE', KEYS[1], window)
redis.call('PEXPIRE', KEYS[2], window)
return 0`;

const SETTLE = `
if ARGV[2] ~= '' and redis.call('HEXISTS', KEYS[2], ARGV[1]) == 1 then redis.call('HSET', KEYS[2], ARGV[1], ARGV[2]) end
local hold = tonumber(ARGV[3]) or 0
if hold > 0 then
  local time = redis.call('TIME')
  local till = time[1] * 1000 + math.floor(time[2] / 1000) + hold
  if till > tonumber(redis.call('GET', KEYS[3]) or '0') then redis.call('SET', KEYS[3], math.ceil(till), 'PX', math.ceil(hold)) end
end
return 1`;

/** What a limit allows in a window. */
interface Window {
  readonly requests?: number | undefined;
  readonly tokens?: number | undefined;
  readonly windowMs: number;
}

/** Limits of a run that all its workers share, on whatever machine. */
export interface RemoteAdmission extends Admission {
  /** Waits until one task more may start. */
  start(perSecond: number, signal: AbortSignal): Promise<void>;
}

/** Keeps the limits of a run in Redis. Within a process calls wait in order; processes take turns as they ask. */
export function remoteAdmission(redis: Redis, runId: string): RemoteAdmission {
  const lines = new Map<string, Promise<unknown>>();

  const take = async (name: string, tokens: number, allowed: Window, signal?: AbortSignal): Promise<Permit> => {
    const keys = ["takings", "tokens", "held"].map((part) => `${PREFIX}:limit:${runId}:${name}:${part}`);
    const id = randomUUID();
    const { requests = "", tokens: mostTokens = "", windowMs } = allowed;
    for (;;) {
      signal?.throwIfAborted();
      const waitMs = (await redis.eval(ENTER, 3, ...keys, id, tokens, requests, mostTokens, windowMs)) as number;
      if (waitMs <= 0) break;
      await delay(waitMs, undefined, signal ? { signal } : {});
    }
    return {
      settle: ({ tokens: used = "", holdMs = 0 }) => {
        redis.eval(SETTLE, 3, ...keys, id, used, holdMs).catch(() => {}); // the estimate stands
      },
    };
  };

  const inLine = (name: string, tokens: number, allowed: Window, signal?: AbortSignal): Promise<Permit> => {
    const turn = (lines.get(name) ?? Promise.resolve()).then(() => take(name, tokens, allowed, signal));
    lines.set(
      name,
      turn.catch(() => {}),
    );
    return turn;
  };

  return {
    enter: ({ name, requestsPerMinute, tokensPerMinute }: Limit, tokens, signal) =>
      inLine(
        `backend ${name}`,
        tokens,
        { requests: requestsPerMinute, tokens: tokensPerMinute, windowMs: 60_000 },
        signal,
      ),
    start: async (perSecond, signal) => {
      const requests = Math.ceil(perSecond); // as `policy/rate`: where that is not a whole number the window is longer
      await inLine("starts", 0, { requests, windowMs: Math.ceil((1000 * requests) / perSecond) }, signal);
    },
  };
}
