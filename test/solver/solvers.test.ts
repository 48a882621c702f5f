import { describe, expect, it } from "vitest";
import { scripted } from "#src/backends/scripted";
import { parseLabels } from "#src/solver/choice";
import {
  answerIn,
  assistantMessage,
  chain,
  chainOfThought,
  fillTemplate,
  fork,
  generate,
  generateWith,
  multipleChoice,
  promptTemplate,
  selfCritique,
  systemMessage,
  TaskState,
  userMessage,
  vote,
} from "#src/solver/index";

const silent = () => ({ content: "" });
const state = TaskState.from({ id: "q1", input: "How far?", metadata: { unit: "km" } });
const texts = (at: TaskState): string[] => at.messages.map(({ role, content }) => `${role}: ${content}`);

describe("prompts", () => {
  it("puts a system message behind the others, at the head", async () => {
    const solve = chain(
      systemMessage("one {unit}"),
      systemMessage("two {unit}", { unit: "mi" }),
      userMessage("{left}"),
      assistantMessage("ok"),
    );
    expect(texts(await solve(state.put("left", "from the store"), silent))).toEqual([
      "system: one km",
      "system: two mi",
      "user: How far?",
      "user: from the store",
      "assistant: ok",
    ]);
  });

  it("puts the prompt into a template", async () => {
    expect((await promptTemplate("{prompt} In {unit}, please.")(state, silent)).userPrompt.content).toBe(
      "How far? In km, please.",
    );
    expect((await chainOfThought()(state, silent)).userPrompt.content).toMatch(/^How far\?[\s\S]+ANSWER: \$ANSWER/);
  });

  it("leaves unknown names and JSON in a template alone", () => {
    expect(fillTemplate('{"a": 1} {x} {{x}} {y}', { x: 1 })).toBe('{"a": 1} 1 {x} {y}');
    expect(fillTemplate("{constructor} {x}", { x: { deep: true } })).toBe('{constructor} {"deep":true}');
    expect(fillTemplate("{x}", { x: "$& {x}" })).toBe("$& {x}");
  });
});

describe("multiple choice", () => {
  it.each([
    ["ANSWER: B", ["B"]],
    ["answer: b.", ["B"]],
    ["I think A.\nANSWER: C\n", ["C"]],
    ["ANSWER: A\nNo, wait.\nANSWER: B", ["B"]],
    ["**ANSWER: B**", ["B"]],
    ["So the ANSWER: B) green", ["B"]],
    ["ANSWER: E", undefined],
    ["ANSWER: A, B", undefined],
    ["ANSWER: B because it is green", ["B"]],
    ["B", undefined],
    ["", undefined],
  ])("reads one letter from %j", (text, labels) => {
    expect(parseLabels(text, ["A", "B", "C", "D"], false)).toEqual(labels);
  });

  it.each([
    ["ANSWER: A, C", ["A", "C"]],
    ["ANSWER: AC", ["A", "C"]],
    ["ANSWER: A C", ["A", "C"]],
    ["ANSWER: A, B and C", ["A", "B", "C"]],
    ["ANSWER: A and C.", ["A", "C"]],
    ["ANSWER: A, X", undefined],
  ])("reads several letters from %j", (text, labels) => {
    expect(parseLabels(text, ["A", "B", "C", "D"], true)).toEqual(labels);
  });

  const question = TaskState.from({
    id: "q2",
    input: "Which is green?",
    choices: ["red", "grass", "sky"],
    target: "B",
  });

  it("shows the choices, asks once, and marks the answer", async () => {
    const backend = scripted(["ANSWER: B"]);
    const result = await multipleChoice()(question, generateWith(backend));
    expect(backend.requests[0]!.messages[0]!.content).toContain(
      "one of A,B,C.\n\nWhich is green?\n\nA) red\nB) grass\nC) sky",
    );
    expect(result.choices.marked).toEqual(["B"]);
  });

  it("maps a shuffled answer back, in the same order for the same sample and seed", async () => {
    const green = scripted((messages) => `ANSWER: ${/(\w)\) grass/.exec(messages[0]!.content)![1]}`);
    const orders = new Set<string>();
    for (let seed = 0; seed < 20; seed++) {
      const result = await multipleChoice({ shuffle: seed })(question, generateWith(green));
      const again = await multipleChoice({ shuffle: seed })(question, generateWith(green));
      expect(result.choices.marked).toEqual(["B"]);
      expect(again.choices.all).toEqual(result.choices.all);
      orders.add(result.choices.all.map(({ value }) => value).join());
    }
    expect(orders.size).toBeGreaterThan(2);
  });

  it("marks nothing when it cannot read the answer", async () => {
    expect((await multipleChoice()(question, generateWith(scripted(["grass"])))).choices.marked).toEqual([]);
  });

  it("refuses a sample without choices and a template without places", async () => {
    await expect(async () => multipleChoice()(state, silent)).rejects.toThrow('sample "q1" must have choices');
    expect(() => multipleChoice({ template: "{question}" })).toThrow("must contain {question} and {choices}");
  });
});

