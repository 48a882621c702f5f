import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { defineExperiment } from "#src/experiment/define";
import { apart, ConfigError, checkAll, faultIn, together } from "#src/kernel/errors";
import { draws } from "../runs.ts";

const right = { name: "x", dataset: [1], conditions: [{ name: "a", run: () => 1 }], metrics: ["accuracy"] };

interface Draft {
  config?: object;
  conditions: object[];
  metrics: unknown[];
}

/** Mistakes that do not bear on each other: what is written, and the path that is named for it. */
const mistakes: readonly (readonly [path: string, change: (definition: Draft) => void])[] = [
  ["repeat", (d) => Object.assign(d, { repeat: "3" })],
  ["repeats", (d) => Object.assign(d, { repeats: 3 })],
  ["name", (d) => Object.assign(d, { name: undefined })],
  ["config.timeoutMS", (d) => Object.assign(d, { config: { ...d.config, timeoutMS: 3 } })],
  ["config.maxParallel", (d) => Object.assign(d, { config: { ...d.config, maxParallel: 0 } })],
  ["conditions[1].name", (d) => d.conditions.push({ name: "a", run: () => 1 })],
  ["metrics[1]", (d) => d.metrics.push("accuracy")],
  ["statisticalAnalysis.baseline", (d) => Object.assign(d, { statisticalAnalysis: { baseline: "b" } })],
  ["hooks.onError", (d) => Object.assign(d, { hooks: { onError: 3 } })],
  ["gates[0].metric", (d) => Object.assign(d, { gates: [{ metric: "no", condition: "a", atLeast: 1 }] })],
];

function faultOf(definition: unknown): ConfigError | undefined {
  try {
    defineExperiment(definition as typeof right);
    return undefined;
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
}

describe("a definition", () => {
  it("is told all its mistakes at once, and no other", () => {
    fc.assert(
      fc.property(fc.subarray([...mistakes]), (made) => {
        const definition = { ...right, conditions: [...right.conditions], metrics: [...right.metrics] };
        for (const [, change] of made) change(definition);
        const fault = faultOf(definition);
        const said = fault ? apart(fault).map(({ path }) => path) : [];
        expect(said.sort()).toEqual(made.map(([path]) => path).sort());
      }),
      draws(200, 600),
    );
  });

  it("is not told of what is wrong only because something else is", () => {
    const definition = {
      ...right,
      conditions: [{ name: "a", run: 3 }],
      metrics: [{ name: "accuracy", reducer: "pass_at_3" }],
      repeat: "3",
    };
    expect(
      apart(faultOf(definition)!)
        .map(({ path }) => path)
        .sort(),
    ).toEqual(["conditions[0].run", "repeat"]);
  });
});

describe("checkAll", () => {
  it("throws one error with a line for each that was found, and what is no ConfigError at once", () => {
    const fail = (path: string) => () => {
      throw new ConfigError(path, "is wrong");
    };
    expect(() => checkAll([fail("a"), () => {}, fail("b")])).toThrow(/^a is wrong\nb is wrong$/);
    expect(() => checkAll([fail("a"), () => JSON.parse("{")])).toThrow(SyntaxError);
    expect(checkAll([() => {}])).toBeUndefined();
  });

  it("tells where each was found", () => {
    const both = together([new ConfigError("a", "is wrong"), new ConfigError("b", "is wrong")]);
    expect(faultIn("x.jsonl:3", both).message).toBe("x.jsonl:3: a is wrong\nx.jsonl:3: b is wrong");
  });
});
