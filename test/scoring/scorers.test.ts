import { describe, expect, it } from "vitest";
import {
  answer,
  choice,
  exact,
  f1,
  includes,
  match,
  multiScorer,
  nameOf,
  numeric,
  pattern,
  type Score,
  type Scorer,
  scored,
  toNumber,
  unscored,
} from "#src/scoring/index";
import { Choices, TaskState } from "#src/solver/index";

const replied = (content: string, finishReason: "stop" | "content_filter" = "stop"): TaskState =>
  TaskState.from({ id: "q", input: "?" }).setOutput({ content, finishReason, toolCalls: [] });
const grade = async (scorer: Scorer, reply: string, ...target: string[]): Promise<Score["value"]> =>
  (await scorer(replied(reply), target)).value;

describe("match", () => {
  it.each([
    [{}, "The capital is Paris.", "paris", "C"],
    [{}, "Paris is the capital", "Paris", "I"],
    [{ location: "begin" }, "'Paris' is the capital", "Paris", "C"],
    [{ location: "any" }, "It is Paris, I think", "Paris", "C"],
    [{ location: "exact" }, " Paris! ", "paris", "C"],
    [{ location: "exact" }, "Paris, France", "Paris", "I"],
    [{ ignoreCase: false }, "It is paris", "Paris", "I"],
  ] as const)("with %j holds %j against %j for %s", async (options, reply, target, value) => {
    expect(await grade(match(options), reply, target)).toBe(value);
  });

  it.each([
    [{}, "So it is $1,024.00.", "1024", "C"],
    [{}, "The answer is **72**", "72", "C"],
    [{}, "It is 25", "5", "I"],
    [{}, "42! (really)", "42", "C"],
    [{}, "It is 3.141592", "3.1416", "C"],
    [{}, "It is 60%", "60", "C"],
    [{}, "minus −3", "-3", "C"],
    [{}, "It is 1e3", "1000", "C"],
    [{}, "First 3, then 4", "3", "I"],
    [{ location: "begin" }, "3 and then 4", "3", "C"],
    [{ location: "any" }, "3 and then 4 and 5", "4", "C"],
    [{ location: "any" }, "14 and 45", "4", "I"],
    [{ location: "exact" }, "4 apples", "4", "I"],
    [{ location: "exact" }, "4.0", "4", "C"],
    [{}, "no number", "4", "I"],
    [{}, "It is four.", "four", "C"],
  ] as const)("numeric with %j holds %j against %j for %s", async (options, reply, target, value) => {
    expect(await grade(match({ ...options, numeric: true }), reply, target)).toBe(value);
  });

  it("is content with any right answer, and says which it saw", async () => {
    const score = await match({ numeric: true })(replied("It is 7 or 8."), ["9", "8"]);
    expect(score).toEqual({ value: "C", answer: "8", explanation: "It is 7 or 8." });
  });

  it("refuses a place that does not exist", () => {
    expect(() => match({ location: "middle" } as never)).toThrow("match.location must be one of");
  });
});

describe("includes", () => {
  it("looks anywhere, without case unless told", async () => {
    expect(await grade(includes(), "It is in PARIS now", "paris")).toBe("C");
    expect(await grade(includes({ ignoreCase: false }), "It is in PARIS now", "paris")).toBe("I");
  });
});

describe("numeric", () => {
  it("holds a number within the tolerance for right, and no number for no answer", async () => {
    expect(await grade(numeric(), "It is 3.14", "3.1416")).toBe("I");
    expect(await grade(numeric({ relative: 0.01 }), "It is 3.14", "3.1416")).toBe("C");
    expect(await grade(numeric({ absolute: 0.5 }), "-10.4", "-10")).toBe("C");
    expect(await grade(numeric({ absolute: 0.5 }), "-10.6", "-10")).toBe("I");
    expect(await grade(numeric(), "no idea", "4")).toBe("N");
    expect(await grade(numeric({ location: "any" }), "4 or 5", "4")).toBe("C");
  });
});

describe("pattern", () => {
  it.each([
    [/RESULT: (\w+)/, {}, "RESULT: Yes", "yes", "C"],
    [/RESULT: (\w+)/, { ignoreCase: false }, "RESULT: Yes", "yes", "I"],
    [/RESULT: (\w+)/, {}, "yes", "yes", "N"],
    [/(\d)-(\d)/, {}, "1-2", "2", "C"],
    [/(\d)-(\d)/, { matchAll: true }, "1-2", "2", "I"],
    [/(\d)-(\d)/, { matchAll: true }, "2-2", "2", "C"],
  ] as const)("%s with %j reads %j against %j as %s", async (expression, options, reply, target, value) => {
    expect(await grade(pattern(expression, options), reply, target)).toBe(value);
  });

  it("shows the wrong answer that it read", async () => {
    expect((await pattern(/= (\d+)/)(replied("2 + 2 = 5"), ["4"])).answer).toBe("5");
  });

  it("needs a group", () => {
    expect(() => pattern(/\d+/)).toThrow("pattern must have a group");
  });

  it("take the first match, or the last where that is said; a flag that would count for nothing is refused", async () => {
    expect(await grade(pattern(/(\d+)/), "1 then 2", "1")).toBe("C");
    for (const expression of [/(\d+)/, /(\d+)/g, "(\\d+)"]) {
      expect(await grade(pattern(expression, { which: "last" }), "1 then 2", "2")).toBe("C");
      expect(await grade(pattern(expression, { which: "first" }), "1 then 2", "1")).toBe("C");
    }
    expect(await grade(pattern(/(\d+)/, { which: "last" }), "none", "2")).toBe("N");
    expect(() => pattern(/(\d+)/g)).toThrow(
      'pattern must say which of all matches counts, got "flag g". Write which: "last"',
    );
    expect(() => pattern(/(\d+)/y)).toThrow('pattern must look at the whole reply, got "flag y"');
    expect(() => pattern(/(\d+)/, { which: "final" as never })).toThrow('pattern.which must be "first" or "last"');
  });
});

