import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { run } from "#src/app/run";
import { defineExperiment } from "#src/experiment/define";
import { openRuns, type Runs } from "#src/viewer/runs";
import { writeSite } from "#src/viewer/write-site";
import { temporaryFolder } from "../support.ts";

const HOSTILE = `<script>alert(1)</script>" href="/run/x`;
let runs: Runs;
let id: string;
const site = join(temporaryFolder(), "site");
let written: Awaited<ReturnType<typeof writeSite>>;
const pages = (): string[] =>
  readdirSync(site, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".html"));

beforeAll(async () => {
  const checkpointDir = temporaryFolder();
  const experiment = defineExperiment({
    name: HOSTILE,
    dataset: Array.from({ length: 60 }, (_, i) => ({ id: i === 7 ? HOSTILE : `i${i}`, question: "?", answer: "A" })),
    conditions: ["a / b", HOSTILE].map((name, c) => ({
      name,
      run: ({ id: item }: { id: string }) => ({ accuracy: (item.length + c) % 2, answer: HOSTILE }),
    })),
    metrics: ["accuracy"],
  });
  ({ experimentId: id } = await run(experiment, { checkpointDir, formats: [] }));
  runs = openRuns(checkpointDir);
  written = await writeSite(runs, undefined, site);
});
afterAll(() => runs.close());

describe("pages as files", () => {
  it("link to one another by relative paths that are there, and to no server", () => {
    expect(pages().length).toBeGreaterThan(120); // each task has one
    for (const name of pages()) {
      const text = readFileSync(join(site, name), "utf8");
      const addresses = [...text.matchAll(/ (?:href|src|action)="([^"]*)"/g)].map(([, address]) => address!);
      for (const address of addresses.filter((one) => !/^(#|data:)/.test(one))) {
        expect(address, name).not.toMatch(/^\/|^\w+:/);
        expect([
          name,
          address,
          existsSync(join(site, dirname(name), decodeURIComponent(address.split("#")[0]!))),
        ]).toEqual([name, address, true]);
      }
      expect(text).not.toMatch(/<script>alert|data-live|token=|Analysing|role="status">Reading/);
    }
  });

  it("are the same pages: the verdict, items, tasks, results, the report in every format", () => {
    const read = (name: string): string => readFileSync(join(site, "run", id, name), "utf8");
    expect(read("index.html")).toContain('class="verdict"');
    expect(read("items/index.html")).toContain('class="answer');
    expect(read("items/0/index.html")).toContain('class="side"');
    expect(read("matrix/index.html")).toContain('class="answer best"');
    const [trend] = pages().filter((name) => name.startsWith("experiment/"));
    expect(readFileSync(join(site, trend!), "utf8")).toContain("chart-lines");
    expect(read("results/index.html")).toContain("Results by condition");
    expect(read("tasks/index.html")).toContain("1 to 50 of 120");
    for (const format of ["html", "md", "tex", "ipynb", "csv", "json"])
      expect(read(`report.${format}`).length).toBeGreaterThan(1000);
    expect(written).toMatchObject({ folder: site, index: join(site, "index.html"), leftOut: expect.any(Number) });
  });

  it("of one run hold nothing of others, and may be written again, but not over anything else", async () => {
    const checkpointDir = temporaryFolder();
    const small = defineExperiment({
      name: "small",
      dataset: [{ id: "one" }, { id: "two" }],
      conditions: [{ name: "a", run: ({ id: item }: { id: string }) => ({ accuracy: item.length % 2 }) }],
      metrics: ["accuracy"],
    });
    const { experimentId: own } = await run(small, { checkpointDir, formats: [] });
    const { experimentId: another } = await run(small, { checkpointDir, formats: [] });
    const few = openRuns(checkpointDir);
    const one = join(temporaryFolder(), "deep", "one");
    await writeSite(few, own, one);
    expect(readFileSync(join(one, "index.html"), "utf8")).toContain('class="verdict"');
    const written = readdirSync(one, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".html"));
    for (const name of written) expect(readFileSync(join(one, name), "utf8"), name).not.toContain(another);
    await writeSite(few, own, one);
    const other = temporaryFolder();
    writeFileSync(join(other, "mine.txt"), "");
    await expect(writeSite(few, own, other)).rejects.toThrow(/--export must name a new folder/);
    await expect(writeSite(few, own, join(other, "mine.txt"))).rejects.toThrow(/--export must name a new folder/);
    mkdirSync(join(other, "empty"));
    await writeSite(few, own, join(other, "empty"));
    few.close();
  });
});
