/**
 * What the second stage of a task by solver and scorers costs: microseconds of processor time a task, beside a task that is scored in the attempt that answered it,
 * and a function that does the same. Needs `npm run build`.
 *
 *     npm run bench:stages -- --tasks 20000 --rounds 5
 *
 * All take turns in one process, each in a run of its own without reports; the least of the rounds counts, since a busy machine only ever adds. An answer that holds a
 * function cannot be stored, and so is scored in one attempt: the difference to the same answer without it is the stage.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { setFlagsFromString } from "node:v8";

setFlagsFromString("--no-allocation-site-pretenuring"); // as the command does

const { values } = parseArgs({
  options: {
    tasks: { type: "string", default: "20000" },
    rounds: { type: "string", default: "5" },
    dist: { type: "string", default: new URL("../../dist", import.meta.url).pathname },
  },
});
const [tasks, rounds] = [values.tasks, values.rounds].map(Number);
const load = (path) => import(join(values.dist, "src", path));
const { defineExperiment, start } = await load("index.js");
const { generate } = await load("solver/index.js");
const { contains } = await load("scoring/index.js");
const { backendOf } = await load("backends/index.js");

const backend = backendOf("counts", async (messages) => {
  const number = Number(messages.at(-1).content);
  return { content: `There are ${number} of them, and then one more. In all that makes ${number + 1}` };
});
const unstorable = () => 1;
const grade = contains();
const contenders = {
  "two stages": { solver: generate(), scorers: [grade], backend },
  "one stage": {
    solver: async (state, ask) => (await generate()(state, ask)).put("left", unstorable),
    scorers: [grade],
    backend,
  },
  function: {
    run: async ({ input, target }) => {
      const { content } = await backend.generate([{ role: "user", content: input }], {}, {});
      return { completion: content, accuracy: content.includes(target) };
    },
  },
};

async function microsOf(condition) {
  const folder = mkdtempSync(join(tmpdir(), "crucible-stages-"));
  const experiment = defineExperiment({
    name: "stages",
    dataset: Array.from({ length: 500 }, (_, i) => ({ id: `${i}`, input: `${i}`, target: `${i + 1}` })),
    conditions: [{ name: "a", ...condition }],
    metrics: ["accuracy"],
    repeat: tasks / 500,
    config: { maxParallel: 32 },
  });
  const handle = start(experiment, { checkpointDir: folder, formats: [] });
  const before = process.cpuUsage();
  while (handle.status().state !== "analysing" && handle.status().state !== "ended")
    await new Promise((done) => setTimeout(done, 10)); // the run alone
  const { user, system } = process.cpuUsage(before);
  await handle.done;
  rmSync(folder, { recursive: true, force: true });
  return (user + system) / tasks;
}

const least = {};
for (let round = -1; round < rounds; round++)
  for (const [name, condition] of Object.entries(contenders)) {
    const micros = await microsOf(condition);
    if (round >= 0) least[name] = Math.min(least[name] ?? Number.POSITIVE_INFINITY, micros); // the first is compiled
  }
for (const [name, micros] of Object.entries(least))
  console.log(
    `${name.padEnd(12)}${micros.toFixed(1).padStart(8)} us/task  x${(micros / least["one stage"]).toFixed(2)} of one stage`,
  );
