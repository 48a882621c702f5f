import { z } from "zod";
import type { Message, ToolCall, ToolChoice } from "#src/backends/backend";
import { ConfigError, didYouMean } from "#src/kernel/errors";
import { redact } from "#src/kernel/failure";
import { type JsonSchema, jsonSchemaOf, type SchemaInput, type SchemaOutput, schemaReader } from "#src/schema/schema";
import { surplus } from "./arguments.ts";
import { described } from "./describe.ts";
import type { Solver, SolverContext } from "./solver.ts";
import type { TaskState, Tool, ToolContext, ToolResult } from "./state.ts";
import { shownOutput, withoutMiddle } from "./tool-output.ts";

/**
 * A tool from a function and a schema of its arguments: zod or another Standard Schema, or JSON Schema. Text is returned as it is, anything
 * else as JSON. Arguments that the schema does not name are refused, unless it is loose.
 *
 * @throws ConfigError for parameters that are not a schema, or not of an object, or have no JSON Schema that a model could be sent
 * @example
 * const adder = tool({
 *   name: "adder",
 *   description: "Adds two numbers",
 *   parameters: z.object({ a: z.number(), b: z.number() }),
 *   execute: ({ a, b }) => a + b,
 * });
 */
export function tool<S extends SchemaInput>(options: {
  readonly name: string;
  readonly description?: string;
  readonly parameters: S;
  /** JSON Schema of the arguments that models are sent, where `parameters` has none of its own, as those of zod 3. */
  readonly jsonSchema?: JsonSchema;
  readonly execute: (args: SchemaOutput<S>, context: ToolContext) => unknown;
  /** Whether what it gives is the answer and ends `generate`, as a `submit` tool does. */
  readonly ends?: boolean;
}): Tool {
  const bySchema = schemaReader(options.parameters, "tool.parameters");
  const parameters = sentSchema(options.parameters, options.jsonSchema);
  const read = async (call: ToolCall): Promise<{ readonly refused: string } | { readonly data: SchemaOutput<S> }> => {
    const extra = call.parseError ?? surplus(call.arguments, parameters);
    if (extra !== undefined) return { refused: extra };
    try {
      const reading = await bySchema(call.arguments);
      return "issues" in reading ? { refused: z.prettifyError(reading) } : { data: reading.value as SchemaOutput<S> };
    } catch (thrown) {
      return { refused: messageOf(thrown) }; // a transform that throws
    }
  };
  const run: Tool["run"] = async (call, context) => {
    const given = await read(call);
    if ("refused" in given) return toolFailed(given.refused);
    try {
      return { content: toText(await options.execute(given.data, context)) };
    } catch (thrown) {
      if (context.signal?.aborted) throw thrown;
      return toolFailed(messageOf(thrown));
    }
  };
  const { name, description, execute, ends } = options;
  refusals.set(run, async (call) => {
    const given = await read(call);
    return "refused" in given ? given.refused : undefined;
  });
  return { name, description, parameters, run: described(run, name, execute), ...(ends ? { ends } : {}) };
}

const messageOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));

/** The JSON Schema of the arguments that models are sent. @throws ConfigError where it is not one of an object */
function sentSchema(schema: SchemaInput, given: JsonSchema | undefined): JsonSchema {
  const place = given === undefined ? "tool.parameters" : "tool.jsonSchema";
  if (given !== undefined) schemaReader(given, place);
  const { $schema: _, ...sent } = jsonSchemaOf(given ?? schema, place);
  if (typeof sent.type === "string" && sent.type !== "object")
    throw new ConfigError(place, "must be a schema of an object, since arguments have names", sent);
  return sent;
}

/** How tools check their arguments, beside them: a description of a tool does not change with it. */
const refusals = new WeakMap<Tool["run"], (call: ToolCall) => Promise<string | undefined>>();

/** Why a tool would refuse a call, without calling it; of tools from elsewhere as far as their parameters say. */
export const refusalOf = async ({ run, parameters }: Tool, call: ToolCall): Promise<string | undefined> => {
  const refuses = refusals.get(run);
  return refuses ? refuses(call) : (call.parseError ?? surplus(call.arguments, parameters));
};

/**
 * A tool by which the model hands in its answer: its call ends `generate`, and the answer is the output that is scored.
 *
 * @example chain(useTools([search, submitTool()]), generate())
 */
export const submitTool = ({
  name = "submit",
  description = "Submits the final answer.",
}: {
  readonly name?: string;
  readonly description?: string;
} = {}): Tool =>
  tool({
    name,
    description,
    parameters: z.object({ answer: z.string().describe("the final answer") }),
    execute: ({ answer }) => answer,
    ends: true,
  });

/** A tool's error, for the model to read. */
export const toolFailed = (message: string): ToolResult => ({
  content: `Error: ${redact(message)}`,
  error: redact(message),
});

/** Text as it is, anything else as JSON. */
export const toText = (value: unknown): string => (typeof value === "string" ? value : (JSON.stringify(value) ?? ""));

/** The results of a model's tool calls. */
export interface CallsAnswered {
  readonly messages: readonly Message[];
  /** The answer that a tool which ends the work gave; the first of several. */
  readonly ending?: string;
}

/** Runs a model's tool calls in order and gives the tool messages that answer them, each of at most the given bytes; 0 for no limit. */
export async function callTools(
  state: TaskState,
  calls: readonly ToolCall[],
  maxBytes: number,
  context: Pick<SolverContext, "signal" | "aroundTool" | "onCall"> = {},
): Promise<CallsAnswered> {
  const { signal } = context;
  const messages: Message[] = [];
  let ending: string | undefined;
  for (const call of calls) {
    signal?.throwIfAborted();
    const known = state.tools.find(({ name }) => name === call.name);
    const { content, error } = known
      ? await noted(known, context).run(call, { toolCallId: call.id, state, signal })
      : toolFailed(
          `there is no tool ${JSON.stringify(call.name)}. ${didYouMean(
            call.name,
            state.tools.map(({ name }) => name),
          )}`,
        );
    if (known?.ends && error === undefined) ending ??= content;
    messages.push({
      role: "tool",
      toolCallId: call.id,
      name: call.name,
      content: shownOutput(call.name, content, maxBytes),
      ...(error === undefined ? {} : { error: withoutMiddle(error, maxBytes) }),
    });
  }
  return { messages, ...(ending === undefined ? {} : { ending }) };
}

/** A tool as it is called here: with what is put around it, and its calls told. */
function noted(known: Tool, context: Pick<SolverContext, "aroundTool" | "onCall">): Pick<Tool, "run"> {
  const tool = context.aroundTool?.(known) ?? known;
  if (!context.onCall) return tool;
  return {
    run: async (...given) => {
      const ended = context.onCall?.("tool", known.name);
      try {
        const result = await tool.run(...given);
        ended?.(result.error !== undefined);
        return result;
      } finally {
        ended?.(true); // it threw, where it has not ended
      }
    },
  };
}

/**
 * Gives the model tools, in place of those it had, or with `append` besides. An empty list leaves them as they are and changes only the tool
 * choice, as in inspect_ai; `state.setTools([])` takes them away.
 */
export const useTools = (
  tools: readonly Tool[],
  { toolChoice = "auto", append = false }: { toolChoice?: ToolChoice; append?: boolean } = {},
): Solver =>
  described<Solver>(
    (state) => state.setTools(append ? [...state.tools, ...tools] : tools.length > 0 ? tools : state.tools, toolChoice),
    "useTools",
    { tools, toolChoice, append },
  );
