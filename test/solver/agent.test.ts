import { defineExperiment, memoryStore, run } from "crucible-harness";
import { match } from "crucible-harness/scoring";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { type GenerateResult, toToolCall } from "#src/backends/backend";
import { scripted } from "#src/backends/scripted";
import { basicAgent, generateWith, TaskState, tool, userMessage } from "#src/solver/index";

const state = TaskState.from({ id: "q", input: "2 + 2?", target: "4" });
const call = (name: string, args: object): GenerateResult => ({
  content: "",
  toolCalls: [toToolCall("c", name, JSON.stringify(args))],
});
const submit = (answer: string) => call("submit", { answer });
const adder = tool({
  name: "adder",
  parameters: z.object({ a: z.number(), b: z.number() }),
  execute: ({ a, b }) => a + b,
});
const said = (at: TaskState) => at.messages.map(({ role, content }) => `${role}: ${content.slice(0, 20)}`);

describe("basicAgent", () => {
  it("works with tools until the model submits", async () => {
    const backend = scripted([call("adder", { a: 2, b: 2 }), submit("4")]);
    const result = await basicAgent({ tools: [adder] })(state, generateWith(backend));
    expect(said(result)).toEqual([
      "system: You are a careful as",
      "user: 2 + 2?",
      "assistant: ",
      "tool: 4",
      "assistant: ",
      "tool: 4",
    ]);
    expect(result).toMatchObject({ output: { content: "4" }, completed: false });
    expect(result.messages[0]?.content).toContain("call submit()");
    expect(backend.requests[0]?.config.tools?.map(({ name }) => name)).toEqual(["adder", "submit"]);
  });

  it("tells a model that calls no tool to continue", async () => {
    const options = { init: userMessage("Begin."), submit: { name: "done" }, continueMessage: "Call {submit}." };
    const result = await basicAgent(options)(
      state,
      generateWith(scripted(["4, I think", call("done", { answer: "4" })])),
    );
    expect(said(result)).toEqual([
      "user: 2 + 2?",
      "user: Begin.",
      "assistant: 4, I think",
      "user: Call done.",
      "assistant: ",
      "tool: 4",
    ]);
  });

  it("gives as many attempts as are allowed, and ends at the first that is right", async () => {
    const accepts = (at: TaskState) => at.output?.content === "4";
    const answers = async (attempts: number) => {
      const backend = scripted([submit("3"), submit("5"), submit("4"), submit("6")]);
      const { output } = await basicAgent({ attempts, accepts })(state, generateWith(backend));
      return [output?.content, backend.requests.length];
    };
    expect(await answers(1)).toEqual(["3", 1]);
    expect(await answers(2)).toEqual(["5", 2]);
    expect(await answers(9)).toEqual(["4", 3]);
  });

  it("needs to know what is right where it is to try again", async () => {
    const solve = basicAgent({ attempts: 2 });
    await expect(async () => solve(state, generateWith(scripted([submit("4")])))).rejects.toThrow(
      "basicAgent.accepts must say",
    );
  });

  it("is judged by the first scorer of a condition", async () => {
    const backend = scripted([submit("3"), submit("4"), submit("5")]);
    const experiment = defineExperiment({
      name: "x",
      dataset: [{ id: "q1", input: "2 + 2?", target: "4" }],
      conditions: [{ name: "a", solver: basicAgent({ attempts: 3 }), scorers: [match()], backend }],
      metrics: ["accuracy"],
    });
    const { results } = await run(experiment, { store: () => memoryStore(), formats: [] });
    expect(results[0]).toMatchObject({ metrics: { accuracy: 1 }, output: { completion: "4" } });
    expect(backend.requests).toHaveLength(2);
  });

  it("ends at 50 messages where no limit was set, else at the limit", async () => {
    const talk = async (at: TaskState, options = {}) =>
      (await basicAgent(options)(at, generateWith(scripted(() => "hm")))).limit;
    expect(await talk(state)).toMatchObject({ type: "message", limit: 50 });
    expect(await talk(state.setLimits({ messageLimit: 9 }))).toMatchObject({ type: "message", limit: 9 });
    expect(await talk(state.setLimits({ messageLimit: 9 }), { messageLimit: 7 })).toMatchObject({ limit: 7 });
    expect(await talk(state.setLimits({ tokenLimit: 500 }))).toMatchObject({ type: "token" });
  });
});
