import { ConfigError } from "#src/kernel/errors";
import { described } from "./describe.ts";
import type { Tool } from "./state.ts";
import { toolFailed, toText } from "./tool.ts";

/** The part of a Model Context Protocol client that is used; that of `@modelcontextprotocol/sdk` has it. */
export interface McpClient {
  listTools(params?: { cursor?: string }): Promise<{
    readonly tools: readonly {
      readonly name: string;
      readonly description?: string | undefined;
      readonly inputSchema: object;
    }[];
    readonly nextCursor?: string | undefined;
  }>;
  callTool(
    params: { name: string; arguments: Record<string, unknown> },
    resultSchema?: undefined,
    options?: { signal?: AbortSignal },
  ): Promise<object>;
}

/**
 * The tools of a Model Context Protocol server, by a client that is connected to it. The server checks the arguments; what it refuses, and
 * what fails there, is an error for the model to read.
 *
 * @param client connected; closing it is its owner's business
 * @param only names of the tools to take; all when absent
 * @example chain(useTools(await mcpTools(client)), generate())
 */
export async function mcpTools(
  client: McpClient,
  { only }: { readonly only?: readonly string[] } = {},
): Promise<Tool[]> {
  const tools: Tool[] = [];
  let cursor: string | undefined;
  do {
    const page = await client.listTools(cursor === undefined ? {} : { cursor });
    for (const each of page.tools) if (only?.includes(each.name) ?? true) tools.push(toTool(client, each));
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  const missing = only?.find((name) => !tools.some((each) => each.name === name));
  if (missing !== undefined) throw new ConfigError("mcpTools.only", "must name tools of the server", missing);
  return tools;
}

type Listed = Awaited<ReturnType<McpClient["listTools"]>>["tools"][number];

function toTool(client: McpClient, { name, description, inputSchema }: Listed): Tool {
  const run: Tool["run"] = async (call, { signal }) => {
    if (call.parseError !== undefined) return toolFailed(call.parseError);
    try {
      const options = signal ? { signal } : {};
      const result: Result = await client.callTool({ name, arguments: { ...call.arguments } }, undefined, options);
      return result.isError ? toolFailed(textOf(result)) : { content: textOf(result) };
    } catch (thrown) {
      if (signal?.aborted) throw thrown;
      return toolFailed(thrown instanceof Error ? thrown.message : String(thrown));
    }
  };
  const { $schema: _, ...parameters } = inputSchema as Record<string, unknown>;
  return { name, description, parameters, run: described(run, name, { mcp: { description, parameters } }) };
}

interface Result {
  readonly content?: unknown;
  readonly structuredContent?: unknown;
  readonly isError?: unknown;
}

/** The text parts of a result, the others by their kind; where there are none, what the server gave as data. */
function textOf({ content, structuredContent }: Result): string {
  const parts = Array.isArray(content) ? (content as readonly { type?: unknown; text?: unknown }[]) : [];
  if (parts.length === 0) return toText(structuredContent ?? "");
  return parts.map(({ type, text }) => (typeof text === "string" ? text : `(${String(type)})`)).join("\n");
}
