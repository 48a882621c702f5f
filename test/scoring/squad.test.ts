import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { f1 } from "#src/scoring/index";
import { TaskState } from "#src/solver/index";

fc.configureGlobal({ seed: 42 });

const gives = async (reply: string, target: string): Promise<unknown> =>
  (
    await f1()(TaskState.from({ input: "?" }).setOutput({ content: reply, finishReason: "stop", toolCalls: [] }), [
      target,
    ])
  ).value;

/** F1 as the SQuAD script computes it, in own words: Rajpurkar et al. 2016, evaluate-v1.1. */
function squadF1(reply: string, target: string): number {
  const words = (text: string): string[] =>
    text
      .toLowerCase()
      .replace(/[!-/:-@[-`{-~]/g, "")
      .replace(/\b(?:a|an|the)\b/g, " ")
      .split(/\s+/)
      .filter((word) => word !== "");
  const [said, right] = [words(reply), words(target)];
  const left = [...right];
  const common = said.filter((word) => {
    const at = left.indexOf(word);
    if (at >= 0) left.splice(at, 1);
    return at >= 0;
  }).length;
  return common === 0 ? 0 : (2 * common) / (said.length + right.length);
}

describe("f1 against the SQuAD script", () => {
  it.each([
    ["Broncos Denver", "Denver Broncos", 1],
    ["gold gold", "gold", 0.67],
    ["the New York New York hotel", "New York", 0.57],
    ["3.14.", "3.14", 1],
    ["$5.50", "5.50", 1],
    ["3.14", "3.140", 0],
    ["well-known", "wellknown", 1],
    ["well-known", "well known", 0],
    ["Saint-Denis", "Saint Denis", 0],
    ["05", "5", 0],
    ["1e3", "1000", 0],
    ["1,000", "1000", 1],
    ["U.S.", "US", 1],
    ["1990s", "1990's", 1],
    ["the Denver Broncos!", "Denver Broncos", 1],
    ["Broncos", "Denver Broncos", 0.67],
    ["ten 10", "10", 0.67],
    ["10%", "10", 1],
    ["a man, a plan", "man plan", 1],
  ])("gives for %j against %j: %d", async (reply, target, wanted) => {
    expect(await gives(reply, target)).toBe(wanted);
    expect(squadF1(reply, target)).toBeCloseTo(wanted, 2);
  });

  it("is the same for any words, numbers and marks, rounded", async () => {
    const word = fc.constantFrom(
      "The",
      "a",
      "an",
      "red",
      "Red,",
      "car.",
      "(car)",
      "3",
      "12",
      "1990s",
      "U.S.",
      "well-known",
      "$5",
      "it's",
      "--",
      "x",
    );
    const text = fc.array(word, { minLength: 1, maxLength: 12 }).map((words) => words.join(" "));
    await fc.assert(
      fc.asyncProperty(text, text, async (reply, target) => {
        fc.pre(/red|car|\d|U\.S|known|it's|x/i.test(target)); // articles and marks alone are compared as they stand
        expect(Math.abs(((await gives(reply, target)) as number) - squadF1(reply, target))).toBeLessThan(0.00501);
      }),
      { numRuns: 500 },
    );
  });
});
