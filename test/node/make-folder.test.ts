import { existsSync, symlinkSync, writeFileSync } from "node:fs";
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

  it("that is a link to nothing is refused", () => {
    const path = join(temporaryFolder(), "link");
    symlinkSync("nothing", path);
    for (const below of [path, join(path, "a")])
      expect(() => makeFolder(below)).toThrow(`${path} is a link to nothing`);
  });

  it("that is a file, or would be below one, is refused", () => {
    const path = join(temporaryFolder(), "file");
    writeFileSync(path, "");
    for (const below of [path, join(path, "a")]) expect(() => makeFolder(below)).toThrow("ENOTDIR: not a directory");
  });

  it.skipIf(!existsSync("/proc/self"))("that cannot be made ends with what the system says, not in a loop", () => {
    expect(() => makeFolder("/proc/no/such/folder")).toThrow("ENOENT");
  });
});
