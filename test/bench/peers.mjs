/**
 * The same no-op work under evaluation runners that people use. Each is installed on demand, once, in a folder of its own, and never
 * becomes part of this project. Needs `npm run build`, the network, and some minutes.
 *
 *     npm run bench:peers -- --tasks 1000 --rounds 3 --folder /tmp/crucible-peers
 *
 * Every runner gets `tasks` items, one condition that returns at once and one comparison of its answer, 32 at a time, started by its own
 * command with its own storage, and must say that it did them all. Measured is the CPU of the whole process tree, start included, because
 * that is what a user waits for, at `tasks` and at a tenth of them: the difference is what a task costs without the start. Rounds take
 * turns; the median of each counts.
 */
import { spawn } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { DatabaseSync } from "@photostructure/sqlite";

const { values } = parseArgs({
  options: {
    tasks: { type: "string", default: "1000" },
    rounds: { type: "string", default: "3" },
    folder: { type: "string", default: join(tmpdir(), "crucible-peers") },
    minutes: { type: "string", default: "10" },
    only: { type: "string", default: "crucible,promptfoo,evalite" },
  },
});
const tasks = Number(values.tasks);
const PARALLEL = 32;
const SAY_EVERY_MS = 20_000;
const say = (line) => console.error(line);

const own = new URL("../../dist/src/", import.meta.url);
const itemsOf = (size, item) => Array.from({ length: size }, (_, id) => item(id));
const write = (home, name, content) =>
  writeFileSync(join(home, name), typeof content === "string" ? content : JSON.stringify(content));
const bin = (home, name) => join(home, "node_modules/.bin", name);

/** What each runner needs, is given, and says in the end: `done` reads from its log or storage how many tasks it did. */
const contenders = {
  crucible: {
    packages: [],
    command(size, home) {
      write(
        home,
        "noop.mjs",
        `import { defineExperiment } from ${JSON.stringify(new URL("index.js", own).href)};
export default defineExperiment({ name: "noop", dataset: Array.from({ length: ${size} }, (_, id) => ({ id, expected: "x" })),
  conditions: [{ name: "a", run: async ({ expected }) => ({ accuracy: "x" === expected }) }], metrics: ["accuracy"],
  config: { maxParallel: ${PARALLEL} } });`,
      );
      return [process.execPath, new URL("cli/main.js", own).pathname, "run", "noop.mjs", "--yes"];
    },
    done: (log) => /([\d,]+) of [\d,]+ tasks/.exec(log)?.[1],
  },
  promptfoo: {
    // the last version for Node 20; its optional browsers are fetched by an install script, and nothing here needs one
    packages: ["promptfoo@0.121.20", "--ignore-scripts"],
    command(size, home) {
      write(
        home,
        "provider.cjs",
        "module.exports = class { id() { return 'noop'; } async callApi() { return { output: 'x' }; } };",
      );
      write(
        home,
        "tests.json",
        itemsOf(size, (id) => ({ vars: { id }, assert: [{ type: "equals", value: "x" }] })),
      );
      write(home, "config.json", {
        prompts: ["{{id}}"],
        providers: ["file://provider.cjs"],
        tests: "file://tests.json",
      });
      const flags = ["-j", String(PARALLEL), "--no-table", "--no-progress-bar", "--no-cache"];
      return [bin(home, "promptfoo"), "eval", "-c", "config.json", ...flags];
    },
    // its log may end before its summary; its database has the rows
    done(_, home) {
      const database = new DatabaseSync(join(home, "config/promptfoo.db"), { readOnly: true });
      const last = "select id from evals order by created_at desc limit 1";
      const { done } = database
        .prepare(`select count(*) as done from eval_results where success and eval_id = (${last})`)
        .get();
      database.close();
      return String(done);
    },
  },
  evalite: {
    packages: ["evalite@0.19.0", "vitest@4.1.12"],
    command(size, home) {
      write(
        home,
        "noop.eval.ts",
        `import { evalite } from "evalite";
evalite("noop", {
  data: async () => Array.from({ length: ${size} }, (_, id) => ({ input: id, expected: "x" })),
  task: async () => "x",
  scorers: [{ name: "same", scorer: ({ output, expected }) => (output === expected ? 1 : 0) }],
});`,
      );
      write(
        home,
        "evalite.config.ts",
        `import { defineConfig } from "evalite/config";
export default defineConfig({ maxConcurrency: ${PARALLEL} });`,
      );
      return [bin(home, "evalite"), "run", "--hideTable"];
    },
    done: (log) => /Evals\s+([\d,]+)/.exec(log)?.[1],
  },
};

/**
 * Runs a command with a limit on its time, and says every now and then that it still does.
 *
 * @returns what it printed
 * @throws Error with the reason: how it ended and its last lines, or that it did not end
 */
