import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { recorded, recordedTools, scripted } from "#src/backends/index";
import {
  basicAgent,
  chain,
  describePart,
  generate,
  generateWith,
  mockTools,
  type Solver,
  TaskState,
  type Tool,
  tool,
  useTools,
} from "#src/solver/index";
import { temporaryFolder } from "../support.ts";

const folder = temporaryFolder();
const world: string[] = [];
const search = tool({
  name: "search",
  description: "Finds pages",
  parameters: z.object({ query: z.string().min(2) }),
  execute: ({ query }) => {
    world.push(`search ${query}`);
    if (query === "nothing") throw new Error("no page");
    return `${query} ${world.length}`;
  },
});
const send = tool({
  name: "send",
  parameters: z.object({ to: z.string() }),
  execute: ({ to }) => {
    world.push(`send ${to}`);
    return { sent: world.length };
  },
});

/** A model that makes these calls, one a turn, or several at once, and then says what it read. */
const model = (...turns: readonly (readonly [name: string, args: unknown][])[]) =>
  scripted((messages) => {
    const turn = messages.filter(({ role }) => role === "assistant").length;
    const calls = turns[turn];
    if (!calls) return messages.flatMap((one) => (one.role === "tool" ? [one.content] : [])).join("|");
    return { content: "", toolCalls: calls.map(([name, args], i) => ({ id: `${i}`, name, arguments: args as never })) };
  });
const state = (id = "q", metadata = {}) => TaskState.from({ id, input: "?", metadata });
const work = (tools: readonly Tool[], backend = model([["search", { query: "cats" }]])): Promise<TaskState> =>
  workOn(state(), tools, backend);
const workOn = (
  start: TaskState,
  tools: readonly Tool[],
  backend: Parameters<typeof generateWith>[0],
): Promise<TaskState> =>
  (chain(useTools(tools), generate()) as Solver)(start, generateWith(backend)) as Promise<TaskState>;
const said = async (done: Promise<TaskState>) => (await done).output!.content;

describe("mocked tools", () => {
  it("answer as they are told to, and run no code of the tool", async () => {
    world.length = 0;
    const pages = mockTools([search, send], {
      search: ({ query }, { state: { metadata } }) => (metadata.pages as Record<string, string>)[String(query)],
      send: { sent: 1 },
    });
    const backend = model([
      ["search", { query: "cats" }],
      ["send", { to: "ada" }],
    ]);
    expect(await said(workOn(state("q", { pages: { cats: "three" } }), pages, backend))).toBe('three|{"sent":1}');
    expect(world).toEqual([]);
    expect(pages.map(({ run: _, ...told }) => told)).toEqual([search, send].map(({ run: _, ...told }) => told));
  });

  it("give the members of a list one call after the other, also of one turn, again in each conversation, and an error where one is", async () => {
    const tools = mockTools([search], { search: ["first", new Error("no route"), ["a", 1]] });
    const call = ["search", { query: "cats" }] as [string, unknown];
    for (const turns of [[[call, call, call]], [[call], [call], [call]]])
      expect(await said(work(tools, model(...turns)))).toBe('first|Error: no route|["a",1]');
    await expect(work(tools, model([call, call, call, call]))).rejects.toThrow(
      "the mock of search has 3 replies and was asked for one more",
    );
  });

  it("refuse the arguments that the real tool refuses, and hand on what a function throws", async () => {
    const tools = mockTools([search], {
      search: () => {
        throw new Error("down");
      },
    });
    const text = await said(
      work(
        tools,
        model([
          ["search", { query: "x" }],
          ["search", { qery: "xx" }],
          ["search", { query: "xx" }],
        ]),
      ),
    );
    expect(text).toMatch(
      /Error: .*2 characters[\s\S]*\|Error: there is no argument "qery"\. Did you mean "query"\?\|Error: down$/,
    );
  });

  it("give an error to read where a result cannot be written", async () => {
    const circular: Record<string, unknown> = {};
    circular.self = circular;
    const tools = mockTools([search], { search: [() => 10n, circular] });
    const call = ["search", { query: "cats" }] as [string, unknown];
    expect(await said(work(tools, model([call, call])))).toMatch(/^Error: .*BigInt\|Error: .*circular/);
  });

  it("must stand for every tool, unless it is named as real, and for none that is not there", () => {
    expect(() => mockTools([search, send], { search: "" })).toThrow(
      'mockTools must have a mock of every tool, or name it in `real`, got "send"',
    );
    expect(() => mockTools([search], { serch: "" })).toThrow(
      'mockTools must name tools that are given, got "serch". Did you mean "search"?',
    );
    expect(mockTools([search, send], { search: "" }, { real: ["send"] })[1]).toBe(send);
  });

  it("change what a condition is, as their mocks do", () => {
    const described = (mock: string) => JSON.stringify(describePart(useTools(mockTools([search], { search: mock }))));
    expect(new Set([described("a"), described("b"), JSON.stringify(describePart(useTools([search])))]).size).toBe(3);
  });
});

