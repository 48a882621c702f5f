import { describe, expect, it } from "vitest";
import { z } from "zod";
import { scripted } from "#src/backends/scripted";
import {
  chain,
  type GenerateResult,
  generate,
  generateWith,
  systemMessage,
  TaskState,
  tool,
  useTools,
} from "#src/solver/index";

const call = (name: string, args: Record<string, unknown>, id = "c1"): GenerateResult => ({
  content: "",
  toolCalls: [{ id, name, arguments: args }],
});
const adder = tool({
  name: "adder",
  description: "Adds two numbers",
  parameters: z.object({ a: z.number(), b: z.number() }),
  execute: ({ a, b }) => a + b,
});
const state = TaskState.from({ id: "q1", input: "What is 2 + 2?" });
const withAdder = state.setTools([adder]);

describe("chain", () => {
  it("works with a plain function for a model, as the README shows", async () => {
    const solve = chain([
      systemMessage("You are a helpful assistant."),
      generate({ temperature: 0.7, maxTokens: 100 }),
    ]);
    const result = await solve(state, async (given, config) => {
      expect(given.messages.map(({ role }) => role)).toEqual(["system", "user"]);
      expect(config).toMatchObject({ temperature: 0.7, maxTokens: 100 });
      return { content: "4", finishReason: "stop", usage: {} };
    });
    expect(result.output).toEqual({ content: "4", finishReason: "stop", toolCalls: [] });
    expect(result.messages.at(-1)).toEqual({ role: "assistant", content: "4" });
  });

  it("flattens lists and nests chains", async () => {
    const push = (name: string) => (at: TaskState) => at.put("order", [...((at.store.order as string[]) ?? []), name]);
    const solve = chain(push("a"), [push("b"), [push("c")]], chain([push("d")]));
    expect((await solve(state, () => ({ content: "" }))).store.order).toEqual(["a", "b", "c", "d"]);
  });

  it("stops after the step that completes the state", async () => {
    const solve = chain([(at) => at.complete(), (at) => at.put("reached", true)]);
    expect((await solve(state, () => ({ content: "" }))).store).toEqual({});
  });

  it("stops at the step that fails, with its error", async () => {
    const never = (): TaskState => expect.fail("a step after the failure");
    const solve = chain([() => Promise.reject(new Error("no")), never]);
    await expect(solve(state, () => ({ content: "" }))).rejects.toThrow("no");
  });

  it("stops when the run is told to", async () => {
    const backend = scripted([]);
    const signal = AbortSignal.abort(new Error("stopped"));
    await expect(chain(generate())(state, generateWith(backend, { signal }))).rejects.toThrow("stopped");
    expect(backend.requests).toHaveLength(0);
  });
});

