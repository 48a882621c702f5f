import { execFile } from "node:child_process";
import { cpSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { sqliteStore } from "crucible-harness";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { idIn } from "../support.ts";
import { crucible, type Ended, loader, scratch, start, until } from "./command.ts";
import { sharedCrucible } from "./shared-crucible.ts";

/** Experiments that public bug reports and attacks are about, run as a user runs them: test/fixtures/runs. */
const here = scratch();
const crucibleShared = sharedCrucible();
cpSync(join(import.meta.dirname, "../fixtures/runs"), here.path, { recursive: true });
afterAll(() => here.remove());

const flagsOf = (name: string): string[] => ["--out", join("out", name), "--checkpoints", join("ck", name)];
const idOf = ({ stdout, stderr }: Ended): string => /exp_[\w-]+/.exec(stdout + stderr)![0];

interface Row {
  readonly condition: string;
  readonly itemId: string;
  readonly finalStatus: string;
  readonly metrics: Readonly<Record<string, unknown>>;
}

async function rowsOf(name: string, ended: Ended): Promise<Row[]> {
  const { stdout } = await crucibleShared(
    ["export", idOf(ended), "--format", "jsonl", "--to", "-", ...flagsOf(name)],
    here.path,
  );
  const lines = stdout.trim().split("\n").filter(Boolean);
  return lines.map((line) => JSON.parse(line) as Row);
}

/** What a file must come to: exit code, accounting, and a sentence where there is one. */
const cases: [file: string, more: string[], code: number, accounting: RegExp, sentence?: RegExp][] = [
  ["deepmetrics.mts", [], 0, /^12 planned = 6 succeeded \+ 0 failed \+ 0 skipped \+ 6 unscored/m],
  ["getterthrow.mts", [], 0, /^12 planned = 11 succeeded \+ 1 failed/m],
  ["nancost.mts", [], 3, /^12 planned = 6 succeeded \+ 6 failed/m],
  ["negcost.mts", [], 3, /^12 planned = 6 succeeded \+ 6 failed/m],
  ["thenloop.mts", [], 3, /^12 planned = 6 succeeded \+ 6 failed/m],
  // a timer of a millisecond fires before or after the end of its task: it fails that task, or is told of it, and no other
  ["timerthrow.mjs", [], 0, /^12 planned = (12|11) succeeded/m, /timer boom/],
  ["unhandled.mjs", [], 0, /^12 planned = 11 succeeded \+ 1 failed/m],
  ["unawaited-rejection.mjs", [], 0, /^20 planned = 19 succeeded \+ 1 failed/m],
  ["good-metric-deleted.ts", [], 0, /^60 planned = 60 succeeded/m, /Without a value: "precision" in 60 of 60 tasks/],
  ["unpriced-deleted.ts", [], 0, /^100 planned = .* 100 unscored/m, /Without a value: "agreement" in 100 of 100/],
  ["unpriced-run-deleted.ts", [], 0, /^100 planned = .* 100 unscored/m, /Without a value: "f1" in 100 of 100/],
  ["paid-no-report.ts", [], 0, /^40 planned = .* 40 unscored/m, /^Cost: 20\.00 USD$/m],
  ["rare-metric.ts", [], 0, /^200 planned = 200 succeeded/m],
  ["rare-metric.ts", ["--seed", "3"], 0, /^200 planned = 200 succeeded/m],
  ["metric-constructor.ts", [], 0, /^8 planned = 8 succeeded/m],
  ["endless-dataset.ts", [], 0, /^5 planned = 5 succeeded/m],
  ["gate-identical.ts", [], 0, /^600 planned = 600 succeeded/m, /Gates: 1 of 1 passed/],
  ["gate-identical.ts", ["-T", "kind=score", "--repeat", "3"], 0, /^1,800 planned/m, /Gates: 1 of 1 passed/],
  ["gate-perfect.ts", [], 0, /^72 planned = 72 succeeded/m, /Gates: 2 of 2 passed/],
  ["monorepo/packages/evals/exp.ts", [], 0, /^2 planned = 2 succeeded/m, /^a +2 +50\.0/m],
  ["monorepo/packages/evals/exp.ts", ["--executor", "threads"], 0, /^2 planned = 2 succeeded/m, /^a +2 +50\.0/m],
];

/** What they throw reaches the process: each has one of its own. */
const alone = ["timerthrow.mjs", "unhandled.mjs", "unawaited-rejection.mjs"];

describe("crucible run of a file that once broke a run", () => {
  it.concurrent.each(cases)("%s %j", async (file, more, code, accounting, sentence) => {
    const name = [file, ...more].join("-").replace(/\W/g, "-");
    const run = alone.includes(file) ? crucible : crucibleShared;
    const ended = await run(["run", file, "--yes", ...more, ...flagsOf(name)], here.path);
    expect(ended.stdout, ended.stderr).toMatch(accounting);
    expect([ended.code, /^ {4}at /m.test(ended.stderr)]).toEqual([code, false]);
    if (sentence) expect(ended.stdout + ended.stderr).toMatch(sentence);
  });

  it.concurrent.each(["exit.mjs", "gate.mjs", "exit-zero.mjs"])(
    "%s, which calls process.exit(0), ends with code 1",
    async (file) => {
      const ended = await crucible(["run", file, "--yes", ...flagsOf(file)], here.path);
      expect([ended.code, ended.stderr]).toEqual([
        1,
        expect.stringMatching(/did not end normally.*: crucible resume exp_/),
      ]);
    },
  );

  it.concurrent.each(["inline", "threads"])(
    "stray.mjs fails no task of the condition that did nothing wrong: %s",
    async (executor) => {
      const name = `stray-${executor}`;
      const ended = await crucible(["run", "stray.mjs", "--yes", "--executor", executor, ...flagsOf(name)], here.path);
      const failed = (await rowsOf(name, ended)).filter(({ finalStatus }) => finalStatus !== "success");
      const expected = Array.from({ length: 10 }, (_, i) => `bad/${4 * i}`);
      expect(failed.map(({ condition, itemId }) => `${condition}/${itemId}`).sort()).toEqual(expected.sort());
    },
  );

  it.concurrent.each(["inline", "threads"])(
    "mutated-item.ts shows every condition the item as it was: %s",
    async (executor) => {
      const name = `mutated-${executor}`;
      const ended = await crucibleShared(
        ["run", "mutated-item.ts", "--yes", "--executor", executor, ...flagsOf(name)],
        here.path,
      );
      const rows = await rowsOf(name, ended);
      expect(rows.map(({ condition, itemId, metrics }) => `${condition}/${itemId} ${metrics.first}`).sort()).toEqual([
        "reads/1 3",
        "reads/2 9",
        "sorts in place/1 1",
        "sorts in place/2 7",
      ]);
    },
  );
});

it("json-stdout.ts, which writes to standard output, leaves records alone there under --json", async () => {
  const flags = ["--json", ...flagsOf("json-stdout")];
  const ended = await crucible(["run", "json-stdout.ts", "--yes", ...flags], here.path);
  const types = ended.stdout
    .trim()
    .split("\n")
    .map((line) => (JSON.parse(line) as { type: string }).type);
  expect([ended.code, types.at(-1), ended.stderr]).toEqual([0, "report", expect.stringContaining("no newline")]);
});

/** Whether a folder has a run that says what it is. */
function hasManifest(folder: string): boolean {
  try {
    const store = sqliteStore(join(folder, `${idIn(folder)}.db`), { mode: "read" });
    const manifest = store.manifest();
    store.close();
    return manifest !== undefined;
  } catch {
    return false; // not yet
  }
}

describe("a run that was killed, and whose data or code changed", () => {
  it.concurrent.each([
    ["map-row-changed.mjs", "dataset (its content) differs"], // only a Map in its rows tells the difference
    ["outside-code-changed.mjs", "environment.LOOKUP differs"], // only a value outside of its function does
  ])("is refused: %s", async (file, sentence) => {
    const flags = flagsOf(file);
    const run = start(["run", file, "--yes", "--json", ...flags], here.path);
    let out = "";
    run.child.stdout!.on("data", (chunk) => {
      out += chunk;
    });
    await until(() => /exp_[\w-]+/.test(out) && hasManifest(join(here.path, "ck", file)), "the run to begin");
    run.child.kill("SIGKILL");
    const id = idOf(await run.ended);
    const resumed = await crucible(["resume", id, "--yes", ...flags], here.path, { LOOKUP: "2" });
    expect(resumed).toMatchObject({ code: 2, stderr: expect.stringContaining(sentence) });
  });
});

it("every file is one of these", () => {
  const text = readFileSync(import.meta.filename, "utf8");
  for (const file of readdirSync(join(import.meta.dirname, "../fixtures/runs"))) expect(text).toContain(`"${file}`);
});

const programs: [file: string, said: RegExp][] = [
  ["buffer-output.mjs", /image is a metric: false/],
  ["circular-output.mjs", /"succeeded":1/],
  ["error-output.mjs", /"message":"the model said no".*\["x"\].*\["A",3\]/],
  ["nan-sibling.mjs", /"value":0\.6666666666666666/],
  ["charge-string.mjs", /^aborted \{"planned":100,"succeeded":0,"failed":2\d,.*cost 0$/m],
  ["cost-nan.mjs", /^aborted \{"planned":100,"succeeded":0,"failed":2\d,.*cost 0$/m],
  ["typed-array-output.mjs", /^latency,accuracy embedding\n$/],
  ["quota-storm.mjs", /^aborted[\s\S]*^calls (\d|1\d|20)$/m], // it does not wait out a quota that is spent; ends its process
];

describe("a program that calls run()", () => {
  const said = new Map<string, string>();
  /** All in one process, each when the one before it has ended. */
  beforeAll(async () => {
    const imports = programs.map(([file]) => `console.log("== ${file}"); await import("./${file}");`);
    const all = join(here.path, "programs.mjs");
    writeFileSync(all, imports.join("\n"));
    const env = { ...process.env, NODE_OPTIONS: "", NODE_NO_WARNINGS: "1" };
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [...loader, all], { env });
    expect(stderr).toBe("");
    for (const part of stdout.split(/^== /m).slice(1)) {
      const end = part.indexOf("\n");
      said.set(part.slice(0, end), part.slice(end + 1));
    }
  });

  it.each(programs)("%s", (file, what) => {
    expect(said.get(file)).toMatch(what);
  });
});
