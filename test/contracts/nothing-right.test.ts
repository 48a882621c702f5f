import { describe, expect, it } from "vitest";
import { ensemble, scripted } from "#src/backends/index";
import { modelGradedFact } from "#src/scoring/index";
import { toNumber } from "#src/scoring/scorer";
import { generate, generateWith, TaskState, vote } from "#src/solver/index";
import { everyScorer } from "../scoring/every-scorer.ts";

const blanks = ["", " ", "\n\t", "\u200b", "\u00a0", "\u3000", "\ufeff"];
/** Scorers of what an agent did. */
const ofActions = new Set(["called", "notCalled", "calledInOrder", "fewSteps", "fewRetries", "recovers"]);

describe.each(Object.entries(everyScorer))("%s", (name, { scorer, target, right }) => {
  const gives = async (state: TaskState, against: readonly string[]): Promise<number | undefined> => {
    const { value } = await scorer(state, against);
    return typeof value === "object" ? undefined : toNumber(value);
  };
  const replied = (content: string): TaskState => right.setOutput({ content, finishReason: "stop", toolCalls: [] });

  it("never holds a reply of nothing for right", async () => {
    if (name === "choice") return; // it reads the marks that multipleChoice made of a reply
    if (ofActions.has(name)) return; // what was done is as it was, whatever was said
    for (const blank of blanks) expect([blank, (await gives(replied(blank), target)) ?? 0]).toEqual([blank, 0]);
  });

  it("reads the names that every object has as the words that they are", async () => {
    for (const word of ["constructor", "toString", "__proto__", "hasOwnProperty"])
      for (const reply of [word, `\\${word} 4`, `\\${word}{4}`, `ANSWER: ${word}`])
        expect(["string", "number", "boolean", "object"], reply).toContain(
          typeof (await scorer(replied(reply), target)).value,
        );
  });

  it("never holds a reply for right against a target of nothing", async () => {
    if ((await gives(right, ["another thing"])) === 1) return; // reads no target
    for (const nothing of [[], ...blanks.map((blank) => [blank])])
      for (const state of [right, ...["", ".", "the", "-"].map(replied)])
        expect([nothing, (await gives(state, nothing)) ?? 0]).toEqual([nothing, 0]);
  });
});

describe("signs in votes", () => {
  const replies = (...numbers: readonly number[]) => scripted(numbers.map((n) => `ANSWER: ${n}`));
  const state = TaskState.from({ id: "q", input: "?" });

  it("belong to the numbers that are counted", async () => {
    const elected = async (...numbers: readonly number[]) =>
      (await vote(generate(), { n: numbers.length })(state, generateWith(replies(...numbers)))).output?.content;
    expect(await elected(-5, -5, 5, 5, 7, 7, 7)).toContain("7");
    expect(await elected(-5, -5, -5, 5, 5)).toContain("-5");
    expect(await elected(1.5, 1.5, 15)).toContain("1.5");
  });

  it("belong to them where several models vote", async () => {
    const elected = async (...numbers: readonly number[]) =>
      (await ensemble(numbers.map((n) => replies(n))).generate([{ role: "user", content: "?" }])).content;
    expect(await elected(-5, -5, 5, 5, 7, 7, 7)).toContain("7");
    expect(await elected(5, 5, -5, -5, -5)).toContain("-5");
  });
});

it("several targets are shown to a grader apart from each other", async () => {
  const grader = scripted(["GRADE: C"]);
  const state = TaskState.from({ id: "q", input: "?" }).setOutput({
    content: "x",
    finishReason: "stop",
    toolCalls: [],
  });
  await modelGradedFact({ model: grader })(state, ["Paris", "Lutetia"]);
  const prompt = grader.requests[0]!.messages.map(({ content }) => content).join("\n");
  expect(prompt).toMatch(/Paris\W[\s\S]*Lutetia/);
  expect(await modelGradedFact({ model: grader })(state, [])).toMatchObject({ value: null });
});
