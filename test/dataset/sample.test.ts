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

describe("a right answer", () => {
  const target = (answer: unknown) => toSample({ input: "?", answer }).target;

  it("is text, from a number or yes and no too", () => {
    expect([
      target("Paris"),
      target(4),
      target(true),
      target(12345678901234567890n),
      target(["Paris", "Lutetia"]),
    ]).toEqual([["Paris"], ["4"], ["true"], ["12345678901234567890"], ["Paris", "Lutetia"]]);
  });

  it("is refused where it is a record, with the field inside it, or no value", () => {
    expect(() => target({ value: "Paris", aliases: [] })).toThrow(
      'sample.target must be text or a number, got {"value":"Paris","aliases":[]}. Name the field inside it: fields: { target: "answer.value" }',
    );
    for (const none of [["Paris", null], ["Paris", ""], ["Paris", [" "]], Number.NaN, Number.POSITIVE_INFINITY, [{}]])
      expect(() => target(none)).toThrow(/^sample\.target(\[\d\])* must/);
  });
});

describe("a question", () => {
  it.each([[Number.NaN], [{}], [[]], [[null]], [[{ role: "tool", content: "x" }]], [[{ role: "user" }]], ["  "]])(
    "is refused where it is %j",
    (input) => {
      expect(() => toSample({ input })).toThrow(/^sample\.input/);
    },
  );
});

describe("the right choice", () => {
  const target = (answer: unknown) => toSample({ input: "?", choices: ["yes", "no", "B"], answer }).target;

  it("is a letter, the text of a choice, or its position from 0", () => {
    expect([target("A"), target("no"), target(2), target([0, "no"])]).toEqual([["A"], ["B"], ["C"], ["A", "B"]]);
  });

  it("is refused with both readings where it could be a label and a text", () => {
    expect(() => target("B")).toThrow(
      'sample.target must name one choice, got "B". It can be C) "B" or B) "no": give the label or the text so that only one fits',
    );
    const labelled = { text: ["2", "3"], label: ["3", "4"] };
    expect(() => toSample({ input: "?", choices: labelled, answer: "3" })).toThrow(
      '(labelled "4") or A) "2" (labelled "3")',
    );
  });

  it.each(["maybe", 3, -1, 1.5, "-1", "17", "é", Number.NaN, { label: "A" }])(
    "is refused where it names no choice: %j",
    (answer) => {
      expect(() => target(answer)).toThrow(/^sample\.target must/);
    },
  );

  it("is first the text of a choice where choices are numbers", () => {
    const numbers = (choices: unknown[], answer: unknown) => toSample({ input: "?", choices, answer }).target;
    expect([numbers([2, 3, 4, 5], 3), numbers([41, 42, 43], 42), numbers(["3.5", "4"], 4)]).toEqual([
      ["B"],
      ["B"],
      ["B"],
    ]);
    expect(() => numbers([3, 4, 5], 0)).toThrow("must name one of the choices, got 0");
  });

  it("may be named by the labels that the data give", () => {
    const arc = { text: ["wood", "iron", "clay"], label: ["1", "2", "3"] };
    const fields = { input: "q", choices: "choices.text", target: "key" };
    const target = (key: unknown) => toSample({ q: "?", choices: arc, key }, fields).target;
    expect([target("2"), target(2), target("clay")]).toEqual([["B"], ["B"], ["C"]]);
    expect(() => target("B")).toThrow('must name one of the choices, got "B". It may be a label (1, 2, 3)');
    expect(toSample({ input: "?", choices: arc, answer: "3" }).target).toEqual(["C"]);
    expect(() => toSample({ input: "?", choices: { ...arc, label: ["1"] }, answer: "1" })).toThrow(
      "sample.choices.label must be a list of 3 labels",
    );
  });

  it("may be several labels in one text", () => {
    expect([target("A, B"), target("AC")]).toEqual([
      ["A", "B"],
      ["A", "C"],
    ]);
  });

  it("needs a list to choose from", () => {
    expect(() => toSample({ input: "?", choices: "yes, no" })).toThrow('sample.choices must be a list, got "yes, no"');
  });

  it("is labelled A to Z, then by number", () => {
    expect([0, 1, 25, 26, 30].map(answerLabel)).toEqual(["A", "B", "Z", "1", "5"]);
  });
});
