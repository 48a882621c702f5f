import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { makeFolder } from "#src/node/make-folder";
import { temporaryFolder } from "../support.ts";

describe("a folder", () => {
  it("is made with those above it, and left where it is", () => {
    const path = join(temporaryFolder(), "a/b/c");
    makeFolder(path);
    makeFolder(path);
    expect(existsSync(path)).toBe(true);
  });

  it.skipIf(!existsSync("/proc/self"))("that cannot be made ends with what the system says, not in a loop", () => {
    expect(() => makeFolder("/proc/no/such/folder")).toThrow("ENOENT");
  });
});
