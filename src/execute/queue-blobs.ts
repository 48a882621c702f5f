import { createHash, randomUUID } from "node:crypto";
import { gunzipSync, gzipSync } from "node:zlib";
import type { Redis } from "ioredis";
import { type Carried, INLINE_MOST, PREFIX } from "./queue-messages.ts";

/** Bytes of one piece: no single command keeps Redis from the others for long. */
const PIECE = 64 * 1024;
/** Bytes that a value may have, unpacked. */
const MOST = 64 * 2 ** 20;
/** Seconds after which a value that was not fetched expires: a month. */
const KEPT_S = 30 * 24 * 3600;

const keyOf = (runId: string, digest: string): string => `${PREFIX}:blob:${runId}:${digest}`;

/** Writes a value for the queue: as it is, or where it is large beside it, under its digest. @throws RangeError above 64 MB */
export async function carry(redis: Redis, runId: string, value: unknown): Promise<Carried> {
  const json = JSON.stringify(value) ?? "null";
  if (json.length <= INLINE_MOST) return { json: value ?? null };
  if (json.length > MOST)
    throw new RangeError(`${Math.ceil(json.length / 2 ** 20)} MB are more than the 64 MB that a queue carries`);
  const digest = createHash("sha256").update(json).digest("hex");
  const key = keyOf(runId, digest);
  if ((await redis.exists(key)) === 1) return { blob: digest };
  const packed = gzipSync(json);
  const unfinished = `${key}:${randomUUID()}`; // others may be writing the same value
  for (let at = 0; at < packed.length; at += PIECE) await redis.rpush(unfinished, packed.subarray(at, at + PIECE));
  await redis.expire(unfinished, KEPT_S);
  await redis.rename(unfinished, key);
  return { blob: digest };
}

/** Reads what `carry` wrote. @throws Error where it is gone, or is not what its digest says */
export async function fetchCarried(redis: Redis, runId: string, carried: Carried): Promise<unknown> {
  if ("json" in carried) return carried.json;
  const key = keyOf(runId, carried.blob);
  const pieces: Buffer[] = [];
  for (let i = 0; ; i++) {
    const piece = await redis.lindexBuffer(key, i);
    if (!piece) break;
    pieces.push(piece);
  }
  const json = pieces.length > 0 ? gunzipSync(Buffer.concat(pieces), { maxOutputLength: MOST }).toString("utf8") : "";
  if (createHash("sha256").update(json).digest("hex") !== carried.blob)
    throw new Error("a large value is gone from Redis, or was changed there");
  return JSON.parse(json);
}

export const dropBlob = (redis: Redis, runId: string, carried: Carried): Promise<unknown> =>
  "blob" in carried ? redis.del(keyOf(runId, carried.blob)) : Promise.resolve();
