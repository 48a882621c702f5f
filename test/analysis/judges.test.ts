import { describe, expect, it } from "vitest";
import { judgeReader } from "#src/analysis/judges";
import { familiesOf } from "#src/analysis/model-family";
import { judgeBlocks } from "#src/reports/judges";
import { outcome } from "../reports/manifest.ts";

const judged = (
  rows: readonly { output: unknown; condition?: string; itemId?: string }[],
  models: Record<string, string> = {},
) => {
  const reader = judgeReader((condition) => models[condition]);
  rows.forEach(({ output, condition = "a", itemId = "i" }, i) => {
    reader.add(outcome({ condition, itemId, output } as never, i));
  });
  return reader.analysis();
};
const graded = (grader: string | null, more = {}) => ({
  output: { scores: { modelGraded: { value: "C", metadata: { grades: [{ grader, grade: "C" }], ...more } } } },
});
const paired = (value: unknown, preferences: unknown, pair: unknown = { first: "x", second: "y" }, itemId = "i") => ({
  itemId,
  output: { scores: { pairwise: { value, metadata: { pair, judgements: [{ grader: "j", preferences }] } } } },
});

describe("what is to be known of judges", () => {
  it.each([
    ["gpt-4o-mini", ["GPT"]],
    ["openai/o3-mini", ["GPT"]],
    ["chatgpt-4o-latest", ["GPT"]],
    ["gpt-oss-20b", ["GPT"]],
    ["anthropic.claude-3-5-sonnet-20241022-v2:0", ["Claude"]],
    ["models/gemini-1.5-pro", ["Gemini"]],
    ["google/gemma-2-9b-it", ["Gemma"]],
    ["meta-llama/Llama-3.1-8B-Instruct", ["Llama"]],
    ["DeepSeek-R1-Distill-Qwen-7B", ["Qwen", "DeepSeek"]],
    ["mistralai/Mixtral-8x7B", ["Mistral"]],
    ["command-r-plus", ["Command"]],
    ["my-finetune", []],
    ["gpt-j-6b", []],
    ["octo1", []],
    ["proto3", []],
    ["名前", []],
    ["", []],
    ["x".repeat(1e6), []],
  ])("a name says its family, and what it does not say is not guessed: %.40s", (name, families) => {
    expect(familiesOf(name)).toEqual(families);
  });

  it("a judge of the family of what it judges is named once a condition, and others are not", () => {
    expect(
      judged([graded("claude-3-opus"), graded("claude-3-opus"), graded("gpt-4o")], { a: "claude-3-haiku" })?.kin,
    ).toEqual([{ condition: "a", model: "claude-3-haiku", judge: "claude-3-opus", families: ["Claude"] }]);
    expect(judged([graded("claude-3-opus")], { a: "gpt-4o" })).toBeUndefined();
    expect(judged([graded("house-2")], { a: "house-1" })).toBeUndefined();
    expect(judged([graded("claude-3-opus")])).toBeUndefined();
    expect(judged([graded(null)], { a: "house-1" })?.kin).toMatchObject([{ judge: "house-1", families: [] }]);
    expect(judged([graded("claude-3-opus", { answeredBy: "claude-2" })], { a: "gpt-4o" })?.kin).toHaveLength(1);
  });

  it("a judge that one answer never loses to is told in words, without a strength", () => {
    const { pairwise } = judged(Array.from({ length: 9 }, (_, i) => paired(1, [1, 1], undefined, `i${i}`)))!;
    expect(pairwise).toMatchObject([{ comparisons: 9, problem: { reason: "separated", groups: [["x"], ["y"]] } }]);
    expect(JSON.stringify(judgeBlocks({ kin: [], pairwise }))).toContain("no finite strengths: x lost no pair to y.");
  });

  it("is read by odd scores: no lists, no numbers, a pair with itself, names of other alphabets, markup", () => {
    const odd = [
      { output: { scores: null } },
      {
        output: {
          scores: { a: null, b: 7, c: { metadata: 7 }, d: { metadata: { judgements: "x", grades: [null, 7, {}] } } },
        },
      },
      paired(Number.NaN, [1]),
      paired("C", ["1", null]),
      paired(0.5, [1, 0], { first: "x", second: "x" }),
      paired(1, [1, 1], 7),
      paired(0.25, [0, 0.5], { first: "<b>名前</b>", second: "__proto__", item: 7 }),
    ];
    const { pairwise } = judged(odd)!;
    expect(pairwise.map(({ judge, verdicts }) => [judge, verdicts])).toEqual([
      ["a", 2],
      ["pairwise", 1],
    ]);
    expect(judgeBlocks({ kin: [], pairwise }).length).toBeGreaterThan(1);
  });
});
