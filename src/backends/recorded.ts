import { ConfigError } from "#src/kernel/errors";
import { FailureError } from "#src/kernel/failure";
import { type Backend, type GenerateConfig, identityOf, type Message, type Reply } from "./backend.ts";
import { type CassetteMode, cassetteAt } from "./cassette.ts";
import { requestKey } from "./request-key.ts";

export interface RecordedOptions {
  /** Who answers what the cassette does not know. Without it the cassette only replays. */
  readonly backend?: Backend;
  /** `auto` asks for what is missing, `record` asks for everything again, `replay` never asks. */
  readonly mode?: CassetteMode;
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
  const cassette = cassetteAt(path, mode, isTake, "reply");
  return {
    ...(backend ? identityOf(backend) : { name: `recorded ${path}` }),
    generate: async (messages, config = {}, context = {}) => {
      context.signal?.throwIfAborted();
      const takes = await cassette();
      const key = requestKey(messages, config);
      const known = takes.known(key);
      if (known) return { ...known.reply, cached: true };
      if (mode === "replay" || !backend)
        throw new FailureError("not_found", `the cassette ${path} has no reply to ${shown(messages)}`);
      const { rateLimits: _, ...reply } = await backend.generate(messages, config, context);
      return (await takes.record({ key, request: { messages, config }, reply })).reply;
    },
  };
}

const isTake = (line: unknown): line is Take => {
  const take = line as Partial<Take> | null;
  return typeof take?.key === "string" && typeof take.reply?.content === "string";
};

const shown = (messages: readonly Message[]): string => JSON.stringify(messages.at(-1)?.content.slice(0, 80) ?? "");
