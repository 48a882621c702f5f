import { defineExperiment } from "crucible-harness";
import { limited } from "crucible-harness/backends";
import { exact } from "crucible-harness/scoring";
import { generate } from "crucible-harness/solver";
import { describe, expect, it } from "vitest";
import { backendOf } from "#src/backends/backend";
import { begin, finish, lastingStore, rowsOf, scripted, sleep, type World, world } from "./harness.ts";

const HOUR_MS = 3_600_000;

/** A world whose clock somebody sets, or whose machine sleeps: timers then come late. */
function oddWorld(): World & { set(byMs: number): void; sleep(ms: number): void } {
  const here = world();
  const { clock } = here;
  const off = { wall: 0, all: 0 };
  const odd = Object.create(clock, {
    now: { value: () => clock.now() + off.wall + off.all },
    monotonic: { value: () => clock.monotonic() + off.all },
    pending: { get: () => clock.pending },
  }) as typeof clock;
  return {
    ...here,
    clock: odd,
    set: (byMs) => {
      off.wall += byMs;
    },
    sleep: (ms) => {
      off.all += ms;
    },
  };
}

/** Backoffs, a rate, a breaker that pauses: all that waits in a run. */
const waiting = (here: World, started: () => void) =>
  scripted(
    here,
    (_, item, __, attempt) => {
      started();
      return item === "i3" ? "400" : item === "i1" && attempt < 3 ? "503" : "ok";
    },
    {
      items: 12,
      conditions: 1,
      config: {
        maxParallel: 3,
        rateLimit: 20,
        errorHandling: { initialDelayMs: 200, jitter: false, failureWindow: 4, onOpen: "pause", coolDownMs: 500 },
      },
    },
  );

describe("a clock that is set while a run is active", () => {
  it.each([-HOUR_MS, HOUR_MS])("(by %i ms) changes no row, no wait, no limit", async (byMs) => {
    const course = async (at?: number) => {
      const here = oddWorld();
      const store = lastingStore();
      const starts: number[] = [];
      const began = here.clock.monotonic();
      const experiment = waiting(here, () => starts.push(here.clock.monotonic() - began));
      const handle = begin(here, experiment, store);
      const report = await finish(here, handle, () => {
        if (starts.length === at) {
          at = undefined;
          here.set(byMs);
        }
      });
      return { rows: await rowsOf(store), starts, accounting: report.accounting, ms: here.clock.monotonic() - began };
    };
    await course(); // the first run of a process looks at the machine, which takes real time
    const straight = await course();
    expect(straight.accounting).toMatchObject({ succeeded: 11, failed: 1 });
    for (const at of [1, 3, 5, 8]) expect(await course(at)).toEqual(straight);
  });

  it.each([-HOUR_MS, HOUR_MS])("(by %i ms) neither stalls nor opens a limit of a backend", async (byMs) => {
    const here = oddWorld();
    const sent: number[] = [];
    const asked = backendOf("model", async () => {
      sent.push(here.clock.monotonic());
      if (sent.length === 4) here.set(byMs);
      return { content: "4" };
    });
    const experiment = defineExperiment({
      name: "limited",
      dataset: Array.from({ length: 12 }, (_, i) => ({ id: `i${i}`, input: "2 + 2?", target: "4" })),
      conditions: [
        {
          name: "c",
          solver: generate(),
          scorers: [exact()],
          backend: limited(asked, { requestsPerMinute: 6, clock: here.clock }),
        },
      ],
      metrics: ["accuracy"],
      config: { maxParallel: 2 },
    });
    const began = here.clock.monotonic();
    const report = await finish(here, begin(here, experiment));
    expect(report.accounting.succeeded).toBe(12);
    const crowded = sent.filter((at, i) => i >= 6 && at - sent[i - 6]! < 60_000);
    expect({ crowded, tookMs: sent.at(-1)! - began < 61_000 }).toEqual({ crowded: [], tookMs: true });
  });
});

describe("a machine that sleeps for an hour", () => {
  const sleeping = (here: World, ms: number) =>
    defineExperiment({
      name: "asleep",
      dataset: Array.from({ length: 20 }, (_, i) => ({ id: `i${i}` })),
      conditions: [
        {
          name: "c",
          run: async (_: { id: string }, context) => {
            here.calls.push(context.itemId);
            await sleep(here.clock, ms);
            return { accuracy: 1 };
          },
        },
      ],
      metrics: ["accuracy"],
      config: { maxParallel: 8, timeoutMs: 1000, errorHandling: { maxRetries: 0 } },
    });

  it("does not take what was answered meanwhile for too late, and opens no circuit", async () => {
    const here = oddWorld();
    // the answer is there when the machine wakes up, and its timer is heard first
    let slept = 0;
    const report = await finish(here, begin(here, sleeping(here, 1000)), () => {
      if (here.calls.length === slept) return;
      slept = here.calls.length;
      here.sleep(HOUR_MS);
    });
    expect(report).toMatchObject({ status: "completed", accounting: { succeeded: 20, failed: 0 } });
  });

  it("still gives up what is never answered", async () => {
    const here = oddWorld();
    let slept = false;
    const report = await finish(here, begin(here, sleeping(here, 10 * HOUR_MS)), () => {
      if (slept || here.calls.length < 8) return;
      slept = true;
      here.sleep(HOUR_MS);
    });
    expect(report.status).toBe("aborted"); // by the circuit: all of them failed
    expect(report.accounting.succeeded).toBe(0);
  });
});
