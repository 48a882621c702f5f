import { describe, expect, it } from "vitest";
import { inspectLog } from "#src/dataset/inspect-log";
import { lmEvalSamples } from "#src/dataset/lm-eval";

const sampleOf = (fields: object): string =>
  JSON.stringify({ doc_id: 7, doc: { query: "The capital of France is" }, target: "1", filter: "none", ...fields });

describe("a sample of lm-evaluation-harness", () => {
  const likelihoods = {
    filtered_resps: [
      ["-4.5", "False"],
      ["-1.25", "True"],
    ],
    metrics: ["acc"],
    acc: 1,
  };

  it("of a multiple-choice task says what was found most likely", () => {
    const named = { gen_args_0: { arg_0: "q", arg_1: " Rome" }, gen_args_1: { arg_0: "q", arg_1: " Paris" } };
    const listed = [
      ["q", " Rome"],
      ["q", " Paris"],
    ];
    const completions = [named, listed, undefined].map(
      (args) => lmEvalSamples(sampleOf({ ...likelihoods, arguments: args }))[0]!.completion,
    );
    expect(completions).toEqual(["Paris", "Paris", "1"]);
  });

  it("has no score where its metric is made from all samples together", () => {
    const f1 = { resps: [["x"]], filtered_resps: [["x"]], metrics: ["f1", "acc"], f1: ["gold", ["x"]], acc: 0 };
    expect(lmEvalSamples(sampleOf(f1))[0]).toMatchObject({ completion: "x", scores: { acc: 0 } });
    expect(lmEvalSamples(sampleOf(f1))[0]!.scores).not.toHaveProperty("f1");
  });

  it("of an older version names no filter and no metrics", () => {
    const old = { resps: [["x"]], acc: 1, acc_norm: 0, filter: undefined };
    expect(lmEvalSamples(sampleOf(old))[0]!.scores).toEqual({ acc: 1, acc_norm: 0 });
  });

  it("may hold NaN, as Python writes it, and text that says so", () => {
    const text = sampleOf({ resps: [["NaN, or Infinity?"]], metrics: ["ppl"], ppl: 1 }).replace(
      '"ppl":1',
      '"ppl": NaN',
    );
    expect(lmEvalSamples(text)[0]).toMatchObject({ completion: "NaN, or Infinity?", scores: {} });
  });

  it("is told from other lines, with the place, and by its filter", () => {
    expect(() => lmEvalSamples('{"a":1}', "s.jsonl")).toThrow("s.jsonl:1 must be a sample of lm-evaluation-harness");
    expect(() => lmEvalSamples(sampleOf({ resps: [["x"]] }), "s.jsonl", "strict")).toThrow(
      's.jsonl must have samples of the filter "strict". It has "none"',
    );
  });
});

describe("a log of inspect_ai", () => {
  const logOf = (...samples: object[]): string => JSON.stringify({ version: 2, status: "success", samples });

  it("says what the first choice says, in text or in parts", () => {
    const contents = [
      "Yes",
      [
        { type: "reasoning", reasoning: "hm" },
        { type: "text", text: "Yes" },
      ],
    ];
    for (const content of contents)
      expect(inspectLog(logOf({ id: 1, output: { choices: [{ message: { content } }] } }))[0]!.completion).toBe("Yes");
    expect(inspectLog(logOf({ id: 1, output: { choices: [], completion: "No" } }))[0]!.completion).toBe("No");
    expect(inspectLog(logOf({ id: 1 }))[0]).toMatchObject({ id: "1", repeat: 0, completion: "", scores: {} });
  });

  it("tells time and tokens of a sample", () => {
    const usage = { a: { total_tokens: 66 }, grader: { total_tokens: 34 } };
    const [answer] = inspectLog(logOf({ id: 1, total_time: 0.664, model_usage: usage }));
    expect(answer).toMatchObject({ latency: 664, tokens: 100 });
  });

  it("has a sample without an answer where it ended in an error, unless it was scored all the same", () => {
    const error = { message: "RateLimitError()", traceback: "…" };
    const scores = { match: { value: "I" } };
    expect(inspectLog(logOf({ id: 1, error }))[0]).toMatchObject({ error: "RateLimitError()" });
    expect(inspectLog(logOf({ id: 1, error, scores }))[0]).toMatchObject({ scores: { match: "I" } });
    expect(inspectLog(logOf({ id: 1, error, scores }))[0]).not.toHaveProperty("error");
  });

  it("may hold NaN for what was not scored", () => {
    const text = logOf({ id: 1, scores: { match: { value: "nan" } } }).replace('"nan"', "NaN");
    expect(inspectLog(text)[0]!.scores).toEqual({ match: null });
  });

  it("is told from other files", () => {
    expect(() => inspectLog("{", "log.json")).toThrow("log.json must be JSON");
    expect(() => inspectLog('{"samples":3}', "log.json")).toThrow("log.json must be a log of inspect_ai");
    expect(() => inspectLog("PK\u0003\u0004", "log.eval")).toThrow(/log.eval must be a .json log.*inspect log convert/);
  });
});
