import { spawn } from "node:child_process";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { afterAll, describe, expect, it } from "vitest";
import { ownPackage } from "#src/execute/package";
import { crucible, loader, NEVER_MS, scratch } from "./command.ts";

const here = scratch();
afterAll(() => here.remove());

const file = here.file(
  "bent.mjs",
  `import { defineExperiment } from "crucible-harness";
const no = () => { throw new Error("replaced"); };
const acts = {
  push: () => { Array.prototype.push = () => 0; },
  then: () => { Object.prototype.then = () => {}; },
  now: () => { Date.now = no; },
  getters: () => { for (const key of ["0", "get", "value"]) Object.defineProperty(Object.prototype, key, { get: no, configurable: true }); },
};
acts.forGood = () => { Object.defineProperty(Promise.prototype, "then", { value: no, configurable: false, writable: false }); };
acts.freezes = () => { Object.freeze(Object.prototype); };
acts.freezesProcess = () => { Object.freeze(process); };
const turn = () => new Promise((done) => setImmediate(done));
export default defineExperiment({
  name: "bent", dataset: Array.from({ length: 40 }, (_, id) => ({ id })), metrics: ["accuracy"],
  conditions: [
    { name: "bad", run: async ({ id }) => { if (id === 5 && !process.env.MENDED) acts[process.env.ACT](); return { accuracy: 1 }; } },
    { name: "good", run: async ({ id }) => { await turn(); return { accuracy: id % 2, answer: "x" + id }; } },
  ],
  config: { maxParallel: 4, timeoutMs: 3000 },
});`,
);
const all = Array.from({ length: 40 }, (_, id) => [`bad/${id} 1`, `good/${id} ${id % 2} x${id}`]).flat();

describe("a built-in function that a condition replaces", () => {
  it.concurrent.each(["push", "then", "now", "getters"])(
    "stops the run with a sentence that names it, loses nothing, and the run is resumed: %s",
    async (act) => {
      const flags = ["--yes", "--checkpoints", join("ck", act), "--out", join("out", act)];
      const ended = await crucible(["run", file, "--id", act, ...flags], here.path, { ACT: act });
      expect([ended.code, ended.stderr]).toEqual([3, expect.not.stringContaining("    at ")]);
      expect(ended.stderr).toMatch(
        /stopping: \S.*: replaced by code of a task, found after bad\/5\/0, and put back\. Resume when that is mended, or with --executor threads/,
      );
      const resumed = await crucible(["resume", act, ...flags], here.path, { ACT: act, MENDED: "1" });
      expect([resumed.code, resumed.stdout]).toEqual([0, expect.stringContaining("80 planned = 80 succeeded")]);
      const exported = await crucible(
        ["export", act, "--format", "jsonl", "--to", "-", ...flags.slice(1, 3)],
        here.path,
      );
      const rows = exported.stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as Row);
      expect(
        rows
          .map(({ condition, itemId, metrics, output }) =>
            [`${condition}/${itemId}`, metrics.accuracy, ...(output ? [output.answer] : [])].join(" "),
          )
          .sort(),
      ).toEqual([...all].sort());
    },
  );
});

it.concurrent("a process whose functions a condition replaces for good is ended with a sentence where it cannot end by itself", async () => {
  const flags = ["--yes", "--id", "for-good", "--timeout-ms", "300", "--checkpoints", "ck/for-good"];
  const ended = await crucible(["run", file, ...flags], here.path, { ACT: "forGood" });
  expect(ended.stderr).toContain("Promise.prototype.then (for good): replaced by code of a task");
  // where the command itself waits by one of them before the watchdog looks, it ends with the error that the function throws
  if (ended.code === 1) return expect(ended.stderr).toContain("Error: replaced");
  expect([ended.code, ended.stderr]).toEqual([
    null,
    expect.stringMatching(
      /\ncrucible: (\S+) is ended: code of a task replaced built-in functions for good, .*: when that is mended, crucible resume \1\n$/,
    ),
  ]);
});

it.concurrent("an object that a condition freezes, so that no report can be made in its process, is named with how to make it", async () => {
  const flags = ["--checkpoints", "ck/freezes", "--out", "out/freezes"];
  const ended = await crucible(["run", file, "--yes", "--id", "freezes", ...flags], here.path, { ACT: "freezes" });
  expect([ended.code, ended.stderr]).toEqual([
    1,
    expect.stringMatching(
      /\ncrucible: Object\.prototype was frozen by code of a task: the reports cannot be made in this process \(.*\)\. All rows are stored, and crucible report freezes makes them\..*\n$/,
    ),
  ]);
  expect(await crucible(["report", "freezes", ...flags], here.path)).toMatchObject({ code: 0 });
});

it.concurrent("a process object that a condition freezes, whose listeners can no longer be taken away, changes nothing", async () => {
  const flags = ["--yes", "--checkpoints", "ck/process", "--out", "out/process"];
  const ended = await crucible(["run", file, "--id", "process", ...flags], here.path, { ACT: "freezesProcess" });
  expect([ended.code, ended.stdout]).toEqual([0, expect.stringContaining("80 planned = 80 succeeded")]);
  expect(ended.stderr).not.toContain("    at ");
});

interface Row {
  readonly condition: string;
  readonly itemId: string;
  readonly metrics: { readonly accuracy: number };
  readonly output?: { readonly answer: string };
}

