import { canonicalJson, digest } from "#src/kernel/digest";
import { ConfigError } from "#src/kernel/errors";
import { FailureError } from "#src/kernel/failure";
import { callsBefore, type Message, type ToolCall } from "./backend.ts";
import { type CassetteMode, cassetteAt } from "./cassette.ts";

export interface RecordedToolsOptions {
  /** `replay` (default) never calls a tool; `auto` calls where the cassette does not know what came of it; `record` calls every tool again. */
  readonly mode?: CassetteMode;
}

/** What of a tool is recorded: that of `crucible-harness/solver` has it. */
export interface RecordableTool {
  readonly name: string;
  run(call: ToolCall, context: RecordableContext): Promise<ToolTaken>;
}
interface RecordableContext {
  readonly state: {
    readonly sampleId: string;
    readonly epoch: number;
    readonly branch: string;
    readonly messages: readonly Message[];
  };
  readonly signal?: AbortSignal | undefined;
}
type ToolTaken =
  | { readonly content: string; readonly error?: undefined }
  | { readonly content: string; readonly error: string };

/** One line of a cassette. */
interface Take {
  readonly key: string;
  readonly call: { readonly tool: string; readonly arguments: unknown; readonly item: string; readonly time: number };
  readonly result: ToolTaken;
}

const isTake = (line: unknown): line is Take => {
  const take = line as Partial<Take> | null;
  return typeof take?.key === "string" && typeof take.result?.content === "string";
};

/**
 * Tools whose calls are replayed from a cassette, a file of JSON lines beside that of the model: an agent is tested without what its tools do to
 * the world. A call is known by item, repeat, branch, tool, arguments, and how many such calls came before it in the conversation; what an error was is
 * replayed as an error. The model's cassette (`recorded`) and that of its tools are two files.
 *
 * A call that the cassette does not know fails the task in `replay`: the agent did something else than when it was recorded.
 *
 * @throws ConfigError for anything that is not a tool, and for a cassette whose lines are not JSON; a torn last line, left by a crash, is recorded again
 * @example useTools(recordedTools("test/fixtures/tools.jsonl", [search, sendMail])) // offline; nothing is sent
 * @example recordedTools("test/fixtures/tools.jsonl", [search, sendMail], { mode: "auto" }) // records
 */
export function recordedTools<T extends RecordableTool>(
  path: string,
  tools: readonly T[],
  { mode = "replay" }: RecordedToolsOptions = {},
): T[] {
  if (typeof path !== "string" || path === "")
    throw new ConfigError("recordedTools.path", "must be the path of a file", path);
  for (const [i, tool] of tools.entries())
    if (typeof tool?.run !== "function") throw new ConfigError(`recordedTools.tools[${i}]`, "must be a tool", tool);
  const cassette = cassetteAt(path, mode, isTake, "tool call");
  return tools.map((tool) => {
    const run = async (call: ToolCall, context: RecordableContext): Promise<ToolTaken> => {
      context.signal?.throwIfAborted();
      const takes = await cassette();
      const { sampleId, epoch, branch, messages } = context.state;
      const given = givenTo(call);
      const own = canonicalJson(given);
      const time =
        1 +
        callsBefore(messages, call).filter((made) => made.name === call.name && canonicalJson(givenTo(made)) === own)
          .length;
      const key = digest({ item: sampleId, epoch, branch, tool: tool.name, arguments: given, time });
      const known = takes.known(key);
      if (known) return known.result;
      if (mode === "replay") {
        const sentence = `the cassette ${path} has no call ${shown(tool.name, given)} of ${sampleId}${time > 1 ? ` for the ${time}. time` : ""}`;
        throw new FailureError("not_found", sentence);
      }
      const { content, error } = await tool.run(call, context);
      const result = error === undefined ? { content } : { content, error };
      return (await takes.record({ key, call: { tool: tool.name, arguments: given, item: sampleId, time }, result }))
        .result;
    };
    const { description } = tool.run as { description?: unknown };
    return { ...tool, run: Object.assign(run, { description: description ?? { name: tool.name }, recorded: path }) };
  });
}

/** What a model wrote for arguments, also where it is not JSON. */
const givenTo = ({ parseError, argumentsText, arguments: given }: ToolCall): unknown =>
  parseError === undefined ? given : (argumentsText ?? parseError);

const shown = (name: string, given: unknown): string => {
  const text = canonicalJson(given);
  return `${name}(${text.length > 120 ? `${text.slice(0, 120).replace(/[\uD800-\uDBFF]$/, "")} ...` : text})`;
};
