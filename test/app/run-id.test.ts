import { chmodSync, chownSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { defineExperiment, resume, run, sqliteStore } from "crucible-harness";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fetchLiveState, lookAtAll } from "#src/app/observe/live";
import { recorded } from "#src/app/observe/replay";
import { compare } from "#src/app/results/compare";
import { exportRun } from "#src/app/results/export";
import { reportStored } from "#src/app/results/report-stored";
import { recordingPath, storedIds, storePath } from "#src/app/stores";
import { isRunId } from "#src/experiment/run-id";
import { ConfigError } from "#src/kernel/errors";
import { temporaryFolder } from "../support.ts";

/** Texts that no file of a run may be named by. */
const bad = [
  "../x",
  "a/b",
  "a\\b",
  "",
  ".",
  "..",
  ".hidden",
  "-rf",
  "--json",
  "a\0b",
  "a\nb",
  "\u001b[2J",
  "\u202ea",
  "ü",
  "a b",
  "x".repeat(129),
];

describe("the id of a run", () => {
  it("names files in the folder itself, or none", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.constantFrom(...bad)), (id) => {
        if (!isRunId(id)) {
          expect(() => storePath("/runs", id)).toThrow(ConfigError);
          return;
        }
        for (const path of [storePath("/runs", id), recordingPath("/runs", id)])
          expect(path).toMatch(/^\/runs\/[\w.-]+$/);
      }),
    );
    for (const id of bad) expect([id, isRunId(id)]).toEqual([id, false]);
    for (const id of ["exp_V1StGXR8_Z5jdHi6B-myT", "nightly-2026.01", "x".repeat(128)]) expect(isRunId(id)).toBe(true);
  });

  it("leaves files of others, which no run is named by, out of the active runs", async () => {
    const checkpointDir = temporaryFolder();
    for (const name of ["my notes.live", ".live", "-rf.live"])
      writeFileSync(join(checkpointDir, name), JSON.stringify({ pid: process.pid, port: 1, token: "x" }));
    expect(await lookAtAll(checkpointDir)).toEqual([]);
  });

  it.each(bad)("is refused by every door in a sentence: %j", async (id) => {
    const checkpointDir = temporaryFolder();
    const law = /^experiment id must be 1 to 128 letters/;
    await expect(reportStored(id, { checkpointDir })).rejects.toThrow(law);
    await expect(exportRun(id, { checkpointDir, format: "csv", to: join(checkpointDir, "x.csv") })).rejects.toThrow(
      law,
    );
    await expect(compare([id, id], { checkpointDir })).rejects.toThrow(/experiment id|at least two/);
    await expect(fetchLiveState(checkpointDir, id)).rejects.toThrow(law);
    await expect(resume(id, { checkpointDir })).rejects.toThrow(law);
    await expect(recorded(checkpointDir, id)[Symbol.asyncIterator]().next()).rejects.toThrow(law);
    expect(readdirSync(checkpointDir)).toEqual([]);
  });

  it("is not listed where a file has none", () => {
    const folder = temporaryFolder();
    for (const name of ["-rf.db", "a b.db", "good.db", ".db"]) writeFileSync(join(folder, name), "");
    expect(storedIds(folder)).toEqual(["good"]);
  });
});

describe.skipIf(process.getuid?.() !== 0)("a crucible.config that is found above an experiment", () => {
  const configured = (change: (path: string) => void): string => {
    const folder = temporaryFolder();
    const path = join(folder, "crucible.config.mjs");
    writeFileSync(path, `globalThis.ranConfig = true; export default { checkpointDir: "elsewhere" };`);
    change(path);
    mkdirSync(join(folder, "deep"));
    return join(folder, "deep");
  };
  const inFolder = async (folder: string): Promise<string> => {
    const experiment = defineExperiment({
      name: "x",
      dataset: [1],
      conditions: [{ name: "a", run: () => 1 }],
      metrics: ["value"],
    });
    const report = await run(experiment, { file: join(folder, "x.mjs"), dryRun: true });
    return report.status;
  };

  it.each([
    [
      "of another user",
      (path: string) => chownSync(path, 12_345, 12_345),
      /crucible\.config\.mjs must belong to you: it is run, and is that of user 12345/,
    ],
    [
      "that everybody may write to",
      (path: string) => chmodSync(path, 0o666),
      /must not be writable by everybody: it is run. chmod o-w/,
    ],
  ])("%s is refused, and not run", async (_, change, sentence) => {
    await expect(inFolder(configured(change))).rejects.toThrow(sentence);
    expect("ranConfig" in globalThis).toBe(false);
  });
});

describe("a store that is passed with an id", () => {
  const experiment = defineExperiment({
    name: "plugged",
    dataset: [{ id: "1" }],
    conditions: [{ name: "a", run: () => ({ accuracy: 1 }) }],
    metrics: ["accuracy"],
  });

  it("is opened once: the run begins in it, and the second time there is nothing to do", async () => {
    const path = join(temporaryFolder(), "mine.db");
    for (const _ of [1, 2]) {
      const report = await run(experiment, { id: "mine", store: () => sqliteStore(path), formats: [] });
      expect(report).toMatchObject({ status: "completed", accounting: { planned: 1, succeeded: 1 } });
    }
  });

  it("is closed where the run is refused", async () => {
    const folder = temporaryFolder();
    const options = { id: "mine", store: () => sqliteStore(join(folder, "mine.db")), formats: ["html" as const] };
    writeFileSync(join(folder, "file"), "");
    await expect(run(experiment, { ...options, outputDir: join(folder, "file") })).rejects.toThrow(ConfigError);
    expect(await run(experiment, { ...options, outputDir: folder })).toMatchObject({ status: "completed" });
  });
});
