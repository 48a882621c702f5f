import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toItems } from "#src/dataset/dataset";
import { datasetOptions } from "#src/dataset/options";
import { chosenConditions, partOf, withConditions } from "#src/experiment/chosen";
import { defineExperiment } from "#src/experiment/define";
import { isMeantBy } from "#src/kernel/glob";
import { expectLinear } from "../support.ts";

const experiment = defineExperiment({
  name: "x",
  dataset: [1],
  conditions: ["a", "b", "b*", "c 2"].map((name) => ({ name, run: () => ({ accuracy: 1 }) })),
  metrics: ["accuracy"],
  gates: [
    { metric: "accuracy", condition: "a", atLeast: 0.5 },
    { metric: "accuracy", difference: ["b", "a"], notWorseThan: 0.1 },
  ],
  statisticalAnalysis: { baseline: "a" },
});
const namesOf = (patterns: string[]): string[] =>
  withConditions(experiment, patterns).conditions.map(({ name }) => name);

describe("a pattern", () => {
  it("means what the regular expression with .* and . in place of * and ? matches", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "b", "*", "?", "."), maxLength: 8 });
    fc.assert(
      fc.property(text, text, (pattern, given) => {
        const written = pattern.replace(/[.*?]/g, (sign) => (sign === "*" ? ".*" : sign === "?" ? "." : "\\."));
        expect(isMeantBy(pattern, given)).toBe(pattern === given || new RegExp(`^(?:${written})$`).test(given));
      }),
    );
  });

  it("takes time in proportion to the text", async () => {
    await expectLinear(
      (text) => isMeantBy("*a*b*a*c", text),
      (length) => "ab".repeat(length / 2),
      400_000,
    );
  });
});

describe("an experiment of which some conditions are run", () => {
  it("has them in its own order, by name or pattern, each once", () => {
    expect(namesOf(["c*", "a"])).toEqual(["a", "c 2"]);
    expect(namesOf(["b*", "b"])).toEqual(["b", "b*"]);
    expect(namesOf(["*"])).toHaveLength(4);
  });

  it("has no baseline that is left out, and no gate on what is left out", () => {
    const { statisticalAnalysis, gates } = withConditions(experiment, ["b*"]);
    expect(statisticalAnalysis.baseline).toBeUndefined();
    expect(gates).toEqual([]);
    expect(withConditions(experiment, ["a"])).toMatchObject({
      statisticalAnalysis: { baseline: "a" },
      gates: [{ condition: "a" }],
    });
    expect(withConditions(experiment, ["a", "b"]).gates).toHaveLength(2);
  });

  it("says of a name that no condition has which is nearest", () => {
    expect(() => namesOf(["a", "c3"])).toThrow(
      'condition must name conditions of the experiment, got "c3". Did you mean "a"?',
    );
  });

  it("is the part that another process makes of the same file", () => {
    const names = chosenConditions({ ...withConditions(experiment, ["a", "c*"]) });
    expect(names).toEqual(["a", "c 2"]);
    expect(partOf(experiment, names).conditions.map(({ name }) => name)).toEqual(names);
    expect(chosenConditions(partOf(experiment, names))).toEqual(names); // and again, in threads of that process
    expect(chosenConditions(experiment)).toBeUndefined();
    expect(partOf(experiment, undefined)).toBe(experiment);
  });
});

describe("datasetConfig.items", () => {
  const rows = ["q-1", "q-2", "q-10", "r-1"].map((id) => ({ row: { id }, place: id }));
  const drawn = (options: object): string[] => toItems(rows, datasetOptions.parse(options), 1).map(({ id }) => id);

  it("leaves those that are named, before a limit cuts", () => {
    expect(drawn({ items: ["q-?", "r-1"] })).toEqual(["q-1", "q-2", "r-1"]);
    expect(drawn({ items: ["q-*"], limit: 2, shuffle: true })).toHaveLength(2);
  });

  it("must each name an item", () => {
    expect(() => drawn({ items: ["q-1", "s*"] })).toThrow(
      'datasetConfig.items must name items, got "s*". There is: q-1, q-2, q-10, r-1',
    );
  });
});
