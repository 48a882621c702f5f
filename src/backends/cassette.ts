import { appendFile, readFile, truncate } from "node:fs/promises";
import { dirname } from "node:path";
import { ConfigError } from "#src/kernel/errors";
import { makeFolder } from "#src/node/make-folder";

/** `auto` asks for what is missing, `record` asks for everything again, `replay` never asks. */
export type CassetteMode = "auto" | "record" | "replay";

/** A file of JSON lines, each a take under the key of its request. */
export interface Cassette<T extends { readonly key: string }> {
  /** The take of a key that was there, or was recorded since. */
  known(key: string): T | undefined;
  /** Records a take; of an equal request that was recorded meanwhile, the first counts. @returns the take that a replay will give */
  record(take: T): Promise<T>;
}

/**
 * A cassette that is opened at its first use. The last line of a key counts. Mends a torn end before more is recorded.
 *
 * @param isTake whether a line is one
 * @param what a line is, for the sentence about one that is not
 */
export function cassetteAt<T extends { readonly key: string }>(
  path: string,
  mode: CassetteMode,
  isTake: (line: unknown) => line is T,
  what: string,
): () => Promise<Cassette<T>> {
  let opened: Promise<Cassette<T>> | undefined;
  return () => {
    opened ??= open(path, mode, isTake, what).then((takes) => cassetteOf(path, takes));
    return opened;
  };
}

function cassetteOf<T extends { readonly key: string }>(path: string, takes: Map<string, T>): Cassette<T> {
  let written: Promise<unknown> = Promise.resolve();
  return {
    known: (key) => takes.get(key),
    async record(take) {
      const first = takes.get(take.key);
      if (first) return first;
      takes.set(take.key, take);
      written = written.then(() => append(path, take)); // one line at a time
      await written;
      return take;
    },
  };
}

async function open<T extends { readonly key: string }>(
  path: string,
  mode: CassetteMode,
  isTake: (line: unknown) => line is T,
  what: string,
): Promise<Map<string, T>> {
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "";
    throw error;
  });
  const parse = (line: string): T | undefined => {
    try {
      const take: unknown = JSON.parse(line);
      return isTake(take) ? take : undefined;
    } catch {
      return undefined;
    }
  };
  const lines = text.split("\n");
  const end = lines.pop()!;
  const takes = new Map<string, T>();
  for (const [i, line] of lines.entries()) {
    if (line.trim() === "") continue;
    const take = parse(line);
    if (!take) throw new ConfigError(`${path}:${i + 1}`, `must be a recorded ${what} as JSON`, line);
    takes.set(take.key, take);
  }
  const last = parse(end);
  if (last) takes.set(last.key, last);
  if (mode === "replay" || end === "") return mode === "record" ? new Map() : takes;
  if (last) await appendFile(path, "\n");
  else await truncate(path, Buffer.byteLength(text) - Buffer.byteLength(end));
  return mode === "record" ? new Map() : takes;
}

async function append(path: string, take: unknown): Promise<void> {
  makeFolder(dirname(path));
  await appendFile(path, `${JSON.stringify(take)}\n`);
}
