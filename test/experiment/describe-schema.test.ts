import { readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { loadExperiment } from "#src/app/load";
import { describe as describeExperiment } from "#src/experiment/describe";
import { experimentJsonSchema } from "#src/experiment/describe-schema";

const valid = new Ajv2020({ strict: false, allErrors: true }).compile(experimentJsonSchema());
const examples = resolve(import.meta.dirname, "../../examples");

/** Examples that need something that is not there before they are run. */
const needy = [
  "temperature-sweep.ts",
  "blimp-grammar.ts",
  "gsm8k-recorded.ts",
  "supervision-only.ts",
  "crawler.ts",
  "small-model.ts",
];
const files = readdirSync(examples).filter((file) => file.endsWith(".ts") && !needy.includes(file));

describe("the published JSON Schema", () => {
  it("is the one that the package carries", async () => {
    const text = `${JSON.stringify(experimentJsonSchema(), null, 2)}\n`;
    await expect(text).toMatchFileSnapshot("../../docs/experiment.schema.json");
  });

  it.each(files)("fits the description of examples/%s", async (file) => {
    const description = describeExperiment(await loadExperiment(join(examples, file)));
    expect({ fits: valid(description), errors: valid.errors }).toEqual({ fits: true, errors: null });
  });

  it("refuses what is not a description", async () => {
    const description = describeExperiment(await loadExperiment(join(examples, "simple-comparison.ts")));
    expect(valid({ ...description, repeat: 0 })).toBe(false);
    expect(valid({ ...description, conditions: [] })).toBe(false);
    expect(valid({ ...description, surprise: true })).toBe(false);
  });
});
