import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { RunFunction, TaskContext } from "#src/experiment/condition";
import { defineExperiment, type ExperimentInput } from "#src/experiment/define";
import { type AttemptResult, executeAttempt } from "#src/experiment/execute";
import { Schema } from "#src/experiment/metric-schema";
import { toFailure } from "#src/kernel/failure";
import { manualClock } from "#src/testing/manual-clock";

fc.configureGlobal({ seed: 42 });

type Run = (row: never, context: TaskContext) => unknown;

/** One attempt at a condition that does `run`. */
function attempt(run: Run, row: unknown = { n: 1 }, change: Partial<ExperimentInput> = {}): Promise<AttemptResult> {
  const experiment = defineExperiment({
    name: "x",
    dataset: [1],
    conditions: [{ name: "a", run: run as unknown as RunFunction }],
    metrics: ["accuracy"],
    ...change,
  });
  const task = { ordinal: 0, condition: "a", item: { id: "q1", row }, repeat: 0 };
  const place = { clock: manualClock(1000), worker: "here", log: () => {} };
  return executeAttempt(experiment, experiment.conditions[0]!, task, 1, place).result;
}
const returned = async (value: unknown, change: Partial<ExperimentInput> = {}) => {
  const { result } = await attempt(() => value, undefined, change);
  return result.ok ? result.value : result.error;
};

describe("an item", () => {
  it("is the same for every attempt, whatever the attempts before did to it", async () => {
    const row = {
      list: [3, 1, 2],
      deep: { words: ["b", "a"] },
      at: new Date(0),
      seen: new Map([["k", [1]]]),
      names: new Set(["x"]),
      bytes: Buffer.from([1, 2]),
      vector: new Float64Array([1, 2]),
    };
    const seen: unknown[] = [];
    const spoil = (item: typeof row) => {
      seen.push(structuredClone(item));
      item.list.sort();
      item.deep.words.push("c");
      item.at.setFullYear(1999);
      item.seen.get("k")!.push(2);
      item.seen.delete("k");
      item.names.clear();
      item.bytes.fill(9);
      item.vector[0] = 9;
      Object.assign(item, { added: true });
      return 1;
    };
    for (let i = 0; i < 3; i++) await attempt(spoil as unknown as Run, row);
    expect(seen[1]).toEqual(seen[0]);
    expect(seen[2]).toEqual(seen[0]);
  });
});

