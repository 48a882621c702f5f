import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { scripted } from "#src/backends/scripted";
import {
  type CalledOptions,
  called,
  calledInOrder,
  fewRetries,
  fewSteps,
  notCalled,
  recovers,
  type Scorer,
  trajectoryOf,
} from "#src/scoring/index";
import { basicAgent, generateWith, TaskState } from "#src/solver/index";
import { expectLinear } from "../support.ts";
import { acted } from "./every-scorer.ts";

fc.configureGlobal({ seed: 42 });

const say = async (scorer: Scorer, state: TaskState) => {
  const { value, unscored, explanation, numbers } = await scorer(state, []);
  return { value, because: unscored ?? explanation, ...(numbers ? { numbers } : {}) };
};
const gradeOf = async (scorer: Scorer, state: TaskState) => (await scorer(state, [])).value;
/** A reply that calls tools with arguments, answered. */
const calling = (
  ...calls: readonly { readonly name: string; readonly arguments: unknown; readonly parseError?: string }[]
) =>
  calls.reduce(
    (state, call, i) => state.addMessage({ role: "tool", toolCallId: "same", name: call.name, content: `${i}` }),
    acted().addMessage({
      role: "assistant",
      content: "",
      toolCalls: calls.map((call) => ({ id: "same", ...call })) as never,
    }),
  );

describe("what an agent did", () => {
  it("is read from its messages: every call in order, with its own result, also where ids are the same", () => {
    const { turns, calls } = trajectoryOf(
      calling({ name: "a", arguments: { x: 1 } }, { name: "b", arguments: {}, parseError: "not JSON" }),
    );
    expect(turns).toBe(2);
    expect(calls).toEqual([
      { name: "a", arguments: { x: 1 }, turn: 2, result: "0" },
      { name: "b", arguments: {}, turn: 2, result: "1", error: "not JSON" },
    ]);
  });

  it("gives each call its own result in whatever order tools answer, and leaves out answers to no call", () => {
    const toolCalls = ["1", "2"].map((id) => ({ id, name: `tool ${id}`, arguments: {} }));
    const state = acted()
      .addMessage({ role: "assistant", content: "", toolCalls })
      .addMessages(["2", "7", "1"].map((id) => ({ role: "tool" as const, toolCallId: id, content: `result ${id}` })));
    expect(trajectoryOf(state).calls.map(({ name, result }) => [name, result])).toEqual([
      ["tool 1", "result 1"],
      ["tool 2", "result 2"],
    ]);
  });

  it("leaves out what the sample began with", () => {
    const input = [
      { role: "user", content: "?" },
      { role: "assistant", content: "!" },
      { role: "user", content: "??" },
    ] as const;
    const state = TaskState.from({ id: "q", input }).addMessage({ role: "assistant", content: "so" });
    expect(trajectoryOf(state)).toEqual({ turns: 1, calls: [] });
  });

  it("is that of a real agent", async () => {
    const model = scripted([
      { content: "", toolCalls: [{ id: "1", name: "serch", arguments: {} }] },
      { content: "", toolCalls: [{ id: "2", name: "submit", arguments: { answer: "4" } }] },
    ]);
    const state = await basicAgent()(TaskState.from({ id: "q", input: "?" }), generateWith(model));
    expect(trajectoryOf(state).calls.map(({ name, error }) => [name, error !== undefined])).toEqual([
      ["serch", true],
      ["submit", false],
    ]);
    expect(await gradeOf(calledInOrder(["serch"], { exactly: true }), state)).toBe("C"); // submit hands in the answer
    expect(await gradeOf(called("serch", { succeeded: true }), state)).toBe("I");
  });
});

describe("called", () => {
  it("counts calls of the tool with the arguments that are wanted", async () => {
    const state = calling(
      { name: "search", arguments: { q: "Paris", page: 1, deep: { tags: ["a", "b"], n: null } } },
      { name: "search", arguments: { q: "Rome" } },
    );
    for (const [options, value] of [
      [{}, "C"],
      [{ times: 2 }, "C"],
      [{ times: 1 }, "I"],
      [{ times: 0 }, "I"],
      [{ atMost: 1 }, "I"],
      [{ atLeast: 3 }, "I"],
      [{ with: { q: "Paris" }, times: 1 }, "C"],
      [{ with: { q: /^par/i }, times: 1 }, "C"],
      [{ with: { q: (value: unknown) => String(value).length === 4 }, times: 1 }, "C"],
      [{ with: { deep: { tags: ["a", /b/] } } }, "C"],
      [{ with: { deep: { n: null } } }, "C"],
      [{ with: { deep: { tags: ["a"] } } }, "I"],
      [{ with: { page: "1" } }, "I"],
      [{ with: { toString: /native/ } }, "I"],
    ] satisfies [CalledOptions, string][])
      expect(await gradeOf(called("search", options), state)).toBe(value);
    expect(await say(called("open"), state)).toEqual({ value: "I", because: "open: 0 calls; expected at least 1" });
  });

  it("refuses what cannot be meant", () => {
    expect(() => called(" ")).toThrow('called must name a tool, got " "');
    expect(() => called("a", { times: 1, atMost: 2 })).toThrow("must have either times, or atLeast and atMost");
    expect(() => called("a", { times: -1 })).toThrow("times");
    expect(() => notCalled()).toThrow("notCalled must name a tool");
    expect(() => calledInOrder([])).toThrow("calledInOrder must be given a list of calls, got []");
    expect(() => calledInOrder("search" as never)).toThrow('must be given a list of calls, got "search"');
  });
});

