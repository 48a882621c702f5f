import { appendFile, readFile, truncate } from "node:fs/promises";
import { dirname } from "node:path";
import { ConfigError } from "#src/kernel/errors";
import { FailureError } from "#src/kernel/failure";
import { makeFolder } from "#src/node/make-folder";
import { type Backend, type GenerateConfig, identityOf, type Message, type Reply } from "./backend.ts";
import { requestKey } from "./request-key.ts";

export interface RecordedOptions {
  /** Who answers what the cassette does not know. Without it the cassette only replays. */
  readonly backend?: Backend;
  /** `auto` asks for what is missing, `record` asks for everything again, `replay` never asks. */
  readonly mode?: "auto" | "record" | "replay";
}

/** One line of a cassette. */
interface Take {
  readonly key: string;
  readonly request: { readonly messages: readonly Message[]; readonly config: GenerateConfig };
  readonly reply: Reply;
}

/**
 * Replays model calls from a cassette, a file of JSON lines: recorded once, replayed forever, by anyone, without a key. The same request
 * of another repeat is another take. Failures are not recorded. One cassette belongs to one backend.
 *
 * @throws ConfigError for a cassette whose lines are not JSON; a torn last line, left by a crash, is recorded again
 * @example recorded("test/fixtures/mmlu.jsonl", { backend: openaiCompatible({ baseURL, apiKey }) })
 * @example recorded("test/fixtures/mmlu.jsonl") // offline
 */
export function recorded(path: string, { backend, mode = backend ? "auto" : "replay" }: RecordedOptions = {}): Backend {
  if (mode !== "replay" && !backend)
    throw new ConfigError("recorded.backend", `must be given for mode ${JSON.stringify(mode)}`);
  let cassette: Promise<Map<string, Reply>> | undefined;
  let written: Promise<unknown> = Promise.resolve();
  return {
    ...(backend ? identityOf(backend) : { name: `recorded ${path}` }),
    generate: async (messages, config = {}, context = {}) => {
      context.signal?.throwIfAborted();
      cassette ??= open(path, mode);
      const takes = await cassette;
      const key = requestKey(messages, config);
      const known = takes.get(key);
      if (known) return { ...known, cached: true };
      if (mode === "replay" || !backend)
        throw new FailureError("not_found", `the cassette ${path} has no reply to ${shown(messages)}`);
      const { rateLimits: _, ...reply } = await backend.generate(messages, config, context);
      const first = takes.get(key); // an equal request may have been answered meanwhile: the first take is what a replay will give
      if (first) return first;
      takes.set(key, reply);
      written = written.then(() => append(path, { key, request: { messages, config }, reply })); // one line at a time
      await written;
      return reply;
    },
  };
}

/** The replies of a cassette by the key of their request; the last take of a request counts. Mends a torn end before more is recorded. */
async function open(path: string, mode: RecordedOptions["mode"]): Promise<Map<string, Reply>> {
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "";
    throw error;
  });
  const lines = text.split("\n");
  const end = lines.pop()!;
  const takes = new Map<string, Reply>();
  for (const [i, line] of lines.entries()) {
    if (line.trim() === "") continue;
    const take = parse(line);
    if (!take) throw new ConfigError(`${path}:${i + 1}`, "must be a recorded reply as JSON", line);
    takes.set(take.key, take.reply);
  }
  const last = parse(end);
  if (last) takes.set(last.key, last.reply);
  if (mode === "replay" || end === "") return mode === "record" ? new Map() : takes;
  if (last) await appendFile(path, "\n");
  else await truncate(path, Buffer.byteLength(text) - Buffer.byteLength(end));
  return mode === "record" ? new Map() : takes;
}

function parse(line: string): Take | undefined {
  try {
    const take = JSON.parse(line) as Partial<Take> | null;
    return typeof take?.key === "string" && typeof take.reply?.content === "string" ? (take as Take) : undefined;
  } catch {
    return undefined;
  }
}

async function append(path: string, take: Take): Promise<void> {
  makeFolder(dirname(path));
  await appendFile(path, `${JSON.stringify(take)}\n`);
}

const shown = (messages: readonly Message[]): string => JSON.stringify(messages.at(-1)?.content.slice(0, 80) ?? "");
