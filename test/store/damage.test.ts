import { copyFileSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { defineExperiment, run, type TaskContext } from "crucible-harness";
import { beforeAll, describe, expect, it } from "vitest";
import { exportRun } from "#src/app/results/export";
import { listRuns } from "#src/app/results/past-runs";
import { reportStored } from "#src/app/results/report-stored";
import { checkStore, storePath } from "#src/app/stores";
import { ConfigError, StoreError } from "#src/kernel/errors";
import { stream } from "#src/kernel/random";
import { openDatabase } from "#src/store/sqlite-driver";
import { isLong } from "../runs.ts";
import { temporaryFolder } from "../support.ts";

const whole = temporaryFolder();
let id: string;
let bytes: Buffer;
let told: string;

/** All that a report says, without what depends on the moment. */
async function reportOf(checkpointDir: string): Promise<string> {
  const { report } = await reportStored(id, { checkpointDir, formats: [] });
  return JSON.stringify(report);
}

beforeAll(async () => {
  const experiment = defineExperiment({
    name: "whole",
    dataset: Array.from({ length: 60 }, (_, i) => ({ id: `i${i}`, text: `item ${i}` })),
    conditions: ["a", "b"].map((name) => ({
      name,
      run: ({ id: item }: { id: string; text: string }, context: TaskContext) => {
        context.charge(0.25);
        if (item === "i7") throw new Error("no");
        return { accuracy: item.length % 2 === 0, answer: `${name} of ${item}` };
      },
    })),
    metrics: ["accuracy"],
  });
  const { experimentId } = await run(experiment, { checkpointDir: whole, formats: [], observe: false });
  id = experimentId;
  bytes = readFileSync(storePath(whole, id));
  told = await reportOf(whole);
});

/** A copy of the store with other bytes. */
function damagedBy(change: (copy: Buffer) => Buffer): string {
  const folder = temporaryFolder();
  writeFileSync(storePath(folder, id), change(Buffer.from(bytes)));
  return folder;
}

/** What looking at a store comes to: the same report, or a sentence. @throws whatever is neither */
async function lookedAt(folder: string): Promise<"the same" | "a sentence" | "another report"> {
  const looks = [
    () => reportOf(folder),
    () => exportRun(id, { checkpointDir: folder, format: "csv", to: join(folder, "rows.csv") }),
    async () => listRuns(folder),
    async () => checkStore(folder, id),
  ];
  const [report] = await Promise.all(
    looks.map((look) =>
      look().catch((error: unknown) => {
        if (error instanceof StoreError || error instanceof ConfigError) return error;
        throw error;
      }),
    ),
  );
  if (report instanceof Error) return "a sentence";
  return report === told ? "the same" : "another report";
}

describe("a store of which bytes have changed", () => {
  it("gives the same report or a sentence, at whatever place: never another number", async () => {
    const random = stream(16, "places");
    const seen: string[] = [];
    const [from, until] = isLong ? [60, 300] : [0, 60];
    for (let i = 0; i < until; i++) {
      const at = Math.floor(random() * bytes.length);
      const bit = 1 << Math.floor(random() * 8);
      if (i < from) continue; // that is what npm test looks at
      const folder = damagedBy((copy) => {
        copy[at] = copy[at]! ^ (i % 2 === 0 ? bit : 0xff);
        return copy;
      });
      const what = await lookedAt(folder);
      expect({ at, bit, what }).not.toMatchObject({ what: "another report" });
      if (what === "the same") continue;
      seen.push(what);
    }
    expect(seen.length).toBeGreaterThan((until - from) / 5); // damage that nothing notices lies where nothing is
  });

  const cutAt = (length: number): Promise<string> => {
    const folder = temporaryFolder();
    copyFileSync(storePath(whole, id), storePath(folder, id));
    truncateSync(storePath(folder, id), length);
    return lookedAt(folder);
  };

  it("gives a sentence where it is cut short by a page or more", async () => {
    const lastPage = bytes.length - bytes.readUInt16BE(16); // the size of a page stands in SQLite's header
    for (const part of [0, 0.001, 0.1, 0.5, 0.9, 1]) {
      expect([part, await cutAt(Math.floor(lastPage * part))]).toEqual([part, "a sentence"]);
    }
  });

  it("gives no other report where only the end of its last page is cut, which may hold nothing", async () => {
    for (const short of [1, 16, 128, 1024]) {
      expect([short, await cutAt(bytes.length - short)]).not.toEqual([short, "another report"]);
    }
  });
});

describe("checking a store", () => {
  const changedBy = (sql: string): string => {
    const folder = damagedBy((copy) => copy);
    const database = openDatabase(storePath(folder, id));
    database.exec(sql);
    database.close();
    return folder;
  };

  it("finds nothing where it is as it was written", () => {
    expect(checkStore(whole, id)).toMatchObject({ results: 120, unsealed: 0, damaged: [], damages: 0 });
  });

  it.each([
    ["UPDATE result SET cost = 0.5 WHERE ordinal = 3", /^the row of task 3 \(\w\/i\d+\/0\) is not as it was written$/],
    ["UPDATE result SET checksum = NULL WHERE ordinal = 3", /^the row of task 3/],
    ["UPDATE result SET json = replace(json, 'answer', 'anwser') WHERE ordinal = 5", /^the row of task 5/],
    ["UPDATE meta SET json = replace(json, '\"whole\"', '\"other\"')", /^the manifest is not/],
    ["UPDATE session SET json = replace(json, 'completed', 'aborted')", /^session 0 is not/],
    ["UPDATE item SET json = '{}' WHERE id = 'i3'", /^item i3 is not/],
  ])("finds %s", async (sql, sentence) => {
    const folder = changedBy(sql);
    expect(checkStore(folder, id)).toMatchObject({ damages: 1, damaged: [expect.stringMatching(sentence)] });
    const told: string[] = [];
    const listed = listRuns(folder, (sentence) => told.push(sentence));
    expect(listed.length + told.length).toBe(1); // never left out without a word
    if (sql.includes("result")) expect([listed, told]).toEqual([[], [expect.stringContaining("is damaged")]]);
    if (!sql.includes("item")) await expect(reportOf(folder)).rejects.toThrow(/is damaged: its checksum differs/);
  });

  it("lists what a run cost from rows that are whole, and says where there are too many to look at", async () => {
    expect(listRuns(whole)).toMatchObject([{ experimentId: id, cost: 30, isVerified: true }]);
    const folder = temporaryFolder();
    const experiment = defineExperiment({
      name: "large",
      dataset: Array.from({ length: 1001 }, (_, i) => ({ id: `i${i}` })),
      conditions: [{ name: "a", run: () => ({ accuracy: 1 }) }],
      metrics: ["accuracy"],
    });
    await run(experiment, { checkpointDir: folder, formats: [], observe: false });
    expect(listRuns(folder)).toMatchObject([{ isVerified: false }]);
  });

  it("says of rows of an older version that it cannot tell", async () => {
    const tables = ["meta", "session", "result", "reservation", "lost", "item"];
    const older = changedBy(
      `DROP TABLE answer; DROP TABLE entry; ${tables.map((table) => `ALTER TABLE ${table} DROP COLUMN checksum;`).join(" ")} PRAGMA user_version = 4; PRAGMA application_id = 0;`,
    );
    expect(checkStore(older, id)).toMatchObject({ results: 120, damages: 0, damaged: [] });
    expect(checkStore(older, id).unsealed).toBe(checkStore(older, id).rows);
    expect(await reportOf(older)).toBe(told);
  });
});
