import type { Queue, QueueEvents, Worker } from "bullmq";
import type { Redis } from "ioredis";
import { ConfigError } from "#src/kernel/errors";

/** Default address of Redis: this machine. */
export const DEFAULT_REDIS = "redis://127.0.0.1:6379";

/** The address of Redis: as given, else from the environment, else this machine. */
export const redisUrl = (given: string | undefined): string => given ?? process.env.CRUCIBLE_REDIS ?? DEFAULT_REDIS;
/** Milliseconds that a first connection may take. */
const CONNECT_MS = 5000;
const LONGEST_RETRY_MS = 2000;

/** Connections to one Redis: a sentence when it is away at first, patience when it goes away later. */
export interface RedisPlace {
  /** The address without user and password. */
  readonly address: string;
  /** Another connection, which waits for Redis whenever it is away. */
  connect(): Redis;
  /** Ends all connections at once. */
  close(): void;
}

/** Called when Redis becomes unreachable and when it is back. */
export interface RedisNews {
  readonly away: (message: string) => void;
  readonly back: () => void;
}

/**
 * Opens a Redis.
 *
 * @throws ConfigError where it does not answer, refuses the password, or its client is not installed
 */
export async function openRedis(url: string, { away, back }: RedisNews): Promise<RedisPlace> {
  const address = addressOf(url);
  const { Redis } = await loadPackages();
  await probe(new Redis(url, { lazyConnect: true, retryStrategy: () => null, connectTimeout: CONNECT_MS }), address);
  const clients = new Set<Redis>();
  let isAway = false;
  const connect = (): Redis => {
    const client = new Redis(url, {
      maxRetriesPerRequest: null, // BullMQ's law: a command waits until Redis is back
      retryStrategy: (times) => Math.min(times * 100, LONGEST_RETRY_MS),
      enableAutoPipelining: true,
    });
    clients.add(client);
    client.on("error", (error: Error) => {
      if (!isAway) away(sentenceOf(error));
      isAway = true;
    });
    client.on("ready", () => {
      if (isAway) back();
      isAway = false;
    });
    return client;
  };
  return {
    address,
    connect,
    close: () => {
      for (const client of clients) client.disconnect();
    },
  };
}

interface QueuePackages {
  readonly Queue: typeof Queue;
  readonly QueueEvents: typeof QueueEvents;
  readonly Worker: typeof Worker;
  readonly Redis: typeof Redis;
}

/** BullMQ and the client of Redis, loaded when the first queue is opened. @throws ConfigError where they are not installed */
export async function loadPackages(): Promise<QueuePackages> {
  try {
    const bullmq = await import("bullmq"); // awaited alone in a try: bundlers leave out what is not installed only there
    const { Redis } = await import("ioredis");
    return { Queue: bullmq.Queue, QueueEvents: bullmq.QueueEvents, Worker: bullmq.Worker, Redis };
  } catch {
    throw new ConfigError(
      "executor",
      "queue() needs the packages bullmq and ioredis",
      undefined,
      "npm install bullmq ioredis",
    );
  }
}

async function probe(client: Redis, address: string): Promise<void> {
  let said: Error | undefined;
  client.on("error", (error) => {
    said ??= error;
  });
  try {
    await client.connect();
    await client.ping();
  } catch (thrown) {
    throw refusalOf(said ?? (thrown as Error), address);
  } finally {
    client.disconnect();
  }
}

function refusalOf(error: Error, address: string): ConfigError {
  const sentence = sentenceOf(error);
  if (/WRONGPASS|NOAUTH|invalid password|invalid username/i.test(sentence)) {
    const hint = "Write it into the address, redis://user:password@host:6379, or into CRUCIBLE_REDIS";
    return new ConfigError(
      "redis",
      `must be given the password of ${address}, which refused the one it got`,
      undefined,
      hint,
    );
  }
  const hint = "Start it (redis-server --appendonly yes), or give another address with --redis or CRUCIBLE_REDIS";
  return new ConfigError("redis", `must be a Redis that answers; ${address} does not (${sentence})`, undefined, hint);
}

const sentenceOf = (error: Error & { code?: string }): string => error.message || error.code || error.name;

/** @throws ConfigError for what is not an address of a Redis */
function addressOf(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (!parsed || !/^rediss?:$/.test(parsed.protocol)) {
    const shown = parsed ? parsed.protocol : url.replace(/\/\/[^@]*@/, "//");
    throw new ConfigError(
      "redis",
      "must be an address such as redis://host:6379 or rediss://user:password@host:6379",
      shown,
    );
  }
  return `${parsed.protocol}//${parsed.host}${parsed.pathname === "/" ? "" : parsed.pathname}`;
}
