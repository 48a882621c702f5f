import type { Redis } from "ioredis";
import { z } from "zod";
import { PREFIX } from "./queue-messages.ts";

/** Who is there, and what is no longer wanted: small keys beside the queues. */

/** Milliseconds between two signs of life of a worker. */
export const SIGN_EVERY_MS = 3000;
/** Milliseconds after which a worker without a sign counts as gone. */
const GONE_MS = 15_000;
const KEY = `${PREFIX}:workers`;

/** Cancelled job ids are published here at once, and kept under a key for workers that subscribe later. */
export const CANCEL_CHANNEL = `${PREFIX}:cancel`;
export const cancelledKey = (jobId: string): string => `${PREFIX}:cancelled:${jobId}`;

/** Counts how often an attempt was begun: more than once where a worker died at it. Kept until its row is stored, a month at most. */
export const begunKey = (jobId: string): string => `${PREFIX}:begun:${jobId}`;
export const BEGUN_KEPT_S = 30 * 24 * 3600;

const presence = z.object({ code: z.string(), experiment: z.string(), atMs: z.number() });
export type Presence = z.output<typeof presence>;

/** A worker's sign of life. */
export const heartbeat = (redis: Redis, name: string, sign: Presence): Promise<unknown> =>
  redis.hset(KEY, name, JSON.stringify(sign));

export const deregister = (redis: Redis, name: string): Promise<unknown> => redis.hdel(KEY, name);

/** Workers with a recent heartbeat, by Redis's own clock. Expired ones are removed. */
export async function presentWorkers(redis: Redis): Promise<Presence[]> {
  const [signs, nowMs] = await Promise.all([redis.hgetall(KEY), redisNow(redis)]);
  const present: Presence[] = [];
  for (const [name, text] of Object.entries(signs)) {
    const sign = presence.safeParse(parsed(text));
    if (sign.success && nowMs - sign.data.atMs < GONE_MS) present.push(sign.data);
    else await redis.hdel(KEY, name);
  }
  return present;
}

/** Milliseconds since 1970 by Redis: machines' own clocks differ. */
export async function redisNow(redis: Redis): Promise<number> {
  const [seconds, micros] = await redis.time();
  return Number(seconds) * 1000 + Math.floor(Number(micros) / 1000);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