const { root, isSource } = ownPackage();
const own = (name: string): string =>
  pathToFileURL(join(root, isSource ? `src/${name}.ts` : `dist/src/${name}.js`)).href;
const watchdog = own("app/watchdog");
/** A run under a watchdog that is in a hurry. */
const stuck = here.file(
  "stuck.mjs",
  `import { defineExperiment, start } from "crucible-harness";
import { watchLoop } from ${JSON.stringify(watchdog)};
const acts = {
  "a loop": () => { for (let i = 0; i >= 0; i = 1); },
  "a thenable that resolves to itself": async () => { const own = { then: (resolve) => resolve(own) }; return own; },
  "thenables without end": async () => { const next = () => ({ then: (resolve) => resolve(next()) }); return next(); },
  "microtasks without end": async () => { for (;;) await 0; },
  "nothing": () => ({ accuracy: 1 }),
  "a long computation": () => { for (const end = performance.now() + 1200; performance.now() < end; ); return { accuracy: 1 }; },
};
const act = acts[process.argv[2]];
const run = async ({ id }) => { await new Promise((done) => setImmediate(done)); return id === 3 ? act() : { accuracy: 1 }; };
const experiment = defineExperiment({
  name: "stuck", dataset: Array.from({ length: 8 }, (_, id) => ({ id })), metrics: ["accuracy"],
  conditions: [{ name: "a", run }], config: { maxParallel: 1, timeoutMs: 300 },
});
const handle = start(experiment, { checkpointDir: "ck", formats: [] });
const end = await watchLoop(handle, { sayAfterMs: 500, endAfterMs: 3000 });
const { accounting } = await handle.done;
end();
console.log(accounting.succeeded);`,
);

/** What a program prints and how it ends. */
function node(
  ...args: string[]
): Promise<{ code: number | null; signal: string | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [...loader, ...args], {
    cwd: here.path,
    env: { ...process.env, NODE_OPTIONS: "", NODE_NO_WARNINGS: "1" },
    timeout: NEVER_MS,
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (chunk) => {
    stdout += chunk;
  });
  child.stderr.on("data", (chunk) => {
    stderr += chunk;
  });
  return new Promise((done) => child.on("close", (code, signal) => done({ code, signal, stdout, stderr })));
}

describe("a task that never lets go of the event loop", () => {
  it.concurrent.each([
    "a loop",
    "a thenable that resolves to itself",
    "thenables without end",
    "microtasks without end",
  ])("is said with its line, and the process ended with how to resume: %s", async (act) => {
    const { code, signal, stderr } = await node(stuck, act);
    expect([code, signal]).toEqual([null, "SIGKILL"]);
    if (act === "a loop") expect(stderr).toContain("stuck.mjs:4:");
    expect(stderr).toMatch(
      /^crucible: a task has kept the event loop of (exp_[\w-]+) for \d+ s(, at file:.*stuck\.mjs:\d+:\d+)?: no timeout.*kill -9 \d+\ncrucible: \1 is ended: .*: crucible resume \1, with --executor threads/,
    );
  });

  it.concurrent.each(["nothing", "a long computation"])("is none of these: %s", async (act) => {
    const { code, stdout, stderr } = await node(stuck, act);
    expect([code, stdout, stderr.includes("is ended")]).toEqual([0, "8\n", false]);
  });
});

describe("what all objects of a process inherit", () => {
  const ways = {
    "": "",
    frozen: "Object.freeze(holder);",
    "replaced by getters that let others write, then frozen": `for (const key of Reflect.ownKeys(holder)) {
      const { value, writable, configurable } = Reflect.getOwnPropertyDescriptor(holder, key);
      if (writable && configurable) Object.defineProperty(holder, key, { get: () => value, set(own) { Object.defineProperty(this, key, { value: own }); } });
    }
    Object.freeze(holder);`,
  };
  it.each(["Object.prototype", "Function.prototype", "Error.prototype"])(
    "is refused where it is frozen, so that libraries fail: %s",
    async (holder) => {
      const found = Object.entries(ways).map(async ([way, code]) => {
        const text = `import(${JSON.stringify(own("execute/frozen"))}).then(({ frozenBuiltin }) => {
          const holder = ${holder};
          ${code}
          require("node:worker_threads").parentPort.postMessage(String(frozenBuiltin()));
        });`;
        const worker = new Worker(text, { eval: true, execArgv: [...loader] });
        return [way, await new Promise((done, fail) => worker.once("message", done).once("error", fail))];
      });
      expect(await Promise.all(found)).toEqual(
        Object.keys(ways).map((way) => [way, way === "frozen" ? holder : "undefined"]),
      );
    },
  );

  it("is refused before the first task, in one sentence", async () => {
    const frozen = here.file(
      "frozen.mjs",
      `import { defineExperiment } from "crucible-harness";
Object.freeze(Object.prototype);
const run = () => { throw new Error("it was run"); };
export default defineExperiment({ name: "frozen", dataset: [{ id: 1 }], metrics: ["accuracy"], conditions: [{ name: "a", run }] });`,
    );
    const { code, stderr } = await crucible(["run", frozen, "--yes", "--checkpoints", "ck/frozen"], here.path);
    expect([code, stderr]).toEqual([2, expect.stringMatching(/^crucible: Object\.prototype must not be frozen.*\n$/)]);
  });
});
