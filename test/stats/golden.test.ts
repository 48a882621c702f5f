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

describe("golden files", () => {
  if (!present) {
    if (process.env.CRUCIBLE_REQUIRE_SHARED === "1")
      it("are there", () => expect.fail(`no golden files in ${shared}/stats; set CRUCIBLE_SHARED`));
    else it.skip(`skipped: no golden files in ${shared}/stats; set CRUCIBLE_SHARED`, () => {});
    return;
  }
  for (const folder of folders) {
    for (const name of readdirSync(folder).filter((file) => file.endsWith(".json"))) {
      it(`${name} agrees with the public functions`, () => {
        const file = JSON.parse(readFileSync(join(folder, name), "utf8")) as GoldenFile | NistFile;
        const { failures, undeclared, passed } = check(isNist(file) ? nistAsGolden(file) : file, methods);
        expect([...failures, ...undeclared]).toEqual([]);
        expect(passed).toBeGreaterThan(0);
      });
    }
  }
});
