import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import {
  contains,
  containsAll,
  containsAny,
  endsWith,
  equals,
  equalsJson,
  isJson,
  match,
  modelGraded,
  not,
  numeric,
  on,
  type Score,
  type Scorer,
  startsWith,
  unscored,
  weighted,
} from "#src/scoring/index";
import { TaskState } from "#src/solver/index";

const replied = (content: string): TaskState =>
  TaskState.from({ id: "q", input: "?" }).setOutput({ content, finishReason: "stop", toolCalls: [] });
const grade = async (scorer: Scorer, reply: string, ...target: string[]): Promise<Score> =>
  scorer(replied(reply), target);
const value = async (scorer: Scorer, reply: string, ...target: string[]) =>
  (await grade(scorer, reply, ...target)).value;
const blank = fc.stringMatching(/^[ \n\t]{0,4}$/);

describe("texts in a reply", () => {
  const cases: [string, Scorer, string, string[], Score["value"]][] = [
    ["contains: case counts", contains("Paris"), "paris", [], "I"],
    ["contains: unless it is said not to", contains("PARIS", { ignoreCase: true }), "in Paris", [], "C"],
    ["contains: one of the targets", contains(), "Rome it is", ["Paris", "Rome"], "C"],
    ["contains: composed and decomposed accents", contains("caf\u00e9"), "a cafe\u0301", [], "C"],
    ["containsAny", containsAny("a1", "b2"), "xx b2", [], "C"],
    ["containsAny, a list", containsAny(["a1", "b2"]), "a2 b1", [], "I"],
    ["containsAll", containsAll("a1", "b2"), "b2 a1", [], "C"],
    ["containsAll: one is missing", containsAll(["a1", "b2"]), "a1", [], "I"],
    ["containsAll: every target", containsAll(), "one and three", ["one", "two"], "I"],
    ["startsWith: a blank before it counts", startsWith("Yes"), " Yes", [], "I"],
    ["startsWith", startsWith("yes", { ignoreCase: true }), "Yes, sir", [], "C"],
    ["endsWith: a full stop after it counts", endsWith("4"), "It is 4.", [], "I"],
    ["endsWith", endsWith(), "It is 4", ["4"], "C"],
    ["equals: strictly", equals("Paris"), "Paris.", [], "I"],
    ["equals: blanks too", equals("Paris"), "Paris\n", [], "I"],
    ["equals: one of the targets", equals(), "b", ["a", "b"], "C"],
    ["equals: case", equals("paris", { ignoreCase: true }), "PARIS", [], "C"],
  ];
  for (const [law, scorer, reply, target, wanted] of cases)
    it(law, async () => expect(await value(scorer, reply, ...target)).toBe(wanted));

  it("refuse a blank text, which any reply would contain, and what is not text", () => {
    for (const make of [contains, containsAny, containsAll, startsWith, endsWith, equals]) {
      expect(() => make("x", " ")).toThrow(
        `${make.name}[1] must not be blank, got " ". A blank text would be found in any reply`,
      );
      expect(() => make(["x", 5 as never])).toThrow(`${make.name}[1] must be a text, got 5`);
      expect(() => make("x", { ignorecase: true } as never)).toThrow('Did you mean "ignoreCase"?');
    }
  });

  it("have no value for a sample without a target, and look past blank targets", async () => {
    for (const make of [contains, containsAny, containsAll, startsWith, endsWith, equals]) {
      expect(await grade(make(), "reply", " ")).toMatchObject({ value: null, unscored: "the sample has no target" });
      expect(await value(make(), "reply", "", "other")).toBe("I");
    }
  });

  it("are never found in a blank reply", async () => {
    await fc.assert(
      fc.asyncProperty(
        blank,
        fc.string({ minLength: 1 }).filter((text) => text.trim() !== ""),
        async (reply, text) => {
          for (const make of [contains, containsAny, containsAll, startsWith, endsWith, equals])
            expect(await value(make(text), reply)).toBe("I");
        },
      ),
    );
  });
});

