import { describe, expect, it } from "vitest";
import { scratch } from "./command.ts";
import { sharedCrucible } from "./shared-crucible.ts";

const sources = import.meta.dirname;
const crucible = sharedCrucible();

describe("crucible options", () => {
  it("lists the -T parameters that an experiment file declares", async () => {
    const here = scratch();
    const file = here.file(
      "declares.mjs",
      `import { withParameters, defineExperiment } from "crucible-harness";
       import { z } from "zod";
       export default withParameters(z.object({ n: z.int().min(1).default(3).describe("voters") }), ({ n }) =>
         defineExperiment({ name: "n" + n, dataset: [1], conditions: [{ name: "a", run: () => n }], metrics: ["value"] }));`,
    );
    const { code, stdout, stderr } = await crucible(["options", file], here.path);
    expect({ code, stdout, stderr }).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("  n\n      whole number from 1, default 3\n      voters\n"),
    });
    const wrong = await crucible(["estimate", file, "-T", "m=1"], here.path);
    here.remove();
    expect(wrong).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(
        '-T m is not a parameter of this experiment. Did you mean "n"? (crucible help options',
      ),
    });
  });

  it("is printed by `crucible options`, and a word that no option has is answered with the nearest that one has", async () => {
    const found = await crucible(["options", "maxFailureRate"], sources);
    expect(found).toMatchObject({ code: 0, stderr: "" });
    expect(found.stdout).toContain("config.errorHandling.maxFailureRate\n      number above 0 to 1, default 0.1\n");
    const unknown = await crucible(["options", "maxRetrys"], sources);
    expect(unknown.code).toBe(2);
    expect(unknown.stderr).toBe('crucible: no option has "maxRetrys" in its name. Did you mean "maxRetries"?\n');
    const json = await crucible(["options", "--json"], sources);
    const records = json.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(records.length).toBeGreaterThan(200);
    expect(records[0]).toEqual({
      of: "defineExperiment(options)",
      path: "name",
      type: "text",
      required: true,
      sentence: "name of the experiment",
    });
  });
});