describe("what is returned beside metrics", () => {
  it.each([
    ["an error", new Error("the model said no"), { message: "the model said no", name: "Error" }],
    ["a map", new Map([["A", 3]]), { $map: [["A", 3]] }],
    ["a set", new Set(["x"]), { $set: ["x"] }],
    ["a buffer", Buffer.from("hi"), { $bytes: "aGk=" }],
    ["an embedding", new Float32Array([0.5, 1]), [0.5, 1]],
    ["a pattern", /x/, { $regexp: "/x/" }],
    [
      "an object of a class",
      new (class Answer {
        text = "B";
        score = 1;
      })(),
      { text: "B", score: 1 },
    ],
  ])("is output that can be read where it is %s", async (_, value, read) => {
    expect(await returned({ accuracy: 1, value })).toMatchObject({ metrics: { accuracy: 1 }, output: { value: read } });
  });

  it("may hold itself, and may be deep", async () => {
    const socket: Record<string, unknown> = {};
    socket.parser = { socket };
    let deep: unknown = { a: 1 };
    for (let i = 0; i < 20_000; i++) deep = { deep };
    expect(await returned({ accuracy: 1, socket, deep })).toMatchObject({ scored: true });
    expect(await returned(deep)).toMatchObject({ scored: false });
  });

  it("is left out by name and size where no store could hold it, and costs no other its place", async () => {
    const answer = "B";
    const text = "x".repeat(40_000_000);
    const omitted = { $tooLarge: expect.stringMatching(/^\d+ characters$/) };
    const both = await returned({ accuracy: 1, text, more: text, answer });
    expect(both).toEqual({
      metrics: expect.objectContaining({ accuracy: 1 }),
      scored: true,
      output: { text, more: omitted, answer },
    });
    const nested = { deep: Array.from({ length: 15 }, () => text) }; // longer than a text may be
    expect(await returned({ accuracy: 1, nested, answer, list: [text] })).toEqual({
      metrics: expect.objectContaining({ accuracy: 1 }),
      scored: true,
      output: { nested: { $tooLarge: expect.stringMatching(/^more than \d+ characters$/) }, answer, list: [text] },
    });
  });

  it("may be large: byte by byte it would pass this test's time limit", async () => {
    const value = await returned({ accuracy: 1, image: Buffer.alloc(3_000_000, 7) });
    expect(value).toMatchObject({ metrics: { accuracy: 1 } });
  });

  it.each([
    ["an error", new Error("no"), "returned Error: no; a condition returns"],
    ["bytes", Buffer.from("x"), "a condition returns an object"],
    ["a map", new Map([["accuracy", 1]]), "a condition returns an object"],
  ])("is not an answer by itself where it is %s", async (_, value, sentence) => {
    expect(await returned(value)).toMatchObject({
      kind: "invalid_metric",
      message: expect.stringContaining(sentence) as string,
    });
  });

  it("costs no other member its value where it is not a number", async () => {
    const metrics = ["scores.precision", "scores.recall"];
    for (const recall of [Number.NaN, null, undefined, "n/a", [1], Number.NEGATIVE_INFINITY])
      expect(await returned({ scores: { precision: 0, recall } }, { metrics })).toMatchObject({
        metrics: { scores: { precision: 0 } },
        scored: true,
      });
  });

  it("is a number for a schema that wants one where it is a yes or a no", async () => {
    const metricSchemas = { accuracy: Schema.probability(), n: Schema.integer(), many: Schema.float({ min: 2 }) };
    expect(await returned({ accuracy: true, n: false, many: true }, { metricSchemas })).toMatchObject({
      metrics: { accuracy: 1, n: 0 },
      invalidMetrics: ["many below_min true"],
    });
  });

  it("has any name", async () => {
    const value = JSON.parse('{"constructor": 1, "__proto__": 2, "toString": "x"}') as object;
    const read = await returned(value, { metrics: ["constructor"] });
    expect(read).toMatchObject({ scored: true });
    expect(Object.entries("metrics" in read ? read.metrics : {})).toContainEqual(["__proto__", 2]);
    expect(await returned({ accuracy: 1 }, { metrics: ["toString"] })).toMatchObject({ scored: false });
  });
});

const noAmount = fc.oneof(
  fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, -1, "0.10", "", true, null, [0.1], {}, 1n),
  fc.double({ max: -Number.MIN_VALUE, noNaN: true }),
);

describe("money", () => {
  it("that is not a finite number of at least 0 is refused where it is charged, and the attempt fails though that is caught", async () => {
    await fc.assert(
      fc.asyncProperty(noAmount, fc.boolean(), async (amount, isCaught) => {
        let refused: unknown;
        const { result, cost } = await attempt((_, { charge }) => {
          charge(0.25);
          try {
            charge(amount as number);
          } catch (error) {
            refused = error;
            if (!isCaught) throw error;
          }
          return { accuracy: 1 };
        });
        expect(refused).toBeInstanceOf(RangeError);
        expect(result.ok).toBe(false);
        expect(cost).toBe(0.25);
      }),
    );
  });

  it("that is not a finite number of at least 0 is refused where it is returned, and what was charged counts", async () => {
    await fc.assert(
      fc.asyncProperty(noAmount, async (cost) => {
        fc.pre(cost !== null); // not returned
        const ended = await attempt((_, { charge }) => {
          charge(0.25);
          return { accuracy: 1, cost };
        });
        expect(ended.cost).toBe(0.25);
        expect(ended.result).toMatchObject({
          ok: false,
          error: { kind: "invalid_metric", message: expect.stringContaining("returned a cost of") as string },
        });
      }),
    );
  });

  it("never adds up to more than a number holds", async () => {
    const { result, cost } = await attempt((_, { charge }) => {
      charge(1e308);
      charge(1e308);
      return 1;
    });
    expect(result.ok).toBe(false);
    expect(cost).toBe(1e308);
  });
});

