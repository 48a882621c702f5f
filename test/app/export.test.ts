import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { parse } from "csv-parse/sync";
import { asyncBufferFromFile, parquetReadObjects } from "hyparquet";
import { beforeAll, describe, expect, it } from "vitest";
import { exportRun } from "#src/app/results/export";
import { type Outcome, toTaskResult } from "#src/experiment/outcome";
import { sqliteStore } from "#src/store/sqlite";
import { exampleManifest, outcome } from "../reports/manifest.ts";
import { temporaryFolder } from "../support.ts";

const texts = [
  "plain",
  "=cmd|' /C calc'!A0",
  "+1+cmd|' /C calc'!A0",
  "-2",
  "@SUM(1)",
  "\uff1dHYPERLINK(1)",
  'quotes " and, commas',
  "line one\r\nline two",
  "emoji 👩‍👩‍👧 שלום",
  "long ".repeat(50_000),
];
const error = { kind: "timeout", message: "took longer than 30000 ms", retry: "later" } as never;
const rows: Outcome[] = texts.flatMap((text, i) => [
  outcome(
    {
      condition: "a",
      itemId: `q${i}`,
      metrics: { accuracy: i % 2 === 0, nested: { share: 0.1 * i } },
      output: { text, list: [i] },
    },
    2 * i,
  ),
  outcome(
    i === 3
      ? { condition: "=b", itemId: `q${i}`, finalStatus: "failed_permanent", error, cost: 0.25, cluster: "+group" }
      : {
          condition: "=b",
          itemId: `q${i}`,
          metrics: { accuracy: 1 },
          usage: { promptTokens: 3, completionTokens: 4, totalTokens: 7, calls: 1 },
        },
    2 * i + 1,
  ),
]);

const folder = temporaryFolder();
const id = "exp_example";
beforeAll(async () => {
  const store = sqliteStore(join(folder, `${id}.db`));
  const manifest = exampleManifest(["a", "=b"], ["accuracy"], {}, texts.length);
  const [a, b] = manifest.experiment.conditions;
  const experiment = { ...manifest.experiment, conditions: [{ ...a!, factors: { length: 10 } }, b!] };
  await store.putManifest({ ...manifest, experiment });
  store.append(rows);
  store.close();
});

const write = async (format: "csv" | "jsonl" | "parquet"): Promise<string> => {
  const to = join(folder, `rows.${format}`);
  expect(await exportRun(id, { checkpointDir: folder, format, to })).toBe(rows.length);
  return to;
};

describe("an export", () => {
  it("as JSON Lines holds every task result whole", async () => {
    const lines = readFileSync(await write("jsonl"), "utf8")
      .trimEnd()
      .split("\n");
    expect(lines.map((line) => JSON.parse(line))).toEqual(
      rows.map((row) => JSON.parse(JSON.stringify(toTaskResult(id, row)))),
    );
  });

  it("as CSV has a row a task and a column a number, none of which a spreadsheet would run", async () => {
    const read = parse(readFileSync(await write("csv")), { columns: true }) as Record<string, string>[];
    expect(read).toHaveLength(rows.length);
    expect(Object.keys(read[0]!).slice(-5)).toEqual([
      "factor.length",
      "metric.accuracy",
      "metric.nested.share",
      "output.list",
      "output.text",
    ]);
    expect(read[0]).toMatchObject({
      experimentId: id,
      ordinal: "0",
      condition: "a",
      itemId: "q0",
      "factor.length": "10",
    });
    expect(read[0]).toMatchObject({
      "metric.accuracy": "1",
      "output.list": "[0]",
      startedAt: "2026-09-21T14:13:20.000Z",
    });
    expect(read[7]).toMatchObject({
      condition: "'=b",
      cluster: "'+group",
      finalStatus: "failed_permanent",
      cost: "0.25",
    });
    expect(read[7]).toMatchObject({ errorKind: "timeout", "metric.accuracy": "", promptTokens: "" });
    for (const cell of read.flatMap((row) => Object.values(row))) expect(cell).not.toMatch(/^[=@+\uff1d]|^-(?!\d+$)/);
    const written = read
      .filter(({ condition }) => condition === "a")
      .map((row) => row["output.text"]!.replace(/^'/, ""));
    expect(written).toEqual(texts);
  });

  it("as Parquet has the same columns with types, and texts as they were", async () => {
    const file = await asyncBufferFromFile(await write("parquet"));
    const read = await parquetReadObjects({ file });
    expect(read).toHaveLength(rows.length);
    expect(read.filter(({ condition }) => condition === "a").map((row) => row["output.text"])).toEqual(texts);
    expect(read[0]).toMatchObject({ ordinal: 0n, condition: "a", "metric.accuracy": 1, cost: null });
    expect(read[0]!.startedAt).toEqual(new Date(rows[0]!.startedAt));
    expect(read[5]).toMatchObject({ condition: "=b", promptTokens: 3n, "output.text": null, "factor.length": null });
  });

  it("goes to a stream, and ends quietly when its reader has seen enough", async () => {
    const stream = new PassThrough();
    let seen = "";
    stream.on("data", (chunk) => {
      seen += chunk;
    });
    expect(await exportRun(id, { checkpointDir: folder, format: "jsonl", to: stream })).toBe(rows.length);
    expect(seen.split("\n")).toHaveLength(rows.length + 1);
    await expect(exportRun(id, { checkpointDir: folder, format: "parquet", to: stream })).rejects.toThrow(
      "must be a file",
    );
  });

  it("leaves no half file behind", async () => {
    const to = join(folder, "sub", "rows.csv");
    await expect(exportRun("exp_exampel", { checkpointDir: folder, format: "csv", to })).rejects.toThrow(
      'Did you mean "exp_example"?',
    );
    expect(existsSync(to)).toBe(false);
    await exportRun(id, { checkpointDir: folder, format: "csv", to });
    expect(readdirSync(join(folder, "sub"))).toEqual(["rows.csv"]);
  });

  it.skipIf(spawnSync("python3", ["--version"]).status !== 0)("is read by Python's csv into its sqlite3", async () => {
    const program = `
import csv, sqlite3, sys
csv.field_size_limit(10**9)
rows = list(csv.DictReader(open(sys.argv[1], newline="", encoding="utf-8")))
db = sqlite3.connect(":memory:")
names = list(rows[0])
db.execute("create table result (%s)" % ", ".join('"%s"' % n for n in names))
db.executemany("insert into result values (%s)" % ", ".join("?" * len(names)), [list(r.values()) for r in rows])
print(*db.execute('select count(*), sum("metric.accuracy"), max(length("output.text")) from result').fetchone())
`;
    const printed = execFileSync("python3", ["-c", program, await write("csv")], { encoding: "utf8" });
    expect(printed.trim()).toBe(`${rows.length} 14.0 250000`);
  });
});
