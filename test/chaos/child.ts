import { AsyncResource } from "node:async_hooks";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type RunHandle, type RunStore, sqliteStore } from "crucible-harness";
import { checkInvariants, faults, observe, type RunRecord } from "crucible-harness/testing";
import { guardExit } from "#src/cli/exit-guard";
import { sabotaged } from "./sabotage.ts";
import { comparable, experimentOf, type KillPoint, type Session, type SessionResult, tracesIn } from "./world.ts";

const session = JSON.parse(process.argv[2]!) as Session;
const { folder, killAt, stopAt, exitAt } = session;

const dieAt = (what: KillPoint) => {
  let n = 0;
  return (): void => {
    n += 1;
    if (killAt?.what === what && killAt.n === n) process.kill(process.pid, "SIGKILL");
  };
};
const beforeCommit = dieAt("before commit");
const afterCommit = dieAt("after commit");
const atCall = dieAt("call");

/** Bound before any task: what it throws belongs to none. */
const stray = AsyncResource.bind((): void => {
  setImmediate(() => {
    throw new Error("of no task");
  });
});

let calls = 0;
const called = (): void => {
  calls += 1;
  atCall();
  if (exitAt === calls) process.exit(0);
  if (stopAt?.n !== calls) return;
  if (stopAt.how === "stray") stray();
  else handle[stopAt.how]();
};

const store = (id: string): RunStore => {
  const inner = sabotaged(sqliteStore(join(folder, `${id}.db`)), session.sabotage);
  return {
    ...inner,
    append: (outcomes) => {
      beforeCommit();
      const added = inner.append(outcomes);
      afterCommit();
      return added;
    },
  };
};

const id = session.resume
  ? readdirSync(folder)
      .find((name) => name.endsWith(".db"))
      ?.slice(0, -3)
  : undefined;
const experiment = experimentOf(session.seed, tracesIn(folder), called);
const observed = observe(
  experiment,
  {
    store,
    formats: [],
    checkpointDir: folder,
    ...(session.faults.length > 0 ? { faults: faults(session.faults, session.faultSeed) } : {}),
  },
  id,
);
const handle: RunHandle = observed.handle;

const unguard = guardExit(handle);

const told = (run: RunRecord): SessionResult => ({
  status: run.report.status,
  violations: checkInvariants(run),
  analysis: comparable(run.report.analysis),
  cost: run.report.cost,
});
const result = await observed.record.then(
  told,
  (error: Error): SessionResult => ({
    status: error.name === "StoreError" ? "refused" : `broken: ${error.stack}`,
    violations: [],
  }),
);
unguard();
writeFileSync(join(folder, "result.json"), JSON.stringify(result));
process.exit(0);