describe("not", () => {
  const giving =
    (given: Score["value"], why = "no idea"): Scorer =>
    () =>
      given === null ? unscored(why) : { value: given };

  it("turns right and wrong round, and numbers from 0 to 1", async () => {
    const turned: [Score["value"], Score["value"]][] = [
      ["C", "I"],
      ["I", "C"],
      ["P", "P"],
      [true, false],
      [0.25, 0.75],
      [1, 0],
      ["yes", 0],
    ];
    for (const [given, wanted] of turned) expect(await value(not(giving(given)), "reply")).toBe(wanted);
  });

  it("twice is the same", async () => {
    for (const given of ["C", "I", "P", "N", true, 0.25, null] as const)
      expect(await value(not(not(giving(given))), "reply")).toBe(given);
  });

  it("never makes nothing right: N stays N, a blank reply is N, unscored stays unscored with its reason", async () => {
    expect(await value(not(numeric()), "no number here", "5")).toBe("N");
    expect(await value(not(contains("sorry")), " \n")).toBe("N");
    expect(await grade(not(giving(null, "why")), "reply")).toMatchObject({ value: null, unscored: "why" });
    expect(await grade(not(match()), "reply", "")).toMatchObject({ value: null, unscored: "the sample has no target" });
    const never = TaskState.from({ id: "q", input: "?" });
    expect(await not(contains("sorry"))(never, [])).toMatchObject({ value: null, unscored: "there is no answer" });
  });

  it("has no opposite of what is not a share", async () => {
    expect(await grade(not(giving(7)), "reply")).toMatchObject({
      value: null,
      unscored: "score gave 7, which has no opposite",
    });
    expect(await value(not(giving({ a: 1 })), "reply")).toBe(null);
  });

  it("has the name of what it turns round", () => {
    expect(not(contains("a")).scorerName).toBe("not_contains");
  });
});

describe("weighted", () => {
  const of = (...given: [Score["value"], number?][]) =>
    given.map(([each, weight]) => ({
      scorer: (() => ({ value: each }) as Score) as Scorer,
      ...(weight === undefined ? {} : { weight }),
    }));

  it("is the weighted mean, and says what each gave", async () => {
    const score = await grade(weighted([{ scorer: contains("a"), weight: 3 }, { scorer: contains("b") }]), "only a");
    expect(score).toMatchObject({
      value: 0.75,
      explanation: 'contains: "C"; contains: "I"',
      metadata: {
        members: [
          { scorer: "contains", weight: 3, value: "C" },
          { scorer: "contains", weight: 1, value: "I" },
        ],
      },
    });
  });

  it("with a threshold is right from there on, also where tenths do not add up", async () => {
    expect(await value(weighted(of(["C", 0.1], ["C", 0.2], ["I", 0.7]), { threshold: 0.3 }), "x")).toBe("C");
    expect(await value(weighted(of(["C"], ["P"]), { threshold: 1 }), "x")).toBe("I");
    expect(await value(weighted(of(["C"], ["C"]), { threshold: 1 }), "x")).toBe("C");
  });

  it("is unscored where a member that counts is, never 0 for it", async () => {
    const score = await grade(weighted([...of(["C"]), { scorer: modelGradedWithout, weight: 0.001 }]), "x");
    expect(score).toMatchObject({ value: null, unscored: "judge is unscored: the grader's reply has no grade" });
    expect(score.metadata).toMatchObject({
      members: [{ value: "C" }, { value: null, unscored: "the grader's reply has no grade" }],
    });
    expect(await grade(weighted(of(["C"], ["perhaps"])), "x")).toMatchObject({
      value: null,
      unscored: 'scorer gave "perhaps", which is not a number',
    });
  });

  it("only records a member of weight 0", async () => {
    expect(await value(weighted([...of(["C"]), { scorer: modelGradedWithout, weight: 0 }]), "x")).toBe(1);
  });

  it("refuses weights and thresholds that say nothing", () => {
    expect(() => weighted([])).toThrow("weighted must have at least 1");
    expect(() => weighted(of(["C", 0]))).toThrow("weighted must have a weight above 0");
    expect(() => weighted(of(["C", -1]))).toThrow("weighted[0].weight must be at least 0, got -1");
    expect(() => weighted(of(["C"]), { threshold: 0 })).toThrow("weighted.threshold must be more than 0, got 0");
  });
});
const modelGradedWithout: Scorer = Object.assign(() => unscored("the grader's reply has no grade"), {
  scorerName: "judge",
});

