import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { digestBuilder, type FailureDigest, type WrongWhere, wrongWhereOf } from "#src/analysis/failure-digest";
import { analyse } from "#src/analysis/index";
import type { FinalStatus, Outcome } from "#src/experiment/outcome";
import type { FailureKind } from "#src/kernel/failure";
import { digestBlocks } from "#src/reports/digest";
import { expectLinear, repeated } from "../support.ts";

fc.configureGlobal({ seed: 42 });

const wrongWhere = { field: "accuracy", value: 0 };
const row = (ordinal: number, more: Partial<Outcome> = {}): Outcome => ({
  ordinal,
  condition: "a",
  itemId: `i${ordinal}`,
  repeat: 0,
  finalStatus: "success",
  metrics: { accuracy: 0 },
  attempts: 1,
  retryDelaysMs: [],
  errorHistory: [],
  elapsedMs: 1,
  startedAt: 0,
  worker: "inline",
  ...more,
});
const failed = (ordinal: number, message: string): Outcome =>
  row(ordinal, { finalStatus: "failed_permanent", metrics: {}, error: { kind: "not_found", message } });
const explained = (ordinal: number, explanation: string, completion = "yes"): Outcome =>
  row(ordinal, {
    metrics: { accuracy: 0, judge: 0 },
    output: { completion, scores: { judge: { value: "I", explanation } } },
  });
const digestOf = (rows: Iterable<Outcome>, where: WrongWhere | null = wrongWhere, most?: number): FailureDigest => {
  const builder = digestBuilder(where ?? undefined);
  for (const one of rows) builder.add(one);
  return builder.digest(most);
};

/** Words without a digit, all different. */
const word = (i: number): string =>
  String.fromCharCode(...[i % 26, Math.floor(i / 26) % 26, Math.floor(i / 676)].map((n) => 97 + n));

const anyRow = fc.record({
  condition: fc.constantFrom("a", "b", "__proto__"),
  finalStatus: fc.constantFrom<FinalStatus>(
    "success",
    "failed_permanent",
    "failed_retries_exhausted",
    "skipped",
    "unscored",
  ),
  accuracy: fc.constantFrom(0, 1),
  kind: fc.constantFrom<FailureKind>("timeout", "unknown"),
  said: fc.array(fc.nat(4).map(word), { maxLength: 2 }).map((words) => words.join(" ")),
  completion: fc.string({ maxLength: 12 }),
  finishReason: fc.constantFrom("stop", "length", "content_filter", undefined),
});
type AnyRow = typeof anyRow extends fc.Arbitrary<infer T> ? T : never;
const outcomeOf = (
  { condition, finalStatus, accuracy, kind, said, completion, finishReason }: AnyRow,
  ordinal: number,
): Outcome =>
  row(ordinal, {
    condition,
    finalStatus,
    metrics: finalStatus === "success" ? { accuracy, judge: accuracy } : {},
    output: { completion, ...(finishReason && { finishReason }), scores: { judge: { value: "I", explanation: said } } },
    ...(finalStatus === "success" ? {} : { error: { kind, message: said } }),
  });

