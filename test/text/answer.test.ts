import { describe, expect, it } from "vitest";
import { answerIn, markedAnswer, optionsIn } from "#src/text/answer";
import { bare, depthOf, fold, wordsOf } from "#src/text/words";

const texts = ["wood", "iron", "clay", "wool"];
const options = texts.map((text, i) => ({ label: "ABCD"[i]!, text }));
const read = (reply: string, several = false): readonly string[] | undefined => {
  const answer = markedAnswer(reply);
  return answer === undefined ? undefined : optionsIn(answer, options, several);
};

describe("one answer as models write it", () => {
  it.each([
    "**Answer:** B",
    "__ANSWER__: B",
    "ANSWER: `B`",
    "ANSWER: 【B】",
    "ANSWER：Ｂ",
    "The correct answer is: B",
    "## Final Answer: B",
    "ANSWER: B) iron",
    "ANSWER: B - iron",
    "ANSWER: B iron",
    "ANSWER: (B) iron",
    "ANSWER: iron.",
    "ANSWER: Option (B)",
    "ANSWER: letter B",
    "ANSWER:\n\nB",
    "ANSWER: $\\text{B}$",
    "$$\\boxed{\\text{(B)}}$$",
    "\\boxed{iron}",
    "ANSWER: B (it conducts)",
    "ANSWER: B, because A is wood-like",
    "ANSWER: B\nA is wood, C is clay.",
    "ANSWER: A\n\nWait. ANSWER: B",
    "ANSWER: B\n\nLet me know if the answer: fine",
    "<answer>B</answer> as I said",
    "ANSWER: <B>",
    '{"answer": "B"}',
    "First ANSWER: A, but no.\n**ANSWER**: B",
    "ANSWER: B\u200B",
    "ANSWER: **B** because it conducts",
  ])("%j is B", (reply) => {
    expect(read(reply)).toEqual(["B"]);
  });

  it.each([
    "",
    "B",
    "ANSWER:",
    "ANSWER: B or C",
    "ANSWER: B, C",
    "ANSWER: BC",
    "ANSWER:\nB\nC",
    "ANSWER: not B",
    "ANSWER: E",
    "ANSWER: None of the above",
    "ANSWER: Don't know",
    "ANSWER: A wood-like metal",
    "ANSWER: A man, a plan",
    "ANSWER: A\nANSWER: perhaps",
    "ANSWER: B. C is wrong",
    "ANSWER: iron and wood",
  ])("%j names none", (reply) => {
    expect(read(reply)).toBeUndefined();
  });

  it("is named neither by a text that two choices share, nor by a part of one", () => {
    const twins = [
      { label: "A", text: "iron" },
      { label: "B", text: "Iron." },
      { label: "C", text: "iron ore" },
    ];
    expect([
      optionsIn("iron", twins, false),
      optionsIn("iron ore", twins, false),
      optionsIn("ore", twins, false),
    ]).toEqual([undefined, ["C"], undefined]);
  });
});

describe("several answers", () => {
  it.each([
    "A, C",
    "A,C",
    "A C",
    "AC",
    "A and C",
    "A & C",
    "A + C",
    "A|C",
    "A; C",
    "A/C",
    "A、C",
    "(A), (C)",
    "**A**, **C**",
    "A) wood, C) clay",
    "A. wood, C. clay",
    "[A, C]",
    "\\{A, C\\}",
    "\\boxed{A, C}",
    "$A, C$",
    "a, c",
    "Options A and C",
    "wood and clay",
    "wood, C",
    "A, C. Both are soft.",
    "A, C, A",
    "\n- A\n- C",
    "\nA) wood\nC) clay",
    "A,\nC",
    "A, C\nBoth are soft.",
  ])("%j is A and C", (answer) => {
    expect(read(`ANSWER: ${answer}`, true)).toEqual(["A", "C"]);
  });

  it.each([
    "A, C and Z",
    "A, not C",
    "A or C",
    "A, C (not B)",
    "A. C perhaps",
    "none",
    "A, perhaps C",
    "\nA\nperhaps C",
  ])("%j is nothing, and never a half", (answer) => {
    expect(read(`ANSWER: ${answer}`, true)).toBeUndefined();
  });
});

describe("the answer of a reply", () => {
  it.each([
    ["ANSWER: −5.", "-5"],
    ["-5", "-5"],
    ["ANSWER: **Yes**", "yes"],
    ["Yes!", "yes"],
    ["It is four.\nANSWER: Four.", "four"],
    ["$4!", "4"],
    ["ANSWER: (B)", "b"],
    ["ANSWER: C++", "c++"],
  ])("%j is %j", (reply, answer) => {
    expect(answerIn(reply)).toBe(answer);
  });
});

describe("words", () => {
  it("lose case, punctuation of any script and articles, and keep what makes another word", () => {
    expect(wordsOf("The “Straße”, don’t! e=mc² x≤5")).toEqual(["strasse", "dont", "e=mc2", "x≤5"]);
    expect(["đan", "día"].map((word) => wordsOf(word))).toEqual([["đan"], ["día"]]);
    expect(["A-", "A+", "C#", "C++", "(a)"].map((word) => wordsOf(word, "articles"))).toEqual([
      ["a-"],
      ["a+"],
      ["c#"],
      ["c++"],
      ["a"],
    ]);
  });
  it("are compared as they stand where nothing else is left", () => {
    expect([depthOf("word"), depthOf("The"), depthOf("?!")]).toEqual(["bare", "articles", "raw"]);
  });
  it("keep the sign and the point of a number at their ends", () => {
    expect(["(-5)", "$-3.50.", "-$5", ".5!", "...5", "5%", "**-7**", "- 7"].map(bare)).toEqual([
      "-5",
      "-3.50",
      "-5",
      ".5",
      "5",
      "5",
      "-7",
      "7",
    ]);
  });
  it("are equal in any form of Unicode", () => {
    expect(fold("Cafe\u0301 ﬁne ４２ ΟΔΟΣ")).toBe(fold("CAFÉ FINE 42 οδος"));
  });
});