describe("fork", () => {
  it("gives every way its own copy and its own branch", async () => {
    const backend = scripted((_, { branch }) => `branch ${branch}`);
    const deep = chain(async (at, model) => (await fork(at, [generate(), generate()], model))[1]!);
    const branches = await fork(
      state.put("n", 0),
      [generate(), [(at) => at.put("n", 1), generate()], deep],
      generateWith(backend),
    );
    expect(branches.map(({ output }) => output?.content)).toEqual(["branch 0", "branch 1", "branch 2.1"]);
    expect(branches.map(({ store }) => store.n)).toEqual([0, 1, 0]);
  });

  it("waits for every way before it fails", async () => {
    let ended = false;
    const slow = async (at: TaskState): Promise<TaskState> => {
      for (let i = 0; i < 10; i++) await Promise.resolve();
      ended = true;
      return at;
    };
    await expect(fork(state, [() => Promise.reject(new Error("no")), slow], silent)).rejects.toThrow("no");
    expect(ended).toBe(true);
  });
});

describe("vote", () => {
  it("compares by the last number where that is said, however it is written and whatever stands around it", async () => {
    const replies = [
      "5*4=20\n#### 20",
      "9*2=18\n#### 18",
      "It is $18.00.",
      "none at all",
      "ANSWER: 18.\nI checked 3 times.",
    ];
    const result = await vote(generate(), { n: 5, by: "number" })(state, generateWith(scripted(replies)));
    expect(result.store.votes).toEqual({ 20: 1, 18: 3 });
    expect(result.output?.content).toBe("9*2=18\n#### 18");
    expect(() => vote(generate(), { by: "nubmer" as never })).toThrow(
      'vote.by must be "text", "number" or a function, got "nubmer"',
    );
  });

  const usage = { promptTokens: 5, completionTokens: 5, totalTokens: 10 };

  it("continues with the most common answer and accounts for all of them", async () => {
    const backend = scripted(["4", "5", "ANSWER: 5.", "4", "5"].map((content) => ({ content, usage, cost: 0.25 })));
    const before = state.spend({ usage, cost: 1 });
    const result = await vote(generate({ temperature: 1 }), { n: 5 })(before, generateWith(backend));
    expect(result.output?.content).toBe("5");
    expect(result.store.votes).toEqual({ 4: 2, 5: 3 });
    expect(result).toMatchObject({
      branch: "",
      cost: 2.25,
      usage: { promptTokens: 30, completionTokens: 30, totalTokens: 60 },
    });
  });

  it("breaks a tie for the answer that came first", async () => {
    const result = await vote(generate(), { n: 4 })(state, generateWith(scripted(["9", "4", "4", "9"])));
    expect(result.output?.content).toBe("9");
  });

  it("asks several solvers once each", async () => {
    const say = (content: string) => (at: TaskState) => at.setOutput({ content, finishReason: "stop", toolCalls: [] });
    const result = await vote([say("yes"), [say("no"), say("Yes.")], say("no")])(state, silent);
    expect(result.store.votes).toEqual({ yes: 2, no: 1 });
  });

  it("is stopped by a limit that all branches together pass", async () => {
    const backend = scripted(() => ({ content: "4", usage }));
    const result = await vote(generate(), { n: 3 })(state.setLimits({ tokenLimit: 25 }), generateWith(backend));
    expect(result.limit).toEqual({ type: "token", limit: 25, value: 30 });
    expect(result.output?.content).toBe("4");
  });

  it("compares answers without case and edge punctuation", () => {
    expect(["Paris.", " paris ", "ANSWER: **Paris**", "$4!"].map(answerIn)).toEqual(["paris", "paris", "paris", "4"]);
  });
});

describe("self-critique", () => {
  it("asks for a critique apart from the conversation, and answers again", async () => {
    const backend = scripted(["5 km", "It is 7", "7 km"]);
    const result = await chain(generate(), selfCritique({ model: "critic" }))(state, generateWith(backend));
    expect(backend.requests.map(({ messages }) => messages.length)).toEqual([1, 1, 3]);
    expect(backend.requests[1]!.config.model).toBe("critic");
    expect(backend.requests[1]!.messages[0]!.content).toMatch(/How far\?[\s\S]*5 km/);
    expect(result.messages.map(({ role }) => role)).toEqual(["user", "assistant", "user", "assistant"]);
    expect(result.messages[2]!.content).toContain("[Critique]: It is 7");
    expect(result.output?.content).toBe("7 km");
  });

  it("needs an answer to criticise", async () => {
    await expect(async () => selfCritique()(state, silent)).rejects.toThrow("must come after a step that generates");
  });
});
