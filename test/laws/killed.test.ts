import { checkInvariants } from "crucible-harness/testing";
import { describe, expect, it } from "vitest";
import { type Script, scripted, world } from "./harness.ts";
import { counting, death, deaths, places, runIn, sampled } from "./killing.ts";

/** Some succeed, some are tried again, some fail permanently. */
const script: Script = (_, itemId, __, attempt) => {
  if (itemId === "i1" && attempt < 2) return "503";
  if (itemId === "i2") return "400";
  return itemId === "i3" ? "slow" : "ok";
};

const experimentIn = (here: ReturnType<typeof world>) =>
  scripted(here, script, {
    items: 5,
    conditions: 2,
    costBudget: { maxTotal: 1000 },
    config: { maxParallel: 2, timeoutMs: 500, errorHandling: { maxFailureRate: 1, initialDelayMs: 10, maxRetries: 2 } },
  });

let straight: Promise<readonly unknown[]> | undefined;
/** Rows of a run in which nothing dies. */
const straightRows = (): Promise<readonly unknown[]> => {
  const here = world();
  straight ??= runIn(here, experimentIn(here)).then(({ rows }) => rows);
  return straight;
};

const counts = new Map<string, Promise<number>>();
/** How many events the actors at `path` read in such a run. */
function eventsAt(path: string): Promise<number> {
  const here = world();
  const { faults, count } = counting(path);
  const counted = counts.get(path) ?? runIn(here, experimentIn(here), { faults }).then(count);
  counts.set(path, counted);
  return counted;
}

describe.each(deaths)("a run in which an actor dies (%s)", (how) => {
  it.each(places)("loses and repeats nothing when it is %s, at any event", async (path) => {
    const expected = await straightRows();
    const events = await eventsAt(path);
    expect(events).toBeGreaterThan(0);
    const broken: unknown[] = [];
    for (const at of sampled(events)) {
      const there = world();
      const ran = await runIn(there, experimentIn(there), { faults: death(how, path, at) }).catch(
        (error: Error) => error,
      );
      if (ran instanceof Error) {
        broken.push([at, ran.message]);
        continue;
      }
      const { record, rows, store } = ran;
      if (record.report.status === "aborted" && record.report.results.length === 0) {
        // as in OTP, what cannot be brought up is not restarted forever: the run ends before its first result, resumable
        const again = await runIn(there, experimentIn(there), {}, store, record.report.experimentId);
        if (JSON.stringify(again.rows) !== JSON.stringify(expected)) broken.push([at, "not resumable"]);
        continue;
      }
      const { status, reason } = record.report;
      const violations = checkInvariants(record);
      if (status !== "completed" || violations.length > 0) broken.push([at, status, reason, violations]);
      else if (JSON.stringify(rows) !== JSON.stringify(expected)) broken.push([at, "rows differ"]);
      if (there.clock.pending > 0) broken.push([at, `${there.clock.pending} timers left`]);
    }
    expect(broken).toEqual([]);
  });

  it("records a worker's death as a failed attempt, and gives its task one outcome", async () => {
    const path = "conditions/*/tasks/*";
    const broken: unknown[] = [];
    for (const at of sampled(await eventsAt(path))) {
      const there = world();
      const { record } = await runIn(there, experimentIn(there), { faults: death(how, path, at) });
      const violations = checkInvariants(record);
      if (record.report.status !== "completed" || violations.length > 0)
        broken.push([at, record.report.status, record.report.reason, violations]);
    }
    expect(broken).toEqual([]);
  });
});
