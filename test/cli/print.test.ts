import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";

const folder = resolve(import.meta.dirname, "../../src/cli");

describe("what the command prints", () => {
  it("goes through one place, which escapes what a terminal would obey and keeps standard output for it", () => {
    const others = readdirSync(folder).filter((name) => !["print.ts", "main.ts"].includes(name));
    const own = others.filter((name) =>
      /console\.|process\.stdout\.write|process\.stdout(?=[,) ])/.test(readFileSync(join(folder, name), "utf8")),
    );
    expect(own.filter((name) => name !== "commands.ts")).toEqual([]); // which hears that its reader has gone
  });
});
