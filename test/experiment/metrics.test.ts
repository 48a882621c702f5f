import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  aggregates,
  flatten,
  flattenReturned,
  possibleFields,
  readMetric,
  readMetrics,
  split,
} from "#src/experiment/metrics";

fc.configureGlobal({ seed: 42 });

describe("a metric's name", () => {
  it("is the mean of its field when it is plain", () => {
    expect(readMetric("accuracy", ["accuracy"])).toEqual({
      name: "accuracy",
      from: "accuracy",
      aggregate: "mean",
      direction: "higher",
    });
  });

  it.each(aggregates)("may end in _%s for that aggregate of its field", (aggregate) => {
    expect(readMetric(`score_${aggregate}`, ["score"])).toMatchObject({ from: "score", aggregate });
  });

  it("may end in _per_query for the mean of its field", () => {
    expect(readMetric("cost_per_query", ["cost"])).toMatchObject({
      from: "cost",
      aggregate: "mean",
      direction: "lower",
    });
  });

  it("is read literally when a field bears the whole name", () => {
    expect(readMetric("latency_p99", ["latency", "latency_p99"])).toMatchObject({
      from: "latency_p99",
      aggregate: "mean",
    });
    expect(readMetric("cost_per_query", ["cost", "cost_per_query"])).toMatchObject({ from: "cost_per_query" });
  });

  it("may name a nested field by dots", () => {
    expect(readMetric("custom.value_max", ["custom.value"])).toMatchObject({ from: "custom.value", aggregate: "max" });
  });

  it("is nothing when no result has its field", () => {
    expect(readMetric("accuracy", ["latency"])).toBeUndefined();
    expect(readMetric("latency_p98", ["latency"])).toBeUndefined();
  });

  it("can be said in full, and then is not interpreted", () => {
    const full = { name: "slow", from: "latency", aggregate: "p95", direction: "higher", unit: "s" } as const;
    expect(readMetric(full, ["latency"])).toEqual({ ...full, loadDependent: true });
    expect(readMetric({ name: "latency_p99" }, ["latency"])).toBeUndefined();
  });

  it("knows which way is better and what it is counted in, unless told", () => {
    const direction = (name: string) => readMetric(name, [name])?.direction;
    expect(["latency", "cost", "error_rate", "loss", "wer"].map(direction)).toEqual(Array(5).fill("lower"));
    expect(["accuracy", "f1", "reward"].map(direction)).toEqual(Array(3).fill("higher"));
    expect(["score", "tokens", "sentiment"].map(direction)).toEqual(Array(3).fill("none"));
    expect(readMetric("latency_p99", ["latency"])).toMatchObject({ unit: "ms", direction: "lower" });
  });

  it("reads one of its possible fields, and no other", () => {
    const name = fc.stringMatching(/^[a-z]{1,4}(_(mean|p99|per_query|max|x)){0,2}$/);
    fc.assert(
      fc.property(name, fc.array(fc.stringMatching(/^[a-z]{1,4}(_(mean|p99))?$/)), (input, others) => {
        const possible = possibleFields(input);
        for (const field of possible) expect(readMetric(input, [field])?.from).toBe(field);
        const none = others.filter((field) => !possible.includes(field));
        expect(readMetric(input, none)).toBeUndefined();
      }),
    );
  });
});

describe("all metrics of an experiment", () => {
  it("are read in order", () => {
    expect(readMetrics(["b", "a_sum"], ["a", "b"]).map(({ aggregate }) => aggregate)).toEqual(["mean", "sum"]);
  });

  it("are refused when no condition returned one of them, with the nearest name or what there is", () => {
    expect(() => readMetrics(["latency", "acuracy"], ["accuracy", "latency"])).toThrow(
      'metrics[1] names "acuracy", which no condition returned. Did you mean "accuracy"?',
    );
    expect(() => readMetrics([{ name: "x", from: "bleu" }], ["accuracy", "latency"])).toThrow(
      'metrics[0] names "bleu", which no condition returned. There is: accuracy, latency',
    );
  });

  it("are read by their form when every task failed", () => {
    expect(readMetrics(["latency_p99", "accuracy"], [])).toMatchObject([
      { from: "latency", aggregate: "p99" },
      { from: "accuracy", aggregate: "mean" },
    ]);
  });
});

