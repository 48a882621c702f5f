import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type RunStore, sqliteStore } from "crucible-harness";
import { checkInvariants, faults, observe } from "crucible-harness/testing";
import { experimentOf, type Session, type SessionResult, tracesIn } from "./world.ts";

const session = JSON.parse(process.argv[2]!) as Session;
const { folder, killAt } = session;

const dieAt = (what: NonNullable<Session["killAt"]>["what"]) => {
  let n = 0;
  return (): void => {
    n += 1;
    if (killAt?.what === what && killAt.n === n) process.kill(process.pid, "SIGKILL");
  };
};
const beforeCommit = dieAt("before commit");
const afterCommit = dieAt("after commit");

const store = (id: string): RunStore => {
  const inner = sqliteStore(join(folder, `${id}.db`));
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
const experiment = experimentOf(session.seed, tracesIn(folder), dieAt("call"));
const { record } = observe(
  experiment,
  {
    store,
    formats: [],
    checkpointDir: folder,
    ...(session.faults.length > 0 ? { faults: faults(session.faults, session.faultSeed) } : {}),
  },
  id,
);
const result: SessionResult = await record.then(
  (run) => ({ status: run.report.status, violations: checkInvariants(run) }),
  (error: Error) => ({ status: error.name === "StoreError" ? "refused" : `broken: ${error.stack}`, violations: [] }),
);
writeFileSync(join(folder, "result.json"), JSON.stringify(result));
process.exit(0);
