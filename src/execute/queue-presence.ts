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

/** Says whether an attempt is wanted no more, whether the lock of its job is the worker's, for how many milliseconds; and counts it where it may begin. */
const BEGIN = `
local isOurs = redis.call("GET", KEYS[2]) == ARGV[1]
local isUnwanted = redis.call("EXISTS", KEYS[1]) == 1
if isOurs and not isUnwanted and ARGV[2] == "1" then
  redis.pcall("INCR", KEYS[3])
  redis.call("EXPIRE", KEYS[3], ARGV[3])
end
if isUnwanted or not isOurs then return -1 end
return redis.call("PTTL", KEYS[2])`;

/**
 * Counts that an attempt begins, where it may: it is wanted, and its job is the worker's by the time that the answer is here. On a line that was cut
 * in between, an answer comes when another worker has long done the job.
 *
 * @param lock key of the job's lock, and what stands in it while the job is ours
 * @param nowMs a clock that is never set
 */
export async function mayBegin(
  redis: Pick<Redis, "eval" | "decr">,
  jobId: string,
  lock: { readonly key: string; readonly token: string },
  nowMs: () => number = () => performance.now(),
): Promise<boolean> {
  const keys = [cancelledKey(jobId), lock.key, begunKey(jobId)];
  for (let asked = 0; ; asked++) {
    const sentMs = nowMs();
    const leftMs = (await redis.eval(BEGIN, 3, ...keys, lock.token, asked === 0 ? "1" : "0", BEGUN_KEPT_S)) as number;
    if (leftMs >= 0 && nowMs() - sentMs < leftMs) return true;
    if (leftMs >= 0) continue; // the lock may have gone to another while the answer was on its way
    if (asked > 0) await redis.decr(begunKey(jobId)); // counted, and not begun
    return false;
  }
}

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
