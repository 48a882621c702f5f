/**
 * Runs a supervision tree under Node, Deno and Bun: `npm run runtimes`, after `npm run build`. A runtime that is not installed is passed over and said.
 * Each resolves the package itself, by its own conditions, and must print the same lines.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "..");
const program = `
import { createActor, fromCallback, fromPromise, fromTransition } from "xstate";
import { ask, crash, dynamicSupervisor, exit, exitOf, guard, lookup, mapTasks, monitor, printTree, register, registry, startChild, stop,
  supervisor, task, taskSupervisor, tree, up } from "crucible-harness/supervision";
import { fromProcess, fromWorker } from "crucible-harness/supervision/node";

const lines = [];
const counter = fromTransition((n, event) => {
  if (event.type === "crash") throw new Error("a bug");
  event.reply?.(n + 1);
  return n + 1;
}, 0);
const named = fromCallback(({ self, system }) => { register(system.get("names"), self, "server"); });
const late = fromCallback(({ self }) => { const timer = setTimeout(guard(self, () => { throw new Error("late"); }), 5); return () => clearTimeout(timer); });
let tries = 0;
const flaky = fromPromise(async () => { if (++tries < 3) throw new Error("not yet"); return tries; });
const app = await up(createActor(supervisor({ strategy: "rest_for_one", intensity: 20, onFact: ({ type, id, exit }) => lines.push([type, id, exit?.kind].join(" ")), children: [
  { id: "names", name: "names", start: registry() },
  { id: "counter", name: "counter", start: counter },
  { id: "server", start: named },
  { id: "late", start: late, restart: "temporary" },
  { id: "tasks", name: "tasks", start: taskSupervisor() },
  { id: "pool", name: "pool", start: dynamicSupervisor({ start: flaky, restart: "transient", intensity: 9, restartDelay: { initialDelayMs: 5 }, onFact: null }) },
  { id: "run", run: async ({ signal }) => new Promise((resolve) => signal.addEventListener("abort", resolve)) },
] }), { id: "app" }));
await startChild(app.system.get("pool"), undefined);
const until = async (holds) => { while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5)); };
await until(() => tries === 3 && lines.some((line) => line.startsWith("child.exited late")));
app.system.get("counter").send({ type: "crash" });
lines.push(JSON.stringify(await ask(app.system.get("counter"), (reply) => ({ type: "count", reply }))));
lines.push(String(lookup(app.system.get("names"), "server").length));
for await (const result of mapTasks(app.system.get("tasks"), [1, 2, 3], async (n) => n * n, { concurrency: 2 })) lines.push(JSON.stringify(result));
lines.push(printTree(await tree(app)));
lines.push(JSON.stringify(await stop(app)));

const ends = [];
const ports = await up(createActor(supervisor({ onFact: ({ type, exit }) => type === "child.exited" && ends.push(exit), children: [
  { id: "process", restart: "temporary", start: fromProcess("sh", ["-c", "exit 3"]) },
  { id: "thread", restart: "temporary", /* loops until it is ended */ start: fromWorker(new URL("./thread.mjs", import.meta.url)) },
] })));
await until(() => ends.length > 0);
lines.push(ends.map(({ error }) => error.message).join());
lines.push(JSON.stringify(await stop(ports)));
console.log(lines.join("\\n"));
`;
const runtimes = {
  node: [],
  deno: ["run", "--allow-all", "--node-modules-dir=manual"],
  bun: ["run"],
};

const folder = mkdtempSync(join(tmpdir(), "crucible-runtimes-"));
try {
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(root, join(folder, "node_modules/crucible-harness"));
  symlinkSync(join(root, "node_modules/xstate"), join(folder, "node_modules/xstate"));
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
  writeFileSync(join(folder, "tree.mjs"), program);
  writeFileSync(join(folder, "thread.mjs"), "for (;;) {}");
  let expected;
  for (const [runtime, args] of Object.entries(runtimes)) {
    const { error, status, stdout, stderr } = spawnSync(runtime, [...args, "tree.mjs"], {
      cwd: folder,
      encoding: "utf8",
      timeout: 60_000,
    });
    if (error?.code === "ENOENT") {
      console.log(`${runtime}: not installed here, and passed over (it is on npm as ${runtime})`);
      continue;
    }
    expected ??= stdout;
    const isSame = status === 0 && stdout === expected;
    console.log(`${runtime}: ${isSame ? `${stdout.split("\n").length} lines, as expected` : "DIFFERS"}`);
    if (isSame) continue;
    console.error(`${stdout}\n${stderr}`);
    process.exitCode = 1;
  }
} finally {
  rmSync(folder, { recursive: true });
}
