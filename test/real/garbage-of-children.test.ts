import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const CHILDREN = 40_000;

/** Children come and go under a supervisor that has survived a full collection; prints the bytes by which the heap grew at most. */
const program = `
  import { createActor, fromTransition } from "xstate";
  import { dynamicSupervisor, exit, spawn } from "crucible-harness/supervision";
  const logic = fromTransition((state) => state, ({ input }) => ({ input, bytes: new Array(100).fill(0) }));
  const pool = createActor(dynamicSupervisor({ id: "pool", restart: "temporary", onFact: null, start: (input) => ({ logic, input }) })).start();
  const live = [];
  const turn = (n) => {
    for (let i = 0; i < n; i++) {
      live.push(spawn(pool, i).value);
      if (live.length > 32) exit(live.shift(), { kind: "normal" });
    }
  };
  turn(1000);
  gc();
  const before = process.memoryUsage().heapUsed;
  let most = 0;
  for (let done = 0; done < ${CHILDREN}; done += 100) {
    turn(100);
    most = Math.max(most, process.memoryUsage().heapUsed - before);
    await new Promise(setImmediate);
  }
  console.log(most);
`;

/** Runs of which each process is killed soon; prints the bytes that a further eighty of them leave behind. */
const simulations = `
  import { defineExperiment } from "crucible-harness";
  import { simulate, simulateRun } from "crucible-harness/testing";
  const experiment = defineExperiment({
    name: "killed",
    dataset: Array.from({ length: 5 }, (_, i) => ({ id: "i" + i })),
    conditions: [{ name: "a", run: () => ({ accuracy: 1 }) }],
    metrics: ["accuracy"],
  });
  let kills = 0;
  const turn = async (from) => {
    for (let seed = from; seed < from + 40; seed++)
      kills += (await simulate(seed, (world) => simulateRun(world, experiment, { items: 5, wildSessions: 3 }))).value.kills;
    gc();
    return process.memoryUsage().heapUsed;
  };
  const before = await turn(0);
  await turn(40);
  const after = await turn(80);
  console.log(kills > 60 ? after - before : "too few kills");
`;

const printed = (text: string, ...more: string[]): number => {
  const flags = ["--expose-gc", ...more, "--input-type=module", "--eval", text];
  const cwd = fileURLToPath(new URL("../..", import.meta.url));
  return Number(execFileSync(process.execPath, flags, { cwd, encoding: "utf8" }));
};

it("children that have ended leave memory at the next minor collection, also under a supervisor that has lived long", () => {
  const grown = printed(program, "--max-semi-space-size=1");
  expect(grown).toBeLessThan(10_000_000); // a Map that outgrew itself kept all of them: more than 1 kB each
});

it("simulated processes that were killed leave memory, too", () => {
  expect(printed(simulations)).toBeLessThan(2_000_000); // each was kept, which came to 4 MB
});