describe("generate", () => {
  it("asks with the state's model, tools and repeat; its own model wins", async () => {
    const backend = scripted(["a", "b"]);
    const second = withAdder.with({ model: "m1", epoch: 3, toolChoice: "required" });
    await generate()(second, generateWith(backend));
    await generate({ model: "m2" })(second, generateWith(backend));
    expect(backend.requests[0]!.config).toMatchObject({ model: "m1", repeat: 2, toolChoice: "required" });
    expect(backend.requests[0]!.config.tools).toEqual([
      {
        name: "adder",
        description: "Adds two numbers",
        parameters: {
          type: "object",
          properties: { a: { type: "number" }, b: { type: "number" } },
          required: ["a", "b"],
        },
      },
    ]);
    expect(backend.requests[1]!.config.model).toBe("m2");
  });

  it("answers tool calls in order until there are none", async () => {
    const backend = scripted([
      {
        content: "",
        toolCalls: [
          call("adder", { a: 1, b: 2 }, "x").toolCalls![0]!,
          call("adder", { a: 3, b: 4 }, "y").toolCalls![0]!,
        ],
      },
      call("adder", { a: 3, b: 7 }, "z"),
      "10",
    ]);
    const { messages, output } = await generate()(withAdder, generateWith(backend));
    expect(messages.map((m) => [m.role, m.content, m.role === "tool" ? m.toolCallId : undefined])).toEqual([
      ["user", "What is 2 + 2?", undefined],
      ["assistant", "", undefined],
      ["tool", "3", "x"],
      ["tool", "7", "y"],
      ["assistant", "", undefined],
      ["tool", "10", "z"],
      ["assistant", "10", undefined],
    ]);
    expect(output?.content).toBe("10");
  });

  it("answers calls once with `single`, and never with `none`", async () => {
    const roles = async (toolCalls: "single" | "none"): Promise<string[]> =>
      (await generate({ toolCalls })(withAdder, generateWith(scripted([call("adder", { a: 1, b: 1 })])))).messages.map(
        ({ role }) => role,
      );
    expect(await roles("single")).toEqual(["user", "assistant", "tool"]);
    expect(await roles("none")).toEqual(["user", "assistant"]);
  });

  it("lets a forced tool be called once, then leaves the choice to the model", async () => {
    const backend = scripted([call("adder", { a: 1, b: 1 }), "2"]);
    await generate()(withAdder.setToolChoice({ name: "adder" }), generateWith(backend));
    expect(backend.requests.map(({ config }) => config.toolChoice)).toEqual([{ name: "adder" }, "auto"]);
  });

  it.each([
    ["a tool that throws", call("broken", {}), /Error: the disk is full/],
    ["a tool that does not exist", call("ader", {}), /no tool "ader".*Did you mean "adder"/],
    ["arguments that the schema refuses", call("adder", { a: "one", b: 2 }), /expected number/],
    [
      "arguments that are not JSON",
      { content: "", toolCalls: [{ id: "c1", name: "adder", arguments: {}, parseError: "not JSON" }] },
      /not JSON/,
    ],
  ])("tells the model of %s and continues", async (_, first, error) => {
    let ran = false;
    const broken = tool({
      name: "broken",
      parameters: z.object({}),
      execute: () => Promise.reject(new Error("the disk is full")),
    });
    const guarded = tool({
      name: "adder",
      parameters: z.object({ a: z.number(), b: z.number() }),
      execute: () => (ran = true),
    });
    const { messages, output } = await generate()(
      state.setTools([guarded, broken]),
      generateWith(scripted([first, "sorry"])),
    );
    expect(messages[2]).toMatchObject({
      role: "tool",
      toolCallId: "c1",
      content: expect.stringMatching(error),
      error: expect.any(String),
    });
    expect(output?.content).toBe("sorry");
    expect(ran).toBe(false);
  });

  it("does not take an abort for a tool's error", async () => {
    const controller = new AbortController();
    const slow = tool({
      name: "slow",
      parameters: z.object({}),
      execute: (_, { signal }) => {
        controller.abort(new Error("stopped"));
        signal?.throwIfAborted();
      },
    });
    const callModel = generateWith(scripted([call("slow", {}), "never"]), { signal: controller.signal });
    await expect(generate()(state.setTools([slow]), callModel)).rejects.toThrow("stopped");
  });

  it("ends an endless tool loop, and keeps what there is for scoring", async () => {
    const backend = scripted(() => call("adder", { a: 1, b: 1 }));
    const result = await generate({ maxTurns: 3 })(withAdder, generateWith(backend));
    expect(backend.requests).toHaveLength(3);
    expect(result).toMatchObject({ completed: true, limit: { type: "turn", limit: 3, value: 3 } });
    expect(result.output).toBeDefined();
  });

  it("does not ask at the message limit", async () => {
    const backend = scripted([]);
    const result = await generate()(state.setLimits({ messageLimit: 1 }), generateWith(backend));
    expect(result.limit).toEqual({ type: "message", limit: 1, value: 1 });
    expect(backend.requests).toHaveLength(0);
  });

  it("does not run tools after the token limit was passed", async () => {
    const backend = scripted([{ ...call("adder", { a: 1, b: 1 }), usage: { promptTokens: 8, completionTokens: 8 } }]);
    const result = await generate()(withAdder.setLimits({ tokenLimit: 15 }), generateWith(backend));
    expect(result.limit).toEqual({ type: "token", limit: 15, value: 16 });
    expect(result.messages.map(({ role }) => role)).toEqual(["user", "assistant"]);
  });

  it("stops above the cost limit, and refuses one that it cannot keep", async () => {
    const priced = () => ({ ...call("adder", { a: 1, b: 1 }), cost: 0.4 });
    const limited = withAdder.setLimits({ costLimit: 1 });
    expect((await generate()(limited, priced)).limit).toMatchObject({ type: "cost", limit: 1 });
    await expect(generate()(limited, () => ({ content: "4" }))).rejects.toThrow(
      "costLimit must have a price for every model",
    );
  });

  it("refuses an invalid reply", async () => {
    const noText = (() => ({ contents: "4" })) as never;
    await expect(generate()(state, noText)).rejects.toMatchObject({ failure: { kind: "malformed_response" } });
  });

  it("refuses options that do not exist", () => {
    expect(() => generate({ temprature: 1 } as never)).toThrow(/temprature.*Did you mean "temperature"/);
  });
});

describe("useTools", () => {
  it("replaces or appends", async () => {
    const other = tool({ name: "other", parameters: z.object({}), execute: () => "" });
    const names = async (append: boolean): Promise<string[]> =>
      (await useTools([other], { append })(withAdder, () => ({ content: "" }))).tools.map(({ name }) => name);
    expect(await names(false)).toEqual(["other"]);
    expect(await names(true)).toEqual(["adder", "other"]);
  });
});
