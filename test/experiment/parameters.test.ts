import fc from "fast-check";
import { describe, expect, expectTypeOf, it } from "vitest";
import { z } from "zod";
import { defineExperiment } from "#src/experiment/define";
import { exportedExperiment } from "#src/experiment/exported";
import { declaredParameters, withParameters } from "#src/experiment/parameters";

const schema = z.object({
  n: z.int().min(1).default(3).describe("voters"),
  share: z.number().optional(),
  data: z.string().describe("file with the rows"),
  mode: z.enum(["fast", "slow"]).default("fast"),
  deep: z.boolean().default(false),
});
let seen: z.output<typeof schema> | undefined;
const exported = withParameters(schema, (parameters) => {
  expectTypeOf(parameters.n).toEqualTypeOf<number>();
  expectTypeOf(parameters.mode).toEqualTypeOf<"fast" | "slow">();
  seen = parameters;
  return defineExperiment({ name: "x", dataset: [1], conditions: [{ name: "a", run: () => 1 }], metrics: ["value"] });
});
const given = async (parameters: Record<string, string>) => {
  await exportedExperiment(exported, "x.ts", parameters);
  return seen;
};

describe("declared -T parameters", () => {
  it("are read from their texts as what the schema wants, with defaults", async () => {
    expect(await given({ data: "1", n: "7", deep: "true", share: "1e-3" })).toEqual({
      data: "1",
      n: 7,
      mode: "fast",
      deep: true,
      share: 0.001,
    });
    await exported({ data: "rows.jsonl", n: 2 }); // in code they are typed
    expect(seen).toMatchObject({ n: 2, deep: false });
    // @ts-expect-error n is a number
    await expect(exported({ data: "x", n: [] })).rejects.toThrow("-T n must be a number");
  });

  it("keep every text that is meant as one", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string(), async (data) => {
        expect(await given({ data })).toMatchObject({ data });
      }),
    );
  });

  it.each([
    [{ dta: "x" }, '-T dta is not a parameter of this experiment. Did you mean "data"?'],
    [{ data: "x", n: "many" }, '-T n must be a number, got "many"'],
    [{ data: "x", n: "0" }, "-T n must be at least 1, got 0"],
    [{ data: "x", mode: "quick" }, "-T mode must be one of"],
    [{ data: "x", deep: "yes" }, "-T deep must be"],
    [{}, "-T data is missing"],
    [{ data: "x", __proto__x: "1" }, "-T __proto__x is not a parameter"],
  ])("refuse %j in a sentence", async (parameters, sentence) => {
    await expect(given(parameters)).rejects.toThrow(sentence);
  });

  it("say what they are", () => {
    expect(declaredParameters(exported)?.slice(0, 3)).toEqual([
      { path: "n", type: "whole number from 1", default: "3", required: false, sentence: "voters" },
      { path: "share", type: "number", required: false, sentence: "" },
      { path: "data", type: "text", required: true, sentence: "file with the rows" },
    ]);
    expect(declaredParameters(() => {})).toBeUndefined();
  });
});
