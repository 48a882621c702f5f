import { z } from "zod";
import type { Message, ToolCall, ToolChoice } from "#src/backends/backend";
import { redact } from "#src/kernel/failure";
import { didYouMean } from "#src/kernel/fault";
import { described } from "./describe.ts";
import type { Solver } from "./solver.ts";
import type { TaskState, Tool, ToolContext, ToolResult } from "./state.ts";

/**
 * A tool from a function and a zod schema of its arguments. Text is returned as it is, anything else as JSON.
 *
 * @example
 * const adder = tool({
 *   name: "adder",
 *   description: "Adds two numbers",
 *   parameters: z.object({ a: z.number(), b: z.number() }),
 *   execute: ({ a, b }) => a + b,
 * });
 */
export function tool<S extends z.ZodType>(options: {
  readonly name: string;
  readonly description?: string;
  readonly parameters: S;
  readonly execute: (args: z.output<S>, context: ToolContext) => unknown;
}): Tool {
  const { $schema: _, ...parameters } = z.toJSONSchema(options.parameters, { io: "input" });
  const run: Tool["run"] = async (call, context) => {
    if (call.parseError !== undefined) return toolFailed(call.parseError);
    const parsed = await options.parameters.safeParseAsync(call.arguments);
    if (!parsed.success) return toolFailed(z.prettifyError(parsed.error));
    try {
      return { content: toText(await options.execute(parsed.data, context)) };
    } catch (thrown) {
      if (context.signal?.aborted) throw thrown;
      return toolFailed(thrown instanceof Error ? thrown.message : String(thrown));
    }
  };
  const { name, description, execute } = options;
  return { name, description, parameters, run: described(run, name, execute) };
}

/** A tool's error, for the model to read. */
export const toolFailed = (message: string): ToolResult => ({
  content: `Error: ${redact(message)}`,
  error: redact(message),
});

/** Text as it is, anything else as JSON. */
export const toText = (value: unknown): string => (typeof value === "string" ? value : (JSON.stringify(value) ?? ""));

/** Runs a model's tool calls in order and gives the tool messages that answer them. */
export async function callTools(
  state: TaskState,
  calls: readonly ToolCall[],
  signal?: AbortSignal,
): Promise<Message[]> {
  const messages: Message[] = [];
  for (const call of calls) {
    signal?.throwIfAborted();
    const known = state.tools.find(({ name }) => name === call.name);
    const result = known
      ? await known.run(call, { toolCallId: call.id, state, signal })
      : toolFailed(
          `there is no tool ${JSON.stringify(call.name)}. ${didYouMean(
            call.name,
            state.tools.map(({ name }) => name),
          )}`,
        );
    messages.push({
      role: "tool",
      toolCallId: call.id,
      name: call.name,
      content: result.content,
      ...(result.error === undefined ? {} : { error: result.error }),
    });
  }
  return messages;
}

/** Gives the model tools, in place of those it had, or with `append` besides. */
export const useTools = (
  tools: readonly Tool[],
  { toolChoice = "auto", append = false }: { toolChoice?: ToolChoice; append?: boolean } = {},
): Solver =>
  described<Solver>(
    (state) =>
      state.setTools(append ? [...state.tools, ...tools] : tools, tools.length > 0 ? toolChoice : state.toolChoice),
    "useTools",
    { tools, toolChoice, append },
  );