describe("recorded tools", () => {
  const turns = [
    [
      ["search", { query: "cats" }],
      ["search", { query: "cats" }],
    ],
    [
      ["search", { query: "nothing" }],
      ["send", { to: "名前" }],
    ],
  ] as [string, unknown][][];

  it("are replayed without the world, in the order of equal calls, errors as errors; model and tools from two files", async () => {
    world.length = 0;
    const [calls, replies] = [join(folder, "tools.jsonl"), join(folder, "model.jsonl")];
    const agent = (tools: readonly Tool[]) => basicAgent({ tools });
    const finishing = [...turns, [["submit", { answer: "done" }] as [string, unknown]]];
    const live = await agent(recordedTools(calls, [search, send], { mode: "auto" }))(
      state(),
      generateWith(recorded(replies, { backend: model(...finishing) })),
    );
    expect(world).toEqual(["search cats", "search cats", "search nothing", "send 名前"]);
    const replayed = await agent(recordedTools(calls, [search, send]))(state(), generateWith(recorded(replies)));
    expect(world).toHaveLength(4);
    expect(replayed.messages).toEqual(live.messages);
    expect(replayed.messages.flatMap((one) => (one.role === "tool" && one.error ? [one.error] : []))).toEqual([
      "no page",
    ]);
  });

  it("fail the task at a call that was not recorded, and know items and repeats apart", async () => {
    const path = join(folder, "known.jsonl");
    await work(recordedTools(path, [search], { mode: "auto" }));
    const tools = recordedTools(path, [search]);
    await expect(work(tools, model([["search", { query: "dogs" }]]))).rejects.toThrow(
      `the cassette ${path} has no call search({"query":"dogs"}) of q`,
    );
    await expect(workOn(state("other"), tools, model([["search", { query: "cats" }]]))).rejects.toThrow("of other");
    await expect(
      work(
        tools,
        model([
          ["search", { query: "cats" }],
          ["search", { query: "cats" }],
        ]),
      ),
    ).rejects.toThrow("of q for the 2. time");
  });

  it("mend a torn end, record again where that is asked for, and refuse a file that is no cassette", async () => {
    const path = join(folder, "torn.jsonl");
    const recordedAs = async (mode: "auto" | "record") => said(work(recordedTools(path, [search], { mode })));
    const first = await recordedAs("auto");
    appendFileSync(path, '{"key": "torn');
    expect(await recordedAs("auto")).toBe(first);
    expect(await recordedAs("record")).not.toBe(first);
    expect(readFileSync(path, "utf8").trim().split("\n")).toHaveLength(2);
    writeFileSync(path, "not a cassette\n");
    await expect(work(recordedTools(path, [search]))).rejects.toThrow(`${path}:1 must be a recorded tool call as JSON`);
  });

  it("must be tools, and a path", () => {
    expect(() => recordedTools("x.jsonl", [{} as never])).toThrow("recordedTools.tools[0] must be a tool, got {}");
    expect(() => recordedTools("", [search])).toThrow("recordedTools.path must be the path of a file");
  });

  it("leave what a condition is as it was", () => {
    const described = (tools: readonly Tool[]) => JSON.stringify(describePart(useTools(tools)));
    expect(described(recordedTools("x.jsonl", [search]))).toBe(described([search]));
  });
});