describe("notCalled and calledInOrder", () => {
  it("say what was called, and what was missing after what", async () => {
    expect(await say(notCalled("drop", "send"), acted("search", "drop"))).toEqual({
      value: "I",
      because: 'called: drop({"n":1})',
    });
    expect(await say(calledInOrder(["search", "open", "close"]), acted("search", "look", "close"))).toEqual({
      value: "I",
      because: "open was not called as wanted after search",
    });
    expect(await say(calledInOrder(["search"], { exactly: true }), acted("search", "search"))).toEqual({
      value: "I",
      because: "search was called where the end was expected",
    });
    expect(await gradeOf(calledInOrder([{ name: "search", with: { n: 1 } }]), acted("search", "search"))).toBe("C");
  });

  it("hold for a list of calls exactly where it is a subsequence, and exactly where it is the whole", async () => {
    const names = fc.array(fc.constantFrom("a", "b", "c"), { minLength: 1, maxLength: 6 });
    const isWithin = (few: readonly string[], many: readonly string[]): boolean => {
      let next = 0;
      for (const name of many) if (name === few[next]) next += 1;
      return next === few.length;
    };
    await fc.assert(
      fc.asyncProperty(names, names, async (wanted, made) => {
        expect(await gradeOf(calledInOrder(wanted), acted(...made))).toBe(isWithin(wanted, made) ? "C" : "I");
        expect(await gradeOf(calledInOrder(wanted, { exactly: true }), acted(...made))).toBe(
          `${wanted}` === `${made}` ? "C" : "I",
        );
      }),
      { numRuns: 60 },
    );
  });
});

describe("steps, retries and recoveries", () => {
  it("are counted", async () => {
    expect(await say(fewSteps({ atMost: 2 }), acted("a", "b"))).toMatchObject({
      value: "I",
      numbers: { turns: 3, calls: 2 },
    });
    const again = calling(
      { name: "a", arguments: { x: 1, y: 2 } },
      { name: "a", arguments: { y: 2, x: 1 } },
      { name: "a", arguments: {} },
    );
    expect(await say(fewRetries({ atMost: 0 }), again)).toMatchObject({ value: "I", numbers: { count: 1 } });
    expect(await say(fewRetries({ atMost: 1 }), acted("a!", "a", "b", "a"))).toMatchObject({
      value: "C",
      numbers: { count: 1 },
    });
    expect(await say(recovers(), acted("a!", "b!", "b!", "b"))).toEqual({
      value: 2 / 3,
      because: "not recovered: a",
      numbers: { errors: 3 },
    });
    expect(await say(recovers(), acted("a"))).toEqual({
      value: null,
      because: "no call failed",
      numbers: { errors: 0 },
    });
  });

  it("are known of what a limit or a filter cut off, and not of an answer without its messages", async () => {
    const cutOff = acted("a").setOutput({ content: "", finishReason: "content_filter", toolCalls: [] });
    expect(await gradeOf(called("a"), cutOff)).toBe("C");
    const bare = TaskState.from({ id: "q", input: "?" });
    expect(await say(called("a"), bare.setOutput({ content: "4", finishReason: "stop", toolCalls: [] }))).toEqual({
      value: null,
      because: "the messages of the model are not there: what it called is not known",
    });
    expect(await say(notCalled("a"), bare)).toEqual({ value: null, because: "there is no answer" });
  });

  it("take linear time in the calls, and names and arguments of any kind", async () => {
    const odd = calling(
      { name: "__proto__", arguments: JSON.parse('{"__proto__": {"名前": "🙂"}, "constructor": 1}') },
      { name: "", arguments: {} },
    );
    expect(await gradeOf(called("__proto__", { with: { constructor: 1 } }), odd)).toBe("C");
    expect(await gradeOf(fewRetries({ atMost: 0 }), odd)).toBe("C");
    const many = (text: string) => calling(...text.split("").map((name) => ({ name, arguments: { name } })));
    await expectLinear(
      (text) =>
        Promise.all([fewRetries({ atMost: 1 }), recovers(), calledInOrder(["x"])].map((each) => each(many(text), []))),
      (length) => "ab".repeat(length / 2),
      400,
    );
  });
});
