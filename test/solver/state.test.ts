import { describe, expect, it } from "vitest";
import { stream } from "#src/kernel/random";
import { Choices, TaskState, toSample } from "#src/solver/index";

const state = TaskState.from({ id: "q1", input: "What is 2 + 2?", target: "4", metadata: { level: "easy" } });
const reply = { content: "4", finishReason: "stop", toolCalls: [] } as const;

describe("TaskState", () => {
  it("begins with the input as the user's message", () => {
    expect(state.messages).toEqual([{ role: "user", content: "What is 2 + 2?" }]);
    expect(state).toMatchObject({
      sampleId: "q1",
      epoch: 1,
      target: ["4"],
      completed: false,
      output: undefined,
      store: {},
    });
    expect(state.inputText).toBe("What is 2 + 2?");
    expect(state.userPrompt.content).toBe("What is 2 + 2?");
  });

  it("continues with a conversation, and takes its last user message for the prompt", () => {
    const talk = TaskState.from({
      input: [
        { role: "system", content: "s" },
        { role: "user", content: "one" },
        { role: "assistant", content: "a" },
        { role: "user", content: "two" },
      ],
    });
    expect(talk.inputText).toBe("two");
    expect(talk.setUserPrompt("three").messages.map(({ content }) => content)).toEqual(["s", "one", "a", "three"]);
    expect(() => TaskState.from({ input: [{ role: "system", content: "s" }] }).userPrompt).toThrow(
      "must have a user message",
    );
  });

  it("names a sample by its content when it has no id", () => {
    expect(TaskState.from({ input: "x" }).sampleId).toBe(TaskState.from({ input: "x" }).sampleId);
    expect(TaskState.from({ input: "x" }).sampleId).not.toBe(TaskState.from({ input: "y" }).sampleId);
  });

  it("never changes: every verb gives a new state", () => {
    const before = JSON.stringify(state);
    const after = state
      .addMessage({ role: "assistant", content: "4" })
      .setOutput(reply)
      .put("seen", true)
      .setMetadata({ more: 1 })
      .setScore("match", "C")
      .setChoices(Choices.of(["a"]))
      .setLimits({ messageLimit: 9 })
      .setToolChoice("none")
      .complete();
    expect(JSON.stringify(state)).toBe(before);
    expect(after).toMatchObject({
      completed: true,
      store: { seen: true },
      metadata: { level: "easy", more: 1 },
      output: reply,
      messageLimit: 9,
    });
    expect(() => Object.assign(state, { completed: true })).toThrow(TypeError);
  });

  it("is complete when a message would pass the message limit, and leaves that message out", () => {
    const full = state.setLimits({ messageLimit: 2 }).addMessages([
      { role: "assistant", content: "a" },
      { role: "user", content: "b" },
    ]);
    expect(full.messages).toHaveLength(2);
    expect(full).toMatchObject({ completed: true, limit: { type: "message", limit: 2, value: 3 } });
  });

  it("adds up tokens and cost, and is complete above a limit, not at it", () => {
    const usage = { promptTokens: 6, completionTokens: 4, totalTokens: 10 };
    const limited = state.setLimits({ tokenLimit: 20, costLimit: 0.5 });
    const twice = limited.spend({ usage, cost: 0.25 }).spend({ usage, cost: 0.25 });
    expect(twice).toMatchObject({ completed: false, cost: 0.5, usage: { promptTokens: 12, totalTokens: 20 } });
    expect(twice.spend({ usage }).limit).toEqual({ type: "token", limit: 20, value: 30 });
    expect(twice.spend({ cost: 0.1 }).limit).toMatchObject({ type: "cost", limit: 0.5 });
    expect(state.spend({}).cost).toBeUndefined();
  });

  it("is made from rows: fields by name, positions of choices as letters, the rest as metadata", () => {
    const row = { question: "Capital of France?", choices: ["Rome", "Paris"], answer: 1, subject: "geography" };
    const sample = toSample(row);
    expect(sample).toMatchObject({ input: row.question, target: ["B"], metadata: { subject: "geography" } });
    expect(TaskState.from(sample).target).toEqual(["B"]);
    expect(toSample({ ...row, answer: "Paris" }).target).toEqual(["B"]);
    expect(toSample({ q: "x", gold: ["a", "b"] }, { input: "q", target: "gold" })).toMatchObject({
      input: "x",
      target: ["a", "b"],
    });
    expect(() => toSample({ inptu: "x" })).toThrow(/must have "input".*"inptu"/);
  });
});

describe("Choices", () => {
  const choices = Choices.of(["red", "green", "blue", "grey"]);

  it("shuffles by a seed and remembers where each stood", () => {
    const shuffled = choices.shuffle(stream(7, "choices"));
    expect(shuffled.all).toEqual(choices.shuffle(stream(7, "choices")).all);
    expect(shuffled.all.map(({ value }) => value)).not.toEqual(choices.all.map(({ value }) => value));
    for (const { value, originalPosition } of shuffled.all) expect(choices.all[originalPosition]!.value).toBe(value);
  });

  it("tells what was marked by the order of the sample", () => {
    const shuffled = choices.shuffle(stream(7, "choices"));
    const position = shuffled.all.findIndex(({ value }) => value === "blue");
    expect(shuffled.markChoice(position, true).marked).toEqual(["C"]);
    expect(choices.markLabels(["D", "A"]).marked).toEqual(["A", "D"]);
    expect(choices.markLabels(["A"]).all[1]!.correct).toBe(false);
    expect(choices.all[1]!.correct).toBeUndefined();
  });

  it("labels the 27th choice 1", () => {
    const many = Choices.of(Array.from({ length: 28 }, (_, i) => `v${i}`));
    expect(many.labels.slice(24)).toEqual(["Y", "Z", "1", "2"]);
    expect(Choices.of(["x", "y"]).prompt("Q?", "{question}|{choices}|{letters}")).toBe("Q?|A) x\nB) y|A,B");
  });
});