/** Values that break when they are looked at. */
const hostile: readonly (readonly [string, () => unknown])[] = [
  ...["message", "name", "cause", "status", "constructor", "headers", "data", "code", "errors", "failure"].map(
    (field) =>
      [
        `an error whose ${field} throws`,
        () =>
          Object.defineProperty(new Error("x"), field, {
            get() {
              throw new Error("gotcha");
            },
          }),
      ] as const,
  ),
  [
    "a revoked proxy",
    () => {
      const { proxy, revoke } = Proxy.revocable({}, {});
      revoke();
      return proxy;
    },
  ],
  [
    "a revoked function",
    () => {
      const { proxy, revoke } = Proxy.revocable(() => {}, {});
      revoke();
      return proxy;
    },
  ],
  [
    "a proxy that throws",
    () =>
      new Proxy(
        {},
        {
          get() {
            throw new Error("trap");
          },
        },
      ),
  ],
  [
    "what refuses to be text",
    () => ({
      toString() {
        throw new Error("no");
      },
      toJSON() {
        throw new Error("no");
      },
    }),
  ],
  ["a symbol", () => Symbol("s")],
  ["a text of 30 MB", () => "x".repeat(30_000_000)],
  ["an error of 30 MB", () => new Error("sk-".repeat(10_000_000))],
  ["an object without a prototype", () => Object.create(null)],
  ["nothing", () => undefined],
];

describe.each(hostile)("%s", (_, make) => {
  const failed = { result: { ok: false, error: { message: expect.any(String) as string } } };

  it("that is thrown, or rejected with, fails the attempt", async () => {
    const throws = await attempt(() => {
      throw make();
    });
    expect(throws).toMatchObject(failed);
    expect(await attempt(() => Promise.reject(make()))).toMatchObject(failed);
    expect(throws.result.ok || throws.result.error.message.length).toBeLessThan(1200);
  });

  it("becomes a failure anywhere", () => {
    expect(typeof toFailure(make(), 0).message).toBe("string");
    expect(typeof toFailure({ cause: make(), error: make(), response: make() }, 0).message).toBe("string");
  });

  it("that is returned ends the attempt", async () => {
    expect(await attempt(make)).toHaveProperty("result");
    expect(await attempt(() => ({ accuracy: 1, odd: make() }))).toHaveProperty("result");
  });
});

describe("a promise of one's own making", () => {
  it("that resolves to itself fails the attempt", async () => {
    // biome-ignore lint/suspicious/noThenProperty: it is what is tested
    const own = { then: (resolve: (value: unknown) => void) => resolve(own) };
    expect(await attempt(() => own)).toMatchObject({
      result: { ok: false, error: { message: expect.stringContaining("again and again") as string } },
    });
  });

  it("whose then throws, or is a getter that throws, fails the attempt", async () => {
    const then = {
      // biome-ignore lint/suspicious/noThenProperty: it is what is tested
      get then() {
        throw new Error("not thenable");
      },
    };
    expect(await attempt(() => then)).toMatchObject({ result: { ok: false, error: { message: "not thenable" } } });
  });
});

describe("a failure of another copy of the library", () => {
  it("is cut, and freed of secrets and of what is not a failure's", () => {
    const failure = {
      kind: "rate_limited",
      message: `Bearer abcdef123456 ${"x".repeat(5000)}`,
      status: "429",
      more: 1,
    };
    const read = toFailure({ name: "FailureError", failure }, 0);
    expect(read).toMatchObject({ kind: "rate_limited" });
    expect(read.message).toMatch(/^Bearer \[redacted\] x/);
    expect(read.message.length).toBe(1000);
    expect(Object.keys(read)).toEqual(["kind", "message"]);
  });
});
