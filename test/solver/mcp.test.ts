import { describe, expect, it } from "vitest";
import { scripted } from "#src/backends/scripted";
import { chain, generate, generateWith, type McpClient, mcpTools, TaskState, useTools } from "#src/solver/index";

const schema = { type: "object", properties: { a: { type: "number" }, b: { type: "number" } }, required: ["a", "b"] };

/** A server's tools, two a page, behind the methods of a client. */
function client(): McpClient & { signals: (AbortSignal | undefined)[] } {
  const signals: (AbortSignal | undefined)[] = [];
  const pages = [
    [
      {
        name: "add",
        description: "Adds",
        inputSchema: { $schema: "http://json-schema.org/draft-07/schema#", ...schema },
      },
      { name: "picture", inputSchema: {} },
    ],
    [
      { name: "weather", inputSchema: {} },
      { name: "broken", inputSchema: {} },
    ],
  ];
  const results: Readonly<Record<string, (args: Record<string, unknown>) => object>> = {
    add: ({ a, b }) =>
      typeof a === "number" && typeof b === "number"
        ? { content: [{ type: "text", text: String(a + b) }] }
        : { isError: true, content: [{ type: "text", text: "Invalid arguments: a must be a number" }] },
    picture: () => ({
      content: [
        { type: "text", text: "Here:" },
        { type: "image", data: "…", mimeType: "image/png" },
      ],
    }),
    weather: () => ({ content: [], structuredContent: { celsius: 21 } }),
    broken: () => {
      throw new Error("connection closed");
    },
  };
  return {
    signals,
    listTools: async ({ cursor } = {}) => ({
      tools: pages[Number(cursor ?? 0)]!,
      ...(cursor === undefined ? { nextCursor: "1" } : {}),
    }),
    callTool: async ({ name, arguments: args }, _, { signal } = {}) => {
      signals.push(signal);
      return results[name]!(args);
    },
  };
}

const messagesAfter = async (name: string, args: Record<string, unknown>) => {
  const backend = scripted([{ content: "", toolCalls: [{ id: "c", name, arguments: args }] }, "done"]);
  const solve = chain(useTools(await mcpTools(client())), generate());
  const state = await solve(TaskState.from({ input: "?" }), generateWith(backend));
  return { tool: state.messages.find(({ role }) => role === "tool"), asked: backend.requests[0]!.config.tools };
};

describe("tools of a Model Context Protocol server", () => {
  it("are told to the model, all pages of them, with the server's own schemas", async () => {
    const { asked } = await messagesAfter("add", { a: 1, b: 2 });
    expect(asked?.map(({ name }) => name)).toEqual(["add", "picture", "weather", "broken"]);
    expect(asked?.[0]).toEqual({ name: "add", description: "Adds", parameters: schema });
  });

  it.each([
    ["add", { a: 2, b: 2 }, "4"],
    ["picture", {}, "Here:\n(image)"],
    ["weather", {}, '{"celsius":21}'],
  ])("answer by %s", async (name, args, content) => {
    expect((await messagesAfter(name, args)).tool).toEqual({ role: "tool", toolCallId: "c", name, content });
  });

  it.each([
    ["add", { a: "two", b: 2 }, "Error: Invalid arguments: a must be a number"],
    ["broken", {}, "Error: connection closed"],
  ])("tell the model what went wrong with %s", async (name, args, content) => {
    expect((await messagesAfter(name, args)).tool).toMatchObject({ content, error: content.replace("Error: ", "") });
  });

  it("may be a few of them, which must be there", async () => {
    expect((await mcpTools(client(), { only: ["weather"] })).map(({ name }) => name)).toEqual(["weather"]);
    await expect(mcpTools(client(), { only: ["wether"] })).rejects.toThrow(
      "mcpTools.only must name tools of the server",
    );
  });

  it("are stopped by the signal of the run", async () => {
    const controller = new AbortController();
    const connected = client();
    const [add] = await mcpTools(connected, { only: ["add"] });
    const context = { toolCallId: "c", state: TaskState.from({ input: "?" }), signal: controller.signal };
    await add!.run({ id: "c", name: "add", arguments: { a: 1, b: 1 } }, context);
    expect(connected.signals).toEqual([controller.signal]);
    const [broken] = await mcpTools(client(), { only: ["broken"] });
    controller.abort();
    await expect(broken!.run({ id: "c", name: "broken", arguments: {} }, context)).rejects.toThrow("connection closed");
  });
});
