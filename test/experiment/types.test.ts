import { expect, expectTypeOf, it } from "vitest";
import { run } from "#src/app/run";
import { jsonl } from "#src/dataset/file";
import { defineExperiment } from "#src/experiment/define";
import { sweep } from "#src/experiment/sweep";
import { memoryStore } from "#src/store/memory";

const metrics = ["accuracy"];

it("the type of a row reaches run and the hooks", () => {
  defineExperiment({
    name: "rows",
    dataset: [{ text: "a", isSpam: true }],
    conditions: [
      {
        name: "one",
        run: (item) => {
          expectTypeOf(item).toEqualTypeOf<{ text: string; isSpam: boolean }>();
          return { accuracy: item.isSpam };
        },
      },
    ],
    metrics,
    hooks: {
      beforeCondition: (_, item) => expectTypeOf(item).toEqualTypeOf<{ text: string; isSpam: boolean }>(),
    },
  });
});

it("so does that of a file, and of what a function gives", () => {
  defineExperiment({
    name: "file",
    dataset: jsonl<{ question: string }>("questions.jsonl"),
    conditions: [{ name: "one", run: ({ question }) => ({ accuracy: question.length }) }],
    metrics,
  });
  defineExperiment({
    name: "function",
    dataset: async () => [{ n: 1 }],
    conditions: [{ name: "one", run: ({ n }) => ({ accuracy: n }) }],
    metrics,
  });
});

it("so does that of rows, in conditions that sweep and each make", () => {
  const named = { name: "rows", metrics };
  const { conditions } = defineExperiment({
    ...named,
    conditions: ({ sweep, each }) => [
      ...sweep({ k: [1, 2], by: ["a", "b"] }, ({ k, by }) => ({
        name: `${by}${k}`,
        run: (row, { random }) => {
          expectTypeOf(row).toEqualTypeOf<{ n: number }>();
          expectTypeOf(k).toEqualTypeOf<1 | 2>();
          return row.n * k * random();
        },
      })),
      ...each(["c", "d"], (name, i) => ({ name, run: async (row) => ({ accuracy: row.n + i }) })),
      { name: "plain", run: ({ n }) => n },
    ],
    dataset: [{ n: 1 }], // in any order
  });
  expect(conditions.map(({ name }) => name)).toEqual(["a1", "b1", "a2", "b2", "c", "d", "plain"]);
  expect(conditions[2]!.factors).toEqual({ k: 2, by: "a" });
  defineExperiment({
    ...named,
    dataset: [{ n: 1 }],
    // @ts-expect-error rows have no m
    conditions: ({ sweep }) => sweep({ k: [1] }, ({ k }) => ({ name: `${k}`, run: (row) => row.m * k })),
  });
  defineExperiment({
    ...named,
    dataset: [{ n: 1 }],
    conditions: ({ each }) => each(["a"], (name) => ({ name, run: (row) => row.n, solver: undefined })),
  });
});

it("so does that of rows, in lists in lists of any makers, where a function makes them", () => {
  type Row = { n: number };
  const { conditions } = defineExperiment({
    name: "nested",
    dataset: [{ n: 1 }],
    metrics,
    conditions: (_) => [
      sweep({ k: [1, 2] }, ({ k }) => ({
        name: `swept ${k}`,
        run: (row) => {
          expectTypeOf(row).toEqualTypeOf<Row>();
          return row.n * k;
        },
      })),
      ["a", "b"].map((name) => ({ name, run: (row) => ({ accuracy: expectTypeOf(row).toEqualTypeOf<Row>() }) })),
      ["c", "d"].map((by) =>
        sweep({ k: [1] }, ({ k }) => ({ name: `${by} ${k}`, run: async (row) => ({ accuracy: row.n * k }) })),
      ),
      { name: "plain", run: ({ n }) => n },
    ],
  });
  expect(conditions.map(({ name }) => name)).toEqual(["swept 1", "swept 2", "a", "b", "c 1", "d 1", "plain"]);
  defineExperiment({
    name: "misspelled",
    dataset: [{ n: 1 }],
    metrics,
    // @ts-expect-error rows have no m
    conditions: (_) => ["a"].map((name) => ({ name, run: (row) => row.m })),
  });
  const endless: never[] = [];
  endless.push(endless as never, { name: "a", run: () => 1 } as never);
  expect(() => defineExperiment({ name: "x", dataset: [1], metrics, conditions: endless })).toThrow("conditions[0]");
});

it("a gate on a metric that is named nowhere is an error of the compiler, where names are literal", () => {
  const base = {
    name: "gated",
    dataset: [{ n: 1 }],
    conditions: [{ name: "a", run: () => ({ accuracy: 1, tokens: 2 }) }],
  };
  const level = { condition: "a", atLeast: 0 } as const;
  defineExperiment({
    ...base,
    metrics: ["accuracy", { name: "tokens", direction: "lower" }],
    customMetrics: [{ name: "ratio", direction: "higher", fn: ({ accuracy = 0, tokens = 1 }) => accuracy / tokens }],
    gates: [
      { metric: "accuracy", ...level },
      { metric: "tokens", ...level },
      { metric: "ratio", ...level },
    ],
  });
  const misspelled = () =>
    defineExperiment({
      ...base,
      metrics: ["accuracy"],
      // @ts-expect-error acuracy is no metric
      gates: [{ metric: "acuracy", ...level }],
    });
  expect(misspelled).toThrow('Did you mean "accuracy"?');
  const names: string[] = ["accuracy"];
  defineExperiment({ ...base, metrics: names, gates: [{ metric: names[0]!, ...level }] }); // known only when it runs
});

it("a field that no row has is an error of the compiler", () => {
  defineExperiment({
    name: "misspelled",
    dataset: [{ text: "a" }],
    // @ts-expect-error rows have no txt
    conditions: [{ name: "one", run: ({ txt }) => ({ accuracy: txt.length }) }],
    metrics,
  });
});

it("a copy of an experiment with another name is one, and so is a plain object", async () => {
  const written = { name: "x", dataset: [{ id: "a", n: 1 }], conditions: [{ name: "a", run: () => ({ v: 1 }) }] };
  const experiment = defineExperiment({ ...written, metrics: ["v"], repeat: 2 });
  const options = { store: () => memoryStore(), formats: [] };
  expect((await run({ ...experiment, name: "copy" }, options)).accounting.succeeded).toBe(2);
  expect((await run({ ...written, metrics: ["v"] } as never, options)).accounting.succeeded).toBe(1);
  await expect(run({ ...experiment, repeat: 0 }, options)).rejects.toThrow("repeat must be at least 1, got 0");
});
