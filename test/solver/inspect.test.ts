import { readFileSync } from "node:fs";
import { type Condition, defineExperiment, memoryStore, run } from "crucible-harness";
import { type ScriptedReply, scripted } from "crucible-harness/backends";
import { answer, includes, match, mean, modelGraded, named, pattern, scored, toNumber } from "crucible-harness/scoring";
import {
  fillTemplate,
  generate,
  generateWith,
  multipleChoice,
  type Solver,
  TaskState,
  tool,
  vote,
} from "crucible-harness/solver";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { toToolCall } from "#src/backends/backend";

const replied = (content: string, finishReason: "stop" | "content_filter" = "stop") =>
  TaskState.from({ id: "q", input: "?", target: "5" }).setOutput({ content, finishReason, toolCalls: [] });
const calling = (argumentsText: string): ScriptedReply => ({
  content: "",
  toolCalls: [toToolCall("c", "look", argumentsText)],
});
const rowsOf = async (condition: Partial<Condition>, more: object = {}, metrics = ["accuracy"]) => {
  const dataset = [1, 2].map((n) => ({ id: `q${n}`, input: `${n}`, target: "5" }));
  const conditions = [
    { name: "a", solver: generate(), scorers: [match()], backend: scripted(() => "5"), ...condition } as Condition,
  ];
  const { results } = await run(defineExperiment({ name: "x", dataset, conditions, metrics, ...more }), {
    store: () => memoryStore(),
    formats: [],
  });
  return results;
};
/** What a tool that looks something up answers to arguments. */
async function told(execute: (given: { n: number }) => unknown, argumentsText: string) {
  const look = tool({ name: "look", parameters: z.object({ n: z.number() }), execute });
  const state = replied("").setTools([look]);
  return (await generate()(state, generateWith(scripted([calling(argumentsText), "done"])))).messages[2];
}
const failing: Solver = (state) => {
  if (state.inputText === "1") throw new Error("no");
  return state.setOutput({ content: "5", finishReason: "stop", toolCalls: [] });
};