describe("what a condition returned", () => {
  it("is metrics where it is numbers, a yes or no, or objects of them, and output otherwise", () => {
    const { metrics, output } = split({
      accuracy: 1,
      correct: true,
      custom: { value: 2, deep: { yes: false } },
      prediction: "B",
      nothing: null,
      list: [1, 2],
      mixed: { value: 1, text: "x" },
      empty: {},
      broken: Number.NaN,
    });
    expect(metrics).toEqual({ accuracy: 1, correct: true, custom: { value: 2, deep: { yes: false } } });
    expect(Object.keys(output)).toEqual(["prediction", "nothing", "list", "mixed", "empty", "broken"]);
  });

  const returns = fc.dictionary(fc.string(), fc.jsonValue(), { noNullPrototype: true });

  it("is metrics or output, never lost, and whole in the output where not all of it is metrics", () => {
    fc.assert(
      fc.property(returns, (returned) => {
        const { metrics, output } = split(returned);
        expect(flattenReturned(returned, new Set())).toEqual(flatten(metrics));
        expect(new Set([...Object.keys(metrics), ...Object.keys(output)])).toEqual(new Set(Object.keys(returned)));
        for (const [key, value] of Object.entries(output)) expect(value).toBe(returned[key]);
        for (const [key, value] of Object.entries(metrics)) if (!(key in output)) expect(value).toBe(returned[key]);
      }),
    );
  });

  it("loses no number for an invalid sibling", () => {
    const missing = fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, null, undefined);
    const name = fc.stringMatching(/^[a-z]{1,5}$/);
    fc.assert(
      fc.property(fc.dictionary(name, fc.integer(), { minKeys: 1 }), fc.dictionary(name, missing), (good, bad) => {
        const { metrics } = split({ scores: { ...bad, ...good } });
        expect(metrics).toEqual({ scores: good });
      }),
    );
  });

  it("is read for a metric also from within an object that holds other things", () => {
    const returned = { reply: { text: "B", score: { value: 1 }, list: [1] } };
    const { metrics, output } = split(returned, ["reply.score.value", "reply.text", "reply.list.0", "none.x"]);
    expect(metrics).toEqual({ reply: { score: { value: 1 } } });
    expect(output).toEqual(returned);
  });

  it("is never a metric for what has no names of its own, nor thousands of them", () => {
    class Answer {
      readonly score = 1;
    }
    const ring: Record<string, unknown> = { n: 1 };
    ring.self = ring;
    let deep: Record<string, unknown> = { a: 1 };
    for (let i = 0; i < 20_000; i++) deep = { deep };
    const many = Object.fromEntries(Array.from({ length: 2000 }, (_, i) => [`k${i}`, i]));
    const bytes = new Uint8Array(3_000_000);
    const { metrics, output } = split({ bytes, ring, deep, many, answer: new Answer(), when: new Date(0) });
    expect(metrics).toEqual({});
    expect(Object.keys(output)).toEqual(["bytes", "ring", "deep", "many", "answer", "when"]);
  });

  it("has names as any other where they are words of the language", () => {
    const returned = JSON.parse('{"constructor": 1, "__proto__": 2, "toString": 3, "in": {"__proto__": 4}}') as object;
    const { metrics } = split(returned as Record<string, unknown>);
    expect(Object.entries(flatten(metrics))).toEqual([
      ["constructor", 1],
      ["__proto__", 2],
      ["toString", 3],
      ["in.__proto__", 4],
    ]);
    expect(flatten({}).constructor).toBeUndefined();
  });

  it("is read by dotted names, a yes as 1", () => {
    expect(flatten({ accuracy: true, custom: { value: 2, deep: { no: false } } })).toEqual({
      accuracy: 1,
      "custom.value": 2,
      "custom.deep.no": 0,
    });
  });
});