function run(what, [command, ...args], home, env = {}) {
  const begunMs = Date.now();
  const seconds = () => Math.round((Date.now() - begunMs) / 1000);
  return new Promise((resolve, reject) => {
    const file = openSync(join(home, "last.log"), "w"); // a pipe would lose what is written just before the end
    const stdio = ["ignore", file, file];
    const child = spawn(command, args, { cwd: home, env: { ...process.env, ...env }, stdio, detached: true });
    let late = false;
    const still = setInterval(() => say(`${what}: ${seconds()} s`), SAY_EVERY_MS);
    const limit = setTimeout(() => {
      late = true;
      process.kill(-child.pid, "SIGKILL");
    }, Number(values.minutes) * 60_000);
    const settle = (why) => {
      clearInterval(still);
      clearTimeout(limit);
      closeSync(file);
      const log = readFileSync(join(home, "last.log"), "utf8");
      if (why === undefined) return resolve(log);
      const last = log.trim().split("\n").slice(-3).join(" / ");
      reject(new Error(`${what} ${why}${last === "" ? ", and it printed nothing" : `: ${last}`}`));
    };
    child.on("error", ({ message }) => settle(`could not be started (${message})`));
    child.on("close", (code, signal) => {
      if (late) settle(`did not end in ${values.minutes} minutes`);
      else settle(code === 0 ? undefined : `ended with ${signal ?? code}`);
    });
  });
}

/** Installs a runner into its own folder, unless it is there. */
async function install(name, home) {
  const { packages } = contenders[name];
  const mark = join(home, "installed");
  const wanted = packages.join(" ");
  mkdirSync(home, { recursive: true });
  if (packages.length === 0 || (existsSync(mark) && readFileSync(mark, "utf8") === wanted)) return;
  write(home, "package.json", { private: true, type: "module" });
  say(`npm install ${wanted}, in ${home}`);
  await run(`npm install ${wanted}`, ["npm", "install", "--no-audit", "--no-fund", ...packages], home);
  write(home, "installed", wanted);
}

/** CPU seconds of a process and all its children, by the shell's own account. */
async function cpuSeconds(name, size, home) {
  const { command, done } = contenders[name];
  const quiet = { NO_COLOR: "1", PROMPTFOO_DISABLE_TELEMETRY: "1", PROMPTFOO_DISABLE_UPDATE: "1" };
  const line = '"$0" "$@"; status=$?; times; exit $status';
  const env = { ...quiet, PROMPTFOO_CONFIG_DIR: join(home, "config") };
  const log = await run(`${name} on ${size} tasks`, ["bash", "-c", line, ...command(size, home)], home, env);
  const counted = Number(done(log, home)?.replaceAll(",", ""));
  if (counted !== size) throw new Error(`${name} says that it did ${counted} of ${size} tasks: ${log.slice(-300)}`);
  const [, children] = [...log.matchAll(/^(\d+)m([\d.]+)s (\d+)m([\d.]+)s$/gm)].slice(-2);
  const [, minutes, secs, systemMinutes, systemSecs] = children.map(Number);
  return 60 * (minutes + systemMinutes) + secs + systemSecs;
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];

const seconds = new Map();
const refused = new Map();
const names = values.only.split(",");
for (const name of names) {
  try {
    await install(name, join(values.folder, name));
    seconds.set(name, { small: [], large: [] });
  } catch (error) {
    refused.set(name, error.message);
  }
}
for (let round = 1; round <= Number(values.rounds); round++) {
  for (const [name, { small, large }] of seconds) {
    try {
      small.push(await cpuSeconds(name, tasks / 10, join(values.folder, name)));
      large.push(await cpuSeconds(name, tasks, join(values.folder, name)));
      say(`round ${round}: ${name} ${small.at(-1)} s of CPU for ${tasks / 10} tasks, ${large.at(-1)} s for ${tasks}`);
    } catch (error) {
      refused.set(name, error.message);
      seconds.delete(name);
    }
  }
}
rmSync(join(values.folder, "crucible"), { recursive: true, force: true });

/** CPU of all, and of one task without the start, which both sizes have. */
const costOf = ({ small, large }) => ({
  cpuSeconds: median(large),
  cpuMicrosPerTask: Math.round(((median(large) - median(small)) * 1e6) / (tasks * 0.9)),
});
const ours = seconds.has("crucible") ? costOf(seconds.get("crucible")) : undefined;
const times = (theirs, our) => Math.round((theirs / our) * 10) / 10;
for (const name of names) {
  if (refused.has(name)) {
    console.log(JSON.stringify({ contender: name, notMeasured: refused.get(name) }));
    continue;
  }
  const cost = costOf(seconds.get(name));
  const ratios = ours && {
    cpuRatioToCrucible: times(cost.cpuSeconds, ours.cpuSeconds),
    perTaskRatioToCrucible: times(cost.cpuMicrosPerTask, ours.cpuMicrosPerTask),
  };
  const { packages } = contenders[name];
  console.log(JSON.stringify({ contender: packages[0] ?? name, tasks, ...cost, ...ratios }));
}
