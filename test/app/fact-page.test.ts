import { appendFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { factPage } from "#src/app/observe/fact-page";
import { digestReader } from "#src/app/observe/run-digest";
import { recordingPath } from "#src/app/stores";
import { temporaryFolder } from "../support.ts";

const folder = temporaryFolder();

/** Records with text of every length, in characters of one to four bytes, over several chunks of a read. */
const lines = Array.from({ length: 9000 }, (_, i) =>
  JSON.stringify({
    t: i,
    type: i % 3 === 0 ? "task.logged" : "task.started",
    ordinal: i,
    attempt: 1,
    message: "é😀x".repeat(i % 40),
  }),
);

describe("facts page by page", () => {
  it("are every record once, newest first, whatever the size of a page", async () => {
    writeFileSync(recordingPath(folder, "all"), `${lines.join("\n")}\n`);
    for (const limit of [100, 777, 20_000]) {
      const seen: number[] = [];
      for (let before: number | undefined, more = true; more; ) {
        const page = await factPage(folder, "all", { limit, before });
        seen.push(...page.entries.map(({ entry }) => entry.t));
        before = page.older;
        more = before !== undefined;
      }
      expect(seen).toEqual(Array.from({ length: 9000 }, (_, i) => 8999 - i));
    }
  });

  it("of a task are those since the plan has its numbers", async () => {
    writeFileSync(recordingPath(folder, "grown"), `${lines.slice(0, 9).join("\n")}\n`);
    const seen = async (since: number) =>
      (await factPage(folder, "grown", { limit: 10, task: 4, since })).entries.map(({ entry }) => entry.t);
    expect([await seen(0), await seen(4), await seen(5)]).toEqual([[4], [4], []]);
  });

  it("pass over what is not a record: blank lines, halves of a killed process, other text", async () => {
    const path = recordingPath(folder, "torn");
    writeFileSync(path, `\n\n${lines[0]}\n\nnot JSON\n{"t":1,"ty`);
    expect((await factPage(folder, "torn", { limit: 10 })).entries.map(({ entry }) => entry.t)).toEqual([0]);
    appendFileSync(path, `\n${lines[5]}\n`);
    expect((await factPage(folder, "torn", { limit: 10 })).entries.map(({ entry }) => entry.t)).toEqual([5, 0]);
    expect(await factPage(folder, "nothing", { limit: 10 })).toEqual({ entries: [] });
  });
});

describe("the digest of a recording", () => {
  it("reads what is new, and a line that is half written once it is whole", async () => {
    const path = recordingPath(folder, "grows");
    const digest = digestReader(folder, "grows");
    expect((await digest.look()).types.size).toBe(0);
    const whole = lines.join("\n");
    const half = whole.indexOf("😀", 600_000) - 3;
    const bytes = Buffer.from(`${whole}\n`);
    const at = Buffer.byteLength(whole.slice(0, half)) + 5; // within a character
    writeFileSync(path, bytes.subarray(0, at));
    const early = await digest.look();
    expect(early.lastSeen).toBeGreaterThan(100);
    expect(early.lastSeen).toBeLessThan(8999);
    appendFileSync(path, bytes.subarray(at));
    expect(Object.fromEntries((await digest.look()).types)).toEqual({ "task.logged": 3000, "task.started": 6000 });
    expect(Object.fromEntries((await digest.look()).types)).toEqual({ "task.logged": 3000, "task.started": 6000 });
  });

  it("keeps a pace of bounded length over a run of any length", async () => {
    const progress = Array.from({ length: 5000 }, (_, i) =>
      JSON.stringify({
        t: i * 1000,
        type: "progress",
        ended: i,
        failed: 0,
        tasksPerSecond: 1,
        cost: 0,
        workers: { a: { running: i } },
      }),
    );
    writeFileSync(recordingPath(folder, "long"), `${progress.join("\n")}\n`);
    const { pace, workers } = await digestReader(folder, "long").look();
    expect(pace.length).toBeLessThanOrEqual(480);
    expect(pace.length).toBeGreaterThan(200);
    expect(new Set(pace.slice(1).map(({ t }, i) => t - pace[i]!.t)).size).toBe(1);
    expect(workers).toEqual({ a: { running: 4999 } });
  });
});
