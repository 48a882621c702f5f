import { describe, expect, it } from "vitest";
import { answerLabel, toSample } from "#src/dataset/sample";

describe("a row as a sample", () => {
  it("is found under the usual names", () => {
    expect(toSample({ id: 7, question: "2 + 2?", answer: 4, level: "easy" })).toEqual({
      id: "7",
      input: "2 + 2?",
      target: ["4"],
      metadata: { level: "easy" },
    });
    expect(toSample({ input: "a", question: "b" }).input).toBe("a");
    expect(toSample({ prompt: "c" }).target).toEqual([]);
  });

  it("is found under the names that are given, and under no others", () => {
    const row = { key: "k", text: "What?", gold: ["x", "y"], id: "not this", input: "nor this" };
    expect(toSample(row, { id: "key", input: "text", target: "gold", metadata: ["id"] })).toEqual({
      id: "k",
      input: "What?",
      target: ["x", "y"],
      metadata: { id: "not this" },
    });
    expect(() => toSample({ question: "b" }, { input: "qestion" })).toThrow(
      'sample must have "qestion". Did you mean "question"?',
    );
  });

  it("is found in nested fields by dotted names, unless a field bears the whole name", () => {
    const row = {
      q: { text: "Which?" },
      "key.raw": "B",
      key: { raw: "A" },
      choices: { text: ["x", "y"], label: ["A", "B"] },
    };
    const fields = { input: "q.text", target: "key.raw", choices: "choices.text", metadata: ["choices.label"] };
    expect(toSample({ id: 1, ...row }, fields)).toEqual({
      id: "1",
      input: "Which?",
      target: ["B"],
      choices: ["x", "y"],
      metadata: { "choices.label": ["A", "B"] },
    });
    expect(() => toSample(row, { input: "q.txt" })).toThrow('sample must have "q.txt"');
  });

  it("is the question itself when the row is text", () => {
    const sample = toSample("Why?");
    expect(sample).toMatchObject({ input: "Why?", target: [], metadata: {} });
    expect(toSample("Why?").id).toBe(sample.id);
    expect(toSample("Why not?").id).not.toBe(sample.id);
  });

  it("keeps metadata that stands nested, beside the fields that are left over", () => {
    expect(toSample({ input: "a", metadata: { source: "s" }, level: 1 }).metadata).toEqual({ source: "s", level: 1 });
  });

  it("may be a conversation", () => {
    const input = [{ role: "user", content: "Hi" }];
    expect(toSample({ input }).input).toEqual(input);
  });

  it.each([[null], [5], [{}], [{ input: null }]])("is refused without a question: %j", (row) => {
    expect(() => toSample(row)).toThrow(/^sample must/);
  });
});

describe("the right choice", () => {
  const target = (answer: unknown) => toSample({ input: "?", choices: ["yes", "no", "B"], answer }).target;

  it("is a letter, the text of a choice, or its position from 0", () => {
    expect([target("A"), target("no"), target(2), target([0, "no"])]).toEqual([["A"], ["B"], ["C"], ["A", "B"]]);
  });

  it("is a letter where text could be read as letter and as choice", () => {
    expect(target("B")).toEqual(["B"]);
  });

  it("stays text that is no choice", () => {
    expect(target("maybe")).toEqual(["maybe"]);
  });

  it("needs a list to choose from", () => {
    expect(() => toSample({ input: "?", choices: "yes, no" })).toThrow('sample.choices must be a list, got "yes, no"');
  });

  it("is labelled A to Z, then by number", () => {
    expect([0, 1, 25, 26, 30].map(answerLabel)).toEqual(["A", "B", "Z", "1", "5"]);
  });
});
