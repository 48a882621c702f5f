/**
 * The same no-op work under evaluation runners that people use. They are installed on demand, in a folder of their own, and never become
 * part of this project. Needs `npm run build`, the network, and some minutes.
 *
 *     npm run bench:peers -- --tasks 1000 --folder /tmp/crucible-peers
 *
 * Every runner gets `tasks` items, one condition that returns at once, one scorer that says 1, 32 at a time. CPU of the whole process
 * tree, start included, because that is what a user waits for; the line with two sizes takes the start out.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: {
    tasks: { type: "string", default: "1000" },
    folder: { type: "string", default: join(tmpdir(), "crucible-peers") },
    minutes: { type: "string", default: "5" },
  },
});
const tasks = Number(values.tasks);
const timeout = Number(values.minutes) * 60_000;
const packages = { promptfoo: "promptfoo@0.119", evalite: "evalite@0.19 vitest@4" };

/** Installs a runner into its own folder. @returns why that failed */
function install(name) {
  const home = join(values.folder, name);
  if (existsSync(join(home, "installed"))) return undefined;
  mkdirSync(home, { recursive: true });
  writeFileSync(join(home, "package.json"), JSON.stringify({ private: true, type: "module" }));
  const args = ["install", "--no-audit", "--no-fund", "--loglevel", "error", ...packages[name].split(" ")];
  const { status, signal, stderr } = spawnSync("npm", args, { cwd: home, encoding: "utf8", timeout });
  if (status !== 0) return `npm install: ${signal ?? stderr.trim().split("\n")[0]}`;
  writeFileSync(join(home, "installed"), "");
  return undefined;
}

/** What each runner is given, and how it is started. */
const peers = {
  promptfoo(size, home) {
    writeFileSync(
      join(home, "provider.cjs"),
      "module.exports = class { id() { return 'noop'; } async callApi() { return { output: 'x' }; } };",
    );
    const items = Array.from({ length: size }, (_, id) => ({ vars: { id }, assert: [{ type: "equals", value: "x" }] }));
    writeFileSync(join(home, "tests.json"), JSON.stringify(items));
    const config = { prompts: ["{{id}}"], providers: ["file://provider.cjs"], tests: "file://tests.json" };
    writeFileSync(join(home, "config.json"), JSON.stringify(config));
    const main = join(home, "node_modules/.bin/promptfoo");
    return [main, ["eval", "-c", "config.json", "-j", "32", "--no-table", "--no-progress-bar", "--no-cache"]];
  },
  evalite(size, home) {
    writeFileSync(
      join(home, "noop.eval.ts"),
      `import { evalite } from "evalite";
evalite("noop", {
  data: async () => Array.from({ length: ${size} }, (_, id) => ({ input: id, expected: "x" })),
  task: async () => "x",
  scorers: [{ name: "same", scorer: ({ output, expected }) => (output === expected ? 1 : 0) }],
});`,
    );
    return [join(home, "node_modules/.bin/evalite"), ["run"]];
  },
};

const env = { ...process.env, PROMPTFOO_DISABLE_TELEMETRY: "1", PROMPTFOO_DISABLE_UPDATE: "1", NO_COLOR: "1" };

/** CPU seconds of a process and all its children, by the shell's own account. */
function cpuSeconds([command, args], home) {
  const line = `ulimit -c 0; "$0" "$@" > last.log 2>&1; status=$?; times; exit $status`;
  const { status, signal, stdout } = spawnSync("bash", ["-c", line, command, ...args], {
    cwd: home,
    env: { ...env, PROMPTFOO_CONFIG_DIR: join(home, "config") },
    encoding: "utf8",
    timeout,
  });
  if (status !== 0 && !(status === 100))
    throw new Error(`ended with ${signal ?? status}, see ${join(home, "last.log")}`);
  const children = stdout.trim().split("\n")[1];
  return [...children.matchAll(/(\d+)m([\d.]+)s/g)].reduce((sum, [, m, s]) => sum + 60 * m + Number(s), 0);
}

function measure(name) {
  const refused = install(name);
  if (refused) return { contender: name, notMeasured: refused };
  const home = join(values.folder, name);
  try {
    const [small, large] = [tasks / 10, tasks].map((size) => cpuSeconds(peers[name](size, home), home));
    return { contender: name, tasks, cpuSeconds: large, cpuMicrosPerTask: perTask(small, large) };
  } catch (error) {
    return { contender: name, notMeasured: error.message };
  }
}

/** Without the start, which both sizes have. */
const perTask = (small, large) => Math.round(((large - small) * 1e6) / (tasks * 0.9));

function crucible() {
  const home = mkdtempSync(join(tmpdir(), "crucible-peer-"));
  try {
    const sizes = [tasks / 10, tasks].map((size) => {
      writeFileSync(
        join(home, "noop.mjs"),
        `import { defineExperiment } from ${JSON.stringify(new URL("../../dist/src/index.js", import.meta.url).href)};
export default defineExperiment({ name: "noop", dataset: Array.from({ length: ${size} }, (_, id) => ({ id })),
  conditions: [{ name: "a", run: async () => ({ accuracy: 1 }) }], metrics: ["accuracy"], config: { maxParallel: 32 } });`,
      );
      const main = new URL("../../dist/src/cli/main.js", import.meta.url).pathname;
      return cpuSeconds([process.execPath, [main, "run", "noop.mjs", "--yes"]], home);
    });
    return { contender: "crucible", tasks, cpuSeconds: sizes[1], cpuMicrosPerTask: perTask(...sizes) };
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

const own = crucible();
console.log(JSON.stringify(own));
for (const name of Object.keys(peers)) {
  const peer = measure(name);
  const ratio = peer.cpuSeconds ? { cpuRatioToCrucible: Math.round((peer.cpuSeconds / own.cpuSeconds) * 10) / 10 } : {};
  console.log(JSON.stringify({ ...peer, ...ratio }));
}