const laws: Readonly<Record<string, () => unknown>> = {
  "a score that is not a number": () => {
    const none = ["foo", "0x10", "1_000", "nan", "inf", "", "constructor", "toString"];
    expect(none.map((text) => toNumber(text))).toEqual(none.map(() => undefined));
    expect(mean([scored("foo"), scored("C")]).value).toBe(1);
  },
  "a record as a score": async () => {
    const [row] = await rowsOf({ scorers: [named("letter_count", () => scored({ a_count: 2 }))] }, {}, [
      "letter_count.a_count",
    ]);
    expect(row?.metrics.letter_count).toEqual({ a_count: 2 });
  },
  "an empty target": async () => expect((await includes()(replied("abc"), [""])).value).toBeNull(),
  "a limit or filter before any answer": async () => {
    expect((await match()(replied("", "content_filter"), ["5"])).unscored).toContain("content_filter");
    const limited = await generate()(
      replied("").with({ output: undefined, messageLimit: 1 }),
      generateWith(scripted([])),
    );
    expect((await match()(limited, ["5"])).unscored).toBe("the message limit was reached before any answer");
  },
  "scores left by solvers under the name of a scorer": async () => {
    const solver: Solver = async (state, callModel) => (await generate()(state, callModel)).setScore("match", 0.5);
    expect((await rowsOf({ solver }))[0]?.metrics).toMatchObject({ match: 1, match1: 0.5 });
  },
  "the answer of a wrong `pattern`": async () => expect((await pattern(/(\d)/)(replied("7"), ["5"])).answer).toBe("7"),
  '`answer("word")` with more words behind it': async () =>
    expect(await answer("word")(replied("ANSWER: Yes, because"), ["Yes"])).toMatchObject({ value: "C", answer: "Yes" }),
  "a grade that only your `gradePattern` knows": async () =>
    expect(
      await modelGraded({ model: scripted(["GRADE: pass"]), gradePattern: /GRADE: (\w+)/ })(replied("5"), ["5"]),
    ).toMatchObject({
      value: null,
      unscored: expect.stringContaining('"pass"'),
    }),
  "choices as one text": () =>
    expect(() => TaskState.from({ id: "q", input: "?", choices: "a,b" as never })).toThrow("choices must be a list"),
  "two tools of one name": () => {
    const look = tool({ name: "look", parameters: z.object({}), execute: () => 1 });
    expect(() => replied("").setTools([look, look])).toThrow("must each have a name of their own");
  },
  "a `pattern` with a flag `g`": () => expect(() => pattern(/(\d)/g)).toThrow("must say which"),
  "regular expressions": () => expect(() => pattern("(?i)answer: (\\w+)")).toThrow(),
  "values in a grader's history": async () => {
    const grader = scripted(["GRADE: C"]);
    const call = toToolCall("c", "look", '{"deep": true}');
    const state = replied("5").addMessages([
      { role: "assistant", content: "", toolCalls: [call] },
      { role: "tool", toolCallId: "c", content: "" },
      { role: "assistant", content: "5" },
    ]);
    await modelGraded({ model: grader, includeHistory: true })(state, ["5"]);
    expect(grader.requests[0]?.messages[0]?.content).toContain("Assistant: look(deep=true)");
  },
  "braces that are not a field": () => expect(fillTemplate('{"a": {"b": 1}} {', { a: 1 })).toBe('{"a": {"b": 1}} {'),
  "`{ctx.key}` of a record": () => expect(fillTemplate("{ctx.key}{ctx[key]}", { ctx: { key: 1 } })).toBe("11"),
  "a `null` in a template": () => expect(fillTemplate("{name}", { name: null })).toBe("null"),
  "an endless tool loop": async () => {
    const look = tool({ name: "look", parameters: z.object({}), execute: () => 1 });
    const { limit } = await generate()(replied("").setTools([look]), generateWith(scripted(() => calling("{}"))));
    expect(limit).toEqual({ type: "turn", limit: 100, value: 100 });
  },
  "an exception in a tool": async () =>
    expect(await told(() => Promise.reject(new Error("boom")), '{"n": 1}')).toMatchObject({ content: "Error: boom" }),
  "arguments as Python writes them": async () =>
    expect(await told(({ n }) => n, "{'n': 1}")).toMatchObject({ content: "1" }),
  "bare text that the first parameter cannot be": async () =>
    expect(await told(({ n }) => n, "some text")).toMatchObject({ error: expect.stringContaining("not JSON") }),
  "branches under a token or cost limit": async () => {
    const backend = scripted(() => ({ content: "5", usage: { promptTokens: 5, completionTokens: 2 } }));
    const { limit } = await vote(generate(), { n: 5 })(
      replied("").setLimits({ tokenLimit: 10 }),
      generateWith(backend),
    );
    expect([backend.requests.length, limit?.value]).toEqual([2, 14]);
  },
  "a token limit on output, or by a formula": () =>
    expect(rowsOf({ tokenLimit: "output:5" as never })).rejects.toThrow("tokenLimit must be"),
  "a condition without scorers": () => expect(rowsOf({ scorers: [] })).rejects.toThrow("must have at least one scorer"),
  "one sample that fails": async () =>
    expect((await rowsOf({ solver: failing })).map(({ finalStatus }) => finalStatus).sort()).toEqual([
      "failed_permanent",
      "success",
    ]),
  "an unknown exception, when retries are asked for": async () => {
    const attempts = async (unknownErrors: object) =>
      (
        await rowsOf(
          { solver: failing },
          { config: { errorHandling: { maxRetries: 1, initialDelayMs: 0, ...unknownErrors } } },
        )
      )
        .map((row) => row.attempts)
        .sort();
    expect(await attempts({})).toEqual([1, 1]);
    expect(await attempts({ unknownErrors: "retry" })).toEqual([1, 2]);
  },
  "a timeout": async () => {
    const solver: Solver = async (state) => {
      state.setOutput({ content: "5", finishReason: "stop", toolCalls: [] });
      return new Promise(() => undefined);
    };
    const [row] = await rowsOf({ solver }, { config: { timeoutMs: 5, errorHandling: { maxRetries: 0 } } });
    expect(row).toMatchObject({ metrics: {}, result: { ok: false, error: { kind: "timeout" } } });
  },
  "choices in random order": async () => {
    const state = TaskState.from({ id: "q", input: "?", choices: ["red", "green", "blue"], target: "A" });
    const { messages, choices } = await multipleChoice({ shuffle: 7 })(state, generateWith(scripted(["ANSWER: A"])));
    expect(messages[0]?.content).toContain(choices.listing());
    expect(messages[1]?.content).toBe("ANSWER: A");
  },
};

const section =
  readFileSync(new URL("../../docs/solvers.md", import.meta.url), "utf8").split("## Differences from inspect_ai")[1] ??
  "";
const rows = [...section.matchAll(/^\| (?!what|-)(.*?) \|/gm)].map(([, what]) => what!);

describe("differences from inspect_ai", () => {
  it("all stand in the documents", () => {
    expect(rows).toEqual(Object.keys(laws));
  });

  it.each(Object.entries(laws))("%s", async (_, law) => {
    await law();
  });
});
