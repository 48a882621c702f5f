import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { check, type GoldenFile } from "./check.ts";
import { methods } from "./methods.ts";
import { isNist, type NistFile, nistAsGolden } from "./nist.ts";

/** The golden files live beside the repository; a machine without them skips, unless it says that it must not. */
const shared = process.env.CRUCIBLE_SHARED ?? new URL("../../../shared", import.meta.url).pathname;
const folders = ["public", "nist"].map((name) => join(shared, "stats", name));
const present = folders.every((folder) => existsSync(folder));

function checkFolder(folder: string): void {
  for (const name of readdirSync(folder).filter((file) => file.endsWith(".json"))) {
    it(`${name} agrees with the public functions`, () => {
      const file = JSON.parse(readFileSync(join(folder, name), "utf8")) as GoldenFile | NistFile;
      const { failures, undeclared, passed } = check(isNist(file) ? nistAsGolden(file) : file, methods);
      expect([...failures, ...undeclared]).toEqual([]);
      expect(passed).toBeGreaterThan(0);
    });
  }
}

describe("golden files of our own", () => checkFolder(new URL("../golden/stats", import.meta.url).pathname));

describe("golden files by R and NIST", () => {
  if (present) for (const folder of folders) checkFolder(folder);
  else if (process.env.CRUCIBLE_REQUIRE_SHARED === "1")
    it("are there", () => expect.fail(`no golden files in ${shared}/stats; set CRUCIBLE_SHARED`));
  else it.skip(`skipped: no golden files in ${shared}/stats; set CRUCIBLE_SHARED`, () => {});
});

describe("the check itself", () => {
  const file = (expected: Record<string, unknown>, method = "one_sample_t", x: unknown[] = [1, 2, 4]): GoldenFile => ({
    file: "made",
    defaultTol: { rel: 1e-10 },
    cases: [{ id: "case", method, input: { x }, params: { confLevel: 0.95, mu: 0 }, expected }],
  });
  const tally = (golden: GoldenFile) => {
    const { passed, failures, undeclared } = check(golden, methods);
    return [passed, failures.length, undeclared.length];
  };

  it("passes what agrees and fails what does not", () => {
    expect(tally(file({ df: 2, mean: 7 / 3 }))).toEqual([2, 0, 0]);
    expect(tally(file({ df: 3, mean: 7 / 3 }))).toEqual([1, 1, 0]);
  });

  it("counts a method or a field without a function as undeclared", () => {
    expect(tally(file({ df: 2, moon: 1 }))).toEqual([1, 0, 1]);
    expect(tally(file({ df: 2 }, "moon_phase"))).toEqual([0, 0, 1]);
  });

  it("wants a reason where the file says undefined, and a value where it does not", () => {
    expect(tally(file({ undefined: true, reason: "constant" }, "one_sample_t", [5, 5, 5]))).toEqual([1, 0, 0]);
    expect(tally(file({ undefined: true, reason: "none" }))).toEqual([0, 1, 0]);
    expect(tally(file({ t: 1 }, "one_sample_t", [5, 5, 5]))).toEqual([0, 1, 0]);
    expect(tally(file({ undefined: true }, "one_sample_t", [1, "NaN", 2]))).toEqual([1, 0, 0]);
  });
});
