/**
 * What it costs to score stored answers again. Needs `npm run build`.
 *
 *     npm run bench:rescore -- --answers 100000 --items 500 --rounds 3
 *
 * A scripted model answers, and `crucible score` is measured as it is typed, from the start of its process to the written report, by a scorer that looks at the
 * text alone; beside it `crucible report` of the same scoring, which is the part of it that does not score. Seconds are user and system time, the least of the
 * rounds, since a busy machine only ever adds. Prints one JSON record. `--keep <folder>` keeps the answers for the next time, `--dist <folder>` measures another
 * build.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: {
    answers: { type: "string", default: "100000" },
    items: { type: "string", default: "500" },
    rounds: { type: "string", default: "1" },
    dist: { type: "string", default: new URL("../../dist", import.meta.url).pathname },
    keep: { type: "string" },
  },
});
const [answers, items, rounds] = [values.answers, values.items, values.rounds].map(Number);
const command = join(values.dist, "src/cli/main.js");
const folder = values.keep ?? mkdtempSync(join(tmpdir(), "crucible-rescore-"));
const front = (path) => JSON.stringify(join(values.dist, "src", path));
mkdirSync(folder, { recursive: true });
writeFileSync(
  join(folder, "answers.mjs"),
  `import { defineExperiment } from ${front("index.js")};
import { generate } from ${front("solver/index.js")};
import { match } from ${front("scoring/index.js")};
import { scripted } from ${front("backends/index.js")};
export default defineExperiment({
  name: "rescore",
  dataset: Array.from({ length: ${items} }, (_, i) => ({ id: String(i), input: "How many are " + i + " and one?", target: String(i + 1) })),
  conditions: ["a", "b"].map((name, at) => ({
    name,
    backend: scripted((messages) => {
      const number = Number(/are (\\d+) and/.exec(messages.at(-1).content)[1]);
      const sum = number + ((number + at) % 3 === 0 ? 2 : 1);
      return "There are " + number + " of them, and then one more. In all that makes " + sum;
    }),
    solver: generate(),
    scorers: [match()],
  })),
  metrics: ["accuracy"],
  repeat: ${answers / items / 2},
  config: { maxParallel: 32 },
});
`,
);
writeFileSync(
  join(folder, "scorers.mjs"),
  `import { contains } from ${front("scoring/index.js")};\nexport default [contains()];\n`,
);

/** User and system seconds of a process of its own, and those by the clock on the wall. */
function secondsOf(...args) {
  const told = join(folder, "cpu.json");
  const tell = `import { writeFileSync } from "node:fs"; process.on("exit", () => writeFileSync(${JSON.stringify(told)}, JSON.stringify(process.cpuUsage())));`;
  const began = performance.now();
  const { status, stderr } = spawnSync(
    process.execPath,
    ["--import", `data:text/javascript,${encodeURIComponent(tell)}`, command, ...args],
    { cwd: folder, encoding: "utf8", stdio: ["ignore", "ignore", "pipe"] },
  );
  if (status !== 0) throw new Error(stderr);
  const wall = (performance.now() - began) / 1000;
  const { user, system } = JSON.parse(readFileSync(told, "utf8"));
  return { cpu: (user + system) / 1e6, wall };
}

const least = (measured) => measured.reduce((best, each) => (each.cpu < best.cpu ? each : best));
const round = (value) => Math.round(value * 100) / 100;

try {
  const store = join(folder, "checkpoints");
  const at = ["--checkpoints", store];
  if (!existsSync(store)) secondsOf("run", "answers.mjs", "--id", "bench", ...at);
  const scored = [];
  const reported = [];
  for (let each = 0; each < rounds; each++) {
    const name = `again${Date.now()}`;
    scored.push(secondsOf("score", "bench", "--file", "scorers.mjs", "--name", name, ...at));
    reported.push(secondsOf("report", "bench", "--scoring", name, ...at));
  }
  const [score, report] = [least(scored), least(reported)];
  console.log(
    JSON.stringify({
      answers,
      items,
      scoreCpuS: round(score.cpu),
      scoreWallS: round(score.wall),
      reportCpuS: round(report.cpu),
      microsPerAnswer: round((score.cpu / answers) * 1e6),
    }),
  );
} finally {
  if (!values.keep) rmSync(folder, { recursive: true, force: true });
}
