import { checkInvariants } from "crucible-harness/testing";
import { describe, expect, it } from "vitest";
import { finish, lastingStore, rowsOf, type Script, scripted, world } from "./harness.ts";
import { counting, death, deaths, places, sampled, startIn } from "./killing.ts";

/** Some succeed, some are tried again, some fail permanently. */
const script: Script = (_, itemId, __, attempt) => {
  if (itemId === "i1" && attempt < 2) return "503";
  if (itemId === "i2") return "400";
  return itemId === "i3" ? "slow" : "ok";
};

const experimentIn = (here: ReturnType<typeof world>, called: (calls: number) => void = () => {}) => {
  const stopping: Script = (...task) => {
    called(here.calls.length + 1);
    return script(...task);
  };
  return scripted(here, stopping, {
    items: 5,
    costBudget: { maxTotal: 1000 },
    config: { maxParallel: 2, timeoutMs: 500, errorHandling: { maxFailureRate: 1, initialDelayMs: 10, maxRetries: 2 } },
  });
};

/** Is asked to stop by a condition, in the middle of its n-th call; turns the clock until it has ended. */
async function stoppedRun(how: "drain" | "abort", atCall: number, options = {}) {
  const here = world();
  const store = lastingStore();
  const experiment = experimentIn(here, (calls) => {
    if (calls === atCall) handle[how]();
  });
  const { handle, record } = startIn(here, experiment, options, store);
  record.catch(() => {});
  const report = await finish(here, handle);
  return { here, store, report, record: await record };
}

/** Stopping is tried at fewer events than `killed.test.ts` tries all. */
const everySixth = (events: readonly number[]): number[] => events.filter((_, i) => i % 6 === 0);

let straight: Promise<unknown[]> | undefined;
/** Rows of a run that nobody stops. */
const straightRows = (): Promise<unknown[]> => {
  const run = async (): Promise<unknown[]> => {
    const here = world();
    const store = lastingStore();
    await finish(here, startIn(here, experimentIn(here), {}, store).handle);
    return rowsOf(store);
  };
  straight ??= run();
  return straight;
};

const counts = new Map<string, Promise<number>>();
/** How many events the actors at `path` read in a run that is stopped. */
function eventsAt(path: string, stop: "drain" | "abort"): Promise<number> {
  const key = `${stop} ${path}`;
  const { faults, count } = counting(path);
  const counted = counts.get(key) ?? stoppedRun(stop, 7, { faults }).then(count);
  counts.set(key, counted);
  return counted;
}

describe.each(["drain", "abort"] as const)("a run that is asked to stop (%s)", (stop) => {
  it.each([1, 2, 3, 6, 9, 12])("in the middle of call %i ends and leaves nothing running", async (call) => {
    const { record, report } = await stoppedRun(stop, call);
    expect({ status: report.status, violations: checkInvariants(record) }).toEqual({
      status: stop === "drain" ? "interrupted" : "aborted",
      violations: [],
    });
  });

  it("does not wait for a task that came back from its backoff too late to hear it", async () => {
    const here = world();
    const retried: Script = (_, itemId, __, attempt) => (itemId === "i0" && attempt === 1 ? "503" : "slow");
    const experiment = scripted(here, retried, {
      conditions: 1,
      config: { maxParallel: 4, errorHandling: { initialDelayMs: 5, jitter: false } },
    });
    const handle = startIn(here, experiment, {}, lastingStore()).handle;
    const report = await finish(here, handle, () => {
      if (here.clock.now() === 1003) handle[stop](); // i0 failed after 1 ms and is back after 6; the others take 51
    });
    expect(report.accounting).toMatchObject({ pending: stop === "drain" ? 1 : 4 });
  });

  describe.each(deaths)("while an actor dies (%s)", (how) => {
    it.each(places)("ends, leaves nothing behind and is resumed to the same rows when it is %s", async (path) => {
      const expected = await straightRows();
      const broken: unknown[] = [];
      for (const at of everySixth(sampled(await eventsAt(path, stop)))) {
        const ran = await stoppedRun(stop, 7, { faults: death(how, path, at) }).catch((error: Error) => error);
        if (ran instanceof Error) {
          broken.push([at, ran.message]);
          continue;
        }
        const { here, store, report, record } = ran;
        const violations = checkInvariants(record);
        if (violations.length > 0) broken.push([at, report.status, report.reason, violations]);
        const again = startIn(here, experimentIn(here), {}, store, report.experimentId);
        await finish(here, again.handle);
        const resumed = checkInvariants(await again.record);
        if (resumed.length > 0) broken.push([at, "resumed", resumed]);
        if (JSON.stringify(await rowsOf(store)) !== JSON.stringify(expected)) broken.push([at, "rows differ"]);
      }
      expect(broken).toEqual([]);
    });
  });
});

describe("a run that drains", () => {
  it("ends with the store's reason when the store refuses meanwhile, since tasks would wait for it in vain", async () => {
    const here = world();
    let full = false;
    const store = lastingStore();
    const refusing = {
      ...store,
      append: (outcomes: Parameters<typeof store.append>[0]) => {
        if (full) throw new Error("database or disk is full");
        return store.append(outcomes);
      },
    };
    const experiment = experimentIn(here, (calls) => {
      if (calls !== 3) return;
      full = true;
      handle.drain();
    });
    const { handle, record } = startIn(here, experiment, {}, refusing);
    record.catch(() => {});
    await expect(finish(here, handle)).rejects.toThrow(/refused \d+ results \(database or disk is full\)/);
  });
});