describe("the digest of tasks that are not right", () => {
  it("counts each once, in its group and condition or among the others, whatever the order of rows", () => {
    const drawn = fc.array(anyRow, { maxLength: 400 }).chain((rows) => {
      const outcomes = rows.map(outcomeOf);
      return fc.tuple(fc.constant(outcomes), fc.shuffledSubarray(outcomes, { minLength: outcomes.length }));
    });
    fc.assert(
      fc.property(drawn, ([rows, shuffled]) => {
        const digest = digestOf(rows, wrongWhere, 4);
        expect(digestOf(shuffled, wrongWhere, 4)).toEqual(digest);
        const right = rows.filter((one) => one.finalStatus === "success" && one.metrics.accuracy === 1).length;
        expect(digest.tasks).toBe(rows.length - right);
        expect(Object.values(digest.outcomes).reduce((sum, n) => sum + n, 0)).toBe(digest.tasks);
        expect(digest.groups.reduce((sum, { tasks }) => sum + tasks, digest.others.tasks)).toBe(digest.tasks);
        for (const { tasks, conditions, example } of digest.groups) {
          expect(Object.values(conditions).reduce((sum, n) => sum + n, 0)).toBe(tasks);
          expect(rows[example.ordinal]).toMatchObject({ itemId: example.itemId, condition: example.condition });
        }
      }),
      { numRuns: 60 },
    );
  });

  it("brings together what differs in numbers and ids, and gives the first of the plan as the example", () => {
    const { groups } = digestOf([
      failed(7, "no page 9 of req_a1"),
      failed(3, "no page 12 of req_b2"),
      failed(5, "gone"),
    ]);
    expect(groups.map(({ message, tasks, example }) => [message, tasks, example.itemId])).toEqual([
      ["no page 12 of req_b2", 2, "i3"],
      ["gone", 1, "i5"],
    ]);
  });

  it("tells wrong tasks apart by end and length of the reply, a tool's error and the explanation of the scorer", () => {
    const messages = [
      { role: "tool", name: "search", toolCallId: "1", content: "Error: no route", error: "no route" },
      { role: "tool", name: "search", toolCallId: "2", content: "fine" },
    ];
    const { groups } = digestOf([
      row(0, { output: { completion: "", finishReason: "length" } }),
      row(1, { output: { completion: "x".repeat(345), messages } }),
      explained(2, "The sum is off by 3"),
      explained(3, "The sum is off by 4"),
      row(4),
    ]);
    expect(groups.map(({ example: _, conditions: __, outcome: ___, ...group }) => group)).toEqual([
      { message: "The sum is off by 3", length: 1, tasks: 2 },
      { message: "", ending: "cut off", length: 0, tasks: 1 },
      { message: "no route", tool: "search", length: 100, tasks: 1 },
      { message: "", tasks: 1 },
    ]);
  });

  it("takes the explanation of the scorer that is the metric, in whatever order a store keeps scores", () => {
    const told = {
      a: { value: 1, explanation: "right" },
      b: { value: 0, explanation: "no sum" },
      c: { value: 0, explanation: "long" },
    };
    const messageOf = (scores: object, metrics: Outcome["metrics"], first?: string) => {
      const builder = digestBuilder(wrongWhere, () => first);
      builder.add(row(0, { metrics: { accuracy: 0, ...metrics }, output: { scores } }));
      return builder.digest().groups[0]!.message;
    };
    expect(messageOf(told, { a: 1, b: 0, c: 0 }, "c")).toBe("long");
    expect(messageOf(told, { a: 1, b: 0, c: 0 })).toBe(""); // b or c: it is not known which
    expect(messageOf({ a: told.a, b: told.b }, { a: 1, b: 0 })).toBe("no sum");
  });

  it("says why unscored tasks are so", () => {
    const output = { completion: "4", scores: { judge: { value: null, unscored: "the grader's reply has no grade" } } };
    expect(digestOf([row(0, { finalStatus: "unscored", metrics: {}, output })]).groups).toMatchObject([
      { outcome: "unscored", message: "the grader's reply has no grade", length: 1 },
    ]);
  });

  it("takes memory that does not grow with different texts, keeps what is frequent by its first words, and says so", () => {
    const told = Array.from({ length: 4500 }, (_, i) =>
      explained(i, i % 3 === 0 ? `Wrong unit in the answer ${word(i)} ${word(i)}` : `${word(i)} ${word(i + 1)}`),
    );
    const digest = digestOf([...told, failed(4500, "gone")]);
    expect(digest).toMatchObject({ tasks: 4501, isShortened: true, others: { tasks: 0 } });
    expect(digest.groups.map(({ outcome, message, tasks }) => [outcome, message, tasks])).toEqual([
      ["failed", "gone", 1],
      ["wrong", "", 4500],
    ]);
    const alike = told.filter((_, i) => i % 3 === 0 || i < 900);
    expect(digestOf(alike).groups[0]).toMatchObject({ message: "Wrong unit in the ...", tasks: 1500 });
  });

  it("calls a task wrong only where the first metric says so", () => {
    const where = (values: readonly number[], metric: string | { name: string; direction: "lower" | "none" }) =>
      wrongWhereOf(
        analyse(
          values.map((accuracy, i) => ({ condition: "a", itemId: i, accuracy })),
          { metrics: [metric] } as never,
        ),
      );
    const named = (direction: "lower" | "none") => ({ name: "accuracy", direction });
    expect(where([0, 1, 1], "accuracy")).toEqual({ field: "accuracy", value: 0 });
    expect(where([0, 0.5, 1], "accuracy")).toEqual({ field: "accuracy", value: 0 });
    expect(where([0, 1, 1], named("lower"))).toEqual({ field: "accuracy", value: 1 });
    for (const unsaid of [where([0, 3, 9], "accuracy"), where([0.5, 1], named("lower")), where([0, 1], named("none"))])
      expect(unsaid).toBeUndefined();
    const { groups } = digestOf([row(0), failed(1, "gone")], null);
    expect(groups.map(({ outcome }) => outcome)).toEqual(["failed"]);
  });

  it("is read by odd rows: outputs of any shape, secrets, control characters, a kind that nobody knows", () => {
    const odd: Partial<Outcome>[] = [
      { output: { messages: [null, 7, { role: "tool", error: "Bearer abcdef123456" }] } },
      { output: { scores: null, limit: "token", completion: 7 } } as never,
      { output: { scores: { judge: null }, messages: "none", limit: { type: "\u001b[31m" } } } as never,
      { finalStatus: "failed_permanent", error: { kind: "<b>", message: 7 } as never },
      { finalStatus: "failed_permanent" },
      { output: { explanation: "<script>\n\u001b[2J 名前 🙂" } },
    ];
    const digest = digestOf(odd.map((one, i) => row(i, one)));
    expect(digest.tasks).toBe(odd.length);
    expect(JSON.stringify(digest)).not.toContain("abcdef");
    expect(digestBlocks(digest, "exp")[0]).toMatchObject({
      kind: "table",
      table: { rows: { length: digest.groups.length } },
    });
  });

  it("takes linear time on whatever is said", async () => {
    for (const piece of ["a", "a1 ", "1.", "- "])
      await expectLinear((text) => digestOf([explained(0, text), failed(1, text)]), repeated(piece), 100_000);
  });
});