describe("answer", () => {
  it.each([
    ["letter", "ANSWER: A\nor rather\nANSWER: B.", "B", "C"],
    ["letter", "ANSWER: Because", "B", "N"],
    ["word", "answer: Yes.", "yes", "C"],
    ["line", "ANSWER: the red car \n", "The red car", "C"],
    ["line", "**ANSWER: 42**", "42", "C"],
    ["line", "42", "42", "N"],
  ] as const)("%s reads %j against %j as %s", async (kind, reply, target, value) => {
    expect(await grade(answer(kind), reply, target)).toBe(value);
  });
});

describe("exact and f1", () => {
  it.each([
    ["The Eiffel-Tower.", "eiffel tower", "C"],
    ["tower eiffel", "the Eiffel Tower", "I"],
    ["Eiffel", "Eiffel Tower", "I"],
    ["7.0", "7", "C"],
    ["anthem", "them", "I"],
  ])("exact holds %j against %j for %s", async (reply, target, value) => {
    expect(await grade(exact(), reply, target)).toBe(value);
  });

  it("f1 weighs common words, takes the best target, and rounds as Python does", async () => {
    expect(await grade(f1(), "the red old car", "a red car")).toBe(0.8);
    expect(await grade(f1(), "red", "blue", "red")).toBe(1);
    expect(await grade(f1(), "green", "blue")).toBe(0);
    expect(await grade(f1({ stopWords: ["Old"] }), "red old car", "red car")).toBe(1);
    expect(await grade(f1({ answerFn: (reply) => reply.split(":")[1]! }), "Answer: red", "red")).toBe(1);
    const fiveOfEight = "b c d e f g h i j k l"; // 2 * 5 / (11 + 5) = 0.625, a tie that goes to the even digit
    expect(await grade(f1(), fiveOfEight, "b c d e f")).toBe(0.62);
  });
});

describe("choice", () => {
  const choices = Choices.of(["red", "green", "blue"]);
  const marked = (labels: string[], order = choices): TaskState =>
    replied("ANSWER").setChoices(order.markLabels(labels));

  it("wants all the right choices and no other", async () => {
    const score = async (labels: string[], ...target: string[]) => (await choice()(marked(labels), target)).value;
    expect(await score(["B"], "B")).toBe("C");
    expect(await score(["A"], "B")).toBe("I");
    expect(await score(["A", "C"], "A", "C")).toBe("C");
    expect(await score(["C", "A"], "AC")).toBe("C");
    expect(await score(["A"], "A", "C")).toBe("I");
    expect(await score([], "A")).toBe("I");
  });

  it("undoes a shuffle, and shows what the model saw", async () => {
    const turned = choices.shuffle(() => 0); // green, blue, red
    const score = await choice()(marked(["A"], turned), ["B"]);
    expect(score).toMatchObject({ value: "C", answer: "B" });
    expect(score.explanation).toContain("A) green\nB) blue\nC) red");
  });
});

describe("what was never answered", () => {
  const green = Choices.of(["1", "2"]);
  const scorers = [match(), includes(), numeric(), pattern(/(.)/), answer("word"), exact(), f1(), choice()];

  it.each(scorers.map((scorer) => [nameOf(scorer), scorer] as const))(
    "is unscored by %s, not wrong",
    async (_, scorer) => {
      const asked = TaskState.from({ input: "?" });
      expect(await scorer(asked, ["x"])).toEqual(unscored("there is no answer"));
      const limited = asked.setLimits({ messageLimit: 1 }).addMessage({ role: "user", content: "" });
      expect((await scorer(limited, ["x"])).unscored).toBe("the message limit was reached before any answer");
      expect((await scorer(replied("", "content_filter"), ["x"])).unscored).toBe(
        "the reply was cut off by content_filter",
      );
      expect((await scorer(replied("x"), [])).unscored).toBe("the sample has no target");
      expect((await scorer(replied("").setChoices(green), ["1"])).value).not.toBeNull();
    },
  );
});

describe("multiScorer", () => {
  it("takes the most common score and ignores what is unscored", async () => {
    const panel = multiScorer([() => scored("I"), () => unscored("no"), () => scored("C"), () => scored("C")]);
    expect((await panel(replied("x"), [])).value).toBe("C");
    expect(nameOf(multiScorer([match(), exact()]))).toBe("match+exact");
  });
});

it("reads scores as numbers", () => {
  const values = ["C", "P", "I", "N", "yes", "NO", "True", "0.25", true, 3, "perhaps", "", Number.NaN, null];
  expect(values.map(toNumber)).toEqual([1, 0.5, 0, 0, 1, 0, 1, 0.25, 1, 3, undefined, undefined, undefined, undefined]);
});
