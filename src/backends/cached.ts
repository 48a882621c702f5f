import { randomUUID } from "node:crypto";
import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { type Clock, systemClock } from "#src/kernel/clock";
import { parseOptions } from "#src/kernel/parse";
import { makeFolder } from "#src/node/make-folder";
import { type Backend, identityOf, type Reply } from "./backend.ts";
import { requestKey } from "./request-key.ts";

/** A reply and when it was kept, milliseconds since 1970. */
export interface CachedReply {
  readonly reply: Reply;
  readonly storedAtMs: number;
}

/** Where replies are kept. */
export interface ReplyStore {
  get(key: string): Promise<CachedReply | undefined> | CachedReply | undefined;
  set(key: string, entry: CachedReply): Promise<unknown> | unknown;
}

export const cacheOptions = z.strictObject({
  maxAgeMs: z
    .custom<number>((value) => typeof value === "number" && value > 0, "must be a positive number, or Infinity")
    .default(7 * 24 * 3_600_000)
    .describe("milliseconds after which a reply is asked for again; Infinity for never"),
});

/**
 * Answers equal requests from a store: same backend, model, messages, parameters, tools, repeat and branch. A cached reply says so and keeps
 * its usage. Failures and filtered replies are not kept. Backends that share a store and differ in anything else need names of their own.
 *
 * @param store a `Map` for this process, or `replyFolder(path)`
 * @example cached(aiSdk(model), replyFolder("./cache"))
 */
export function cached(
  backend: Backend,
  store: ReplyStore = new Map<string, CachedReply>(),
  { clock = systemClock, ...options }: z.input<typeof cacheOptions> & { readonly clock?: Clock } = {},
): Backend {
  const { maxAgeMs } = parseOptions(cacheOptions, options, "cached");
  return {
    ...identityOf(backend),
    generate: async (messages, config = {}, context = {}) => {
      const model = config.model ?? backend.model; // one server may answer by several models
      const key = requestKey(messages, { ...config, model }, backend.name);
      const kept = await store.get(key);
      if (isKept(kept) && Math.abs(clock.now() - kept.storedAtMs) < maxAgeMs) return { ...kept.reply, cached: true };
      const { rateLimits, ...reply } = await backend.generate(messages, config, context);
      if (reply.finishReason !== "content_filter" && reply.finishReason !== "error")
        await keep(store, key, { reply, storedAtMs: clock.now() });
      return rateLimits ? { ...reply, rateLimits } : reply;
    },
  };
}

/** What others wrote, or another version, may not be a reply: then it is asked for again. */
const amount = z.number().nonnegative();
const keptReply = z.object({
  reply: z.looseObject({
    content: z.string(),
    finishReason: z.string(),
    toolCalls: z.array(z.looseObject({ name: z.string() })),
    usage: z.looseObject({ promptTokens: amount, completionTokens: amount, totalTokens: amount }).optional(),
    reasoning: z.string().optional(),
    cost: amount.optional(),
    calls: z.int().nonnegative().optional(),
  }),
  storedAtMs: z.number(),
});

const isKept = (entry: unknown): entry is CachedReply => keptReply.safeParse(entry).success;

/** A reply that was paid for is not lost for a folder that is full: it is asked for again next time, and that is said once. */
async function keep(store: ReplyStore, key: string, entry: CachedReply): Promise<void> {
  try {
    await store.set(key, entry);
  } catch (error) {
    if (warned.has(store)) return;
    warned.add(store);
    process.emitWarning(`a reply could not be kept in the cache (${error instanceof Error ? error.message : error})`);
  }
}
const warned = new WeakSet<ReplyStore>();

/** Keeps each reply as a JSON file of its own, written whole or not at all. A file that is not the reply of its key is asked for again. */
export function replyFolder(path: string): ReplyStore {
  const fileOf = (key: string): string => join(path, `${key}.json`);
  return {
    get: async (key) => {
      try {
        const entry = JSON.parse(await readFile(fileOf(key), "utf8")) as CachedReply & { readonly key?: unknown };
        return (entry.key ?? key) === key ? entry : undefined;
      } catch {
        return undefined;
      }
    },
    set: async (key, entry) => {
      makeFolder(path);
      const draft = `${fileOf(key)}.${randomUUID()}`; // other processes, also of other machines, may keep the same
      try {
        await writeFile(draft, JSON.stringify({ key, ...entry }));
        await rename(draft, fileOf(key));
      } catch (error) {
        await rm(draft, { force: true });
        throw error;
      }
    },
  };
}
