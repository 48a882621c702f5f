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

it("children that have ended leave memory at the next minor collection, also under a supervisor that has lived long", () => {
  const flags = ["--expose-gc", "--max-semi-space-size=1", "--input-type=module", "--eval", program];
  const cwd = fileURLToPath(new URL("../..", import.meta.url));
  const grown = Number(execFileSync(process.execPath, flags, { cwd, encoding: "utf8" }));
  expect(grown).toBeLessThan(10_000_000); // a Map that outgrew itself kept all of them: more than 1 kB each
});
