import { callsBefore } from "#src/backends/backend";
import { ConfigError, didYouMean } from "#src/kernel/errors";
import { FailureError } from "#src/kernel/failure";
import { described } from "./describe.ts";
import type { Tool, ToolContext } from "./state.ts";
import { refusalOf, toolFailed, toText } from "./tool.ts";

/** Computes what a tool gives: from its arguments, and from the state, whose `metadata` holds the fields of the row. */
export type MockFunction = (args: Readonly<Record<string, unknown>>, context: ToolContext) => unknown;

/**
 * What stands in for a tool: a function; a list, whose members are given one call after the other; an Error, which the model reads as the
 * tool's; or what every call gives, text as it is and anything else as JSON.
 */
export type ToolMock = MockFunction | readonly unknown[] | Error | string | number | boolean | object | null;

export interface MockToolsOptions {
  /** Tools that are called as they are, since they change nothing. */
  readonly real?: readonly string[];
}

/**
 * Tools that do nothing: with names, descriptions and parameters of real ones, and results that are given here. The model is sent the same
 * definitions, arguments that the real tool would refuse are refused, and no code of a tool runs.
 *
 * Lists start again in every conversation. A call beyond the end of one fails the task: the agent did something that was not foreseen.
 *
 * @param mocks by the name of the tool
 * @throws ConfigError for a tool that has no mock and is not among `real`, and a mock that has no tool
 * @example
 * const mocked = mockTools([search, sendMail], {
 *   search: ({ query }, { state }) => state.metadata.pages[query] ?? new Error("no page"),
 *   send_mail: "sent",
 * });
 */
export function mockTools(
  tools: readonly Tool[],
  mocks: Readonly<Record<string, ToolMock>>,
  { real = [] }: MockToolsOptions = {},
): Tool[] {
  const names = tools.map(({ name }) => name);
  for (const name of [...Object.keys(mocks), ...real])
    if (!names.includes(name))
      throw new ConfigError("mockTools", "must name tools that are given", name, didYouMean(name, names));
  return tools.map((tool) => {
    if (real.includes(tool.name)) return tool;
    if (!Object.hasOwn(mocks, tool.name))
      throw new ConfigError("mockTools", "must have a mock of every tool, or name it in `real`", tool.name);
    const mock = mocks[tool.name]!;
    return { ...tool, run: described(runOf(tool, mock), tool.name, { mock: Array.isArray(mock) ? [...mock] : mock }) };
  });
}

function runOf(tool: Tool, mock: ToolMock): Tool["run"] {
  return async (call, context) => {
    context.signal?.throwIfAborted();
    const refused = await refusalOf(tool, call);
    if (refused !== undefined) return toolFailed(refused);
    let given: unknown = mock;
    if (Array.isArray(mock)) {
      const place = callsBefore(context.state.messages, call).filter(({ name }) => name === call.name).length;
      if (place >= mock.length) {
        const replies = `${mock.length} ${mock.length === 1 ? "reply" : "replies"}`;
        throw new FailureError("not_found", `the mock of ${tool.name} has ${replies} and was asked for one more`);
      }
      given = mock[place];
    }
    try {
      if (typeof given === "function") given = await given(call.arguments, context);
      return given instanceof Error ? toolFailed(given.message) : { content: toText(given) };
    } catch (thrown) {
      if (context.signal?.aborted) throw thrown;
      return toolFailed(thrown instanceof Error ? thrown.message : String(thrown));
    }
  };
}
