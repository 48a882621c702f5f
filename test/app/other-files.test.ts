import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { sqliteStore } from "crucible-harness";
import { describe, expect, it } from "vitest";
import { lookAtAll } from "#src/app/observe/live";
import { recorded } from "#src/app/observe/replay";
import { listRuns } from "#src/app/results/past-runs";
import { isBeingRun } from "#src/store/sqlite-lock";
import { temporaryFolder } from "../support.ts";

const makes: Record<string, (path: string) => void> = {
  "a folder": (path) => mkdirSync(path),
  "a pipe, a socket or a device": (path) => void execFileSync("mkfifo", [path]),
};

// a pipe without a writer is read without end
describe.skipIf(process.platform === "win32").each(Object.entries(makes))(
  "%s where a file of a run should be",
  (what, make) => {
    const folder = temporaryFolder();
    const at = (name: string): string => {
      make(join(folder, name));
      return join(folder, name);
    };

    it("is said for a store, and left out of the list", () => {
      const path = at("one.db");
      for (const mode of ["read", "run"] as const)
        expect(() => sqliteStore(path, { mode })).toThrow(`one.db must be the store of a run. It is ${what}`);
      const left: string[] = [];
      expect(listRuns(folder, (sentence) => void left.push(sentence))).toEqual([]);
      expect(left).toEqual([expect.stringContaining(`It is ${what}`)]);
    });

    it("is said for a lock, and is none", () => {
      at("two.db.lock");
      const path = join(folder, "two.db");
      expect(isBeingRun(path)).toBe(false);
      expect(() => sqliteStore(path)).toThrow(`two.db.lock is ${what}`);
    });

    it("is said for a recording, and is no active run", async () => {
      at("three.facts.ndjson");
      await expect(recorded(folder, "three").next()).rejects.toThrow(`It is ${what}`);
      at("four.live");
      expect(await lookAtAll(folder)).toEqual([]);
    });
  },
);