describe("on", () => {
  it("scores what is made of the reply, under the scorer's name", async () => {
    const scorer = on((reply) => reply.split("####").at(-1), numeric());
    expect(await value(scorer, "12 then 13 #### 14", "14")).toBe("C");
    expect(scorer.scorerName).toBe("numeric");
    expect(
      await value(
        on((reply) => JSON.parse(reply).city, equals("Paris")),
        '{"city":"Paris"}',
      ),
    ).toBe("C");
    expect(
      await value(
        on(async () => 5, equals("5")),
        "x",
      ),
    ).toBe("C");
  });

  it("takes nothing for no answer, also under not", async () => {
    for (const made of [undefined, null, "", " \n"]) {
      expect(
        await value(
          on(() => made, contains("a")),
          "a",
        ),
      ).toBe("N");
      expect(await value(not(on(() => made, contains("a"))), "a")).toBe("N");
      expect(
        await value(
          on(() => made, not(contains("a"))),
          "a",
        ),
      ).toBe("N");
    }
  });

  it("says why where the transform fails or gives no text, and is not wrong then", async () => {
    expect(
      await grade(
        on((reply) => JSON.parse(reply), contains("a")),
        "no json",
      ),
    ).toMatchObject({
      value: null,
      unscored: expect.stringMatching(/^the transform failed: Unexpected token/),
    });
    expect(
      await grade(
        on(() => ({}) as never, contains("a")),
        "x",
      ),
    ).toMatchObject({ value: null, unscored: "the transform gave {}, which is not text" });
  });

  it("leaves the state of the solver alone", async () => {
    const state = replied("a");
    await on(() => "b", contains("b"))(state, []);
    expect(state.output?.content).toBe("a");
  });
});

describe("a scorer made of others", () => {
  it("tells their parts to the description of the experiment, so that a changed part is noticed", async () => {
    const { describePart } = await import("#src/solver/describe");
    const parts = [
      not(contains("a")),
      not(contains("b")),
      not(contains("a", { ignoreCase: true })),
      weighted([{ scorer: contains("a") }]),
      weighted([{ scorer: contains("a"), weight: 2 }]),
      weighted([{ scorer: contains("a") }], { threshold: 1 }),
      on((reply) => reply.trim(), contains("a")),
      on((reply) => reply, contains("a")),
      isJson(),
      isJson({ schema: { type: "object" } }),
      isJson({ schema: z.object({ a: z.number() }) }),
      equalsJson({ a: 1 }),
      equalsJson({ a: 2 }),
    ].map((each) => JSON.stringify(describePart(each)));
    expect(new Set(parts).size).toBe(parts.length);
  });

  it("hands on what a grader costs: it passes generate on", async () => {
    const seen: unknown[] = [];
    const spy: Scorer = (_, __, generate) => {
      seen.push(generate);
      return { value: "C" };
    };
    const generate = (async () => replied("x")) as never;
    for (const each of [not(spy), weighted([{ scorer: spy }]), on((reply) => reply, spy)])
      await each(replied("x"), [], generate);
    expect(seen).toEqual([generate, generate, generate]);
    expect(modelGraded().scorerName).toBe("modelGraded");
  });
});
