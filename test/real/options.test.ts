import { describe, expect, it } from "vitest";
import { crucible } from "./command.ts";

const sources = import.meta.dirname;

describe("crucible options", () => {
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
