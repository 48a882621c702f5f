import { describe, expect, it } from "vitest";
import { z } from "zod";
import { scripted } from "#src/backends/scripted";
import { digest } from "#src/kernel/digest";
import { atLeast, match, modelGraded, multiScorer, passAt, pattern, scored, scorer } from "#src/scoring/index";
import {
  chain,
  chainOfThought,
  describePart,
  generate,
  multipleChoice,
  planToChain,
  type Solver,
  selfCritique,
  systemMessage,
  type TaskState,
  tool,
  useTools,
  vote,
} from "#src/solver/index";

const one: Solver = (state) => state.put("n", 1);
const two: Solver = (state) => state.put("n", 2);
const adder = (execute: () => number) => tool({ name: "adder", parameters: z.object({}), execute });
const plan = { steps: { a: {} } };
const first = (state: TaskState) => state;
const second = (state: TaskState) => state.complete();

describe("describePart", () => {
  it("says what a condition is made of, as plain JSON", () => {
    const described = describePart(
      chain(systemMessage("Be {mood}.", { mood: "brief" }), generate({ temperature: 0.5 })),
    );
    expect(described).toEqual({
      name: "chain",
      options: [
        { name: "systemMessage", options: { template: "Be {mood}.", params: { mood: "brief" } } },
        { name: "generate", options: { temperature: 0.5, toolCalls: "loop", maxTurns: 100 } },
      ],
    });
    expect(JSON.parse(JSON.stringify(described))).toEqual(described);
  });

  it.each([
    ["a parameter", generate({ temperature: 0 }), generate({ temperature: 1 })],
    ["a prompt", systemMessage("a"), systemMessage("b")],
    ["a prompt's default", chainOfThought(), chainOfThought("{prompt}")],
    ["the order of steps", chain(one, two), chain(two, one)],
    ["one's own step", chain(one), chain(two)],
    ["a tool's function", useTools([adder(() => 1)]), useTools([adder(() => 2)])],
    ["the number of votes", vote(generate(), { n: 3 }), vote(generate(), { n: 5 })],
    ["a seed", multipleChoice({ shuffle: 1 }), multipleChoice({ shuffle: 2 })],
    ["a critic", selfCritique(), selfCritique({ model: "m" })],
    ["a step runner", planToChain(plan, { stepRunner: first }), planToChain(plan, { stepRunner: second })],
    ["a scorer's option", match(), match({ numeric: true })],
    ["a pattern", pattern(/(a)/), pattern(/(b)/)],
    [
      "a grader",
      modelGraded({ model: scripted([], { name: "a" }) }),
      modelGraded({ model: scripted([], { name: "b" }) }),
    ],
    ["one's own scorer", scorer("s", () => scored(1)), scorer("s", () => scored(0))],
    ["a reducer", multiScorer([match()], atLeast(1)), multiScorer([match()], passAt(1))],
    ["a reducer's k", atLeast(1), atLeast(2)],
  ])("notices that %s has changed, and nothing else", (_, before, after) => {
    expect(digest(describePart(before))).toBe(digest(describePart(before)));
    expect(digest(describePart(before))).not.toBe(digest(describePart(after)));
  });

  it("survives what contains itself", () => {
    const loop: Record<string, unknown> = { a: 1 };
    loop.self = loop;
    expect(describePart(loop)).toEqual({ a: 1, self: "(itself)" });
  });
});
