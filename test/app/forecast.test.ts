import { describe, expect, it } from "vitest";
import { forecast, limitedBy, type Traffic } from "#src/app/observe/forecast";
import { begin, finish, scripted, world } from "../laws/harness.ts";

const busy: Traffic = {
  paused: false,
  circuit: "closed",
  limiter: "open",
  running: 4,
  allowed: 4,
  awaitingMoney: 0,
  tasksPerSecond: 3,
  limits: { maxParallel: 4, rateLimit: undefined, maxTotal: undefined, maxPerCondition: undefined },
};

describe("what limits a run", () => {
  it.each<[string | undefined, Partial<Traffic>]>([
    ["parallelism", {}],
    [undefined, { running: 3 }],
    ["throttling", { running: 2, allowed: 2 }],
    ["budget", { awaitingMoney: 1, running: 1 }],
    ["throttling", { limiter: "throttled", running: 0, allowed: 1 }],
    ["parallelism", { running: 99, allowed: 99, limits: { ...busy.limits, maxParallel: 100 } }], // refused by chance
    ["rate", { limiter: "throttled", running: 1, limits: { ...busy.limits, rateLimit: 9 } }],
    ["rate", { limits: { ...busy.limits, rateLimit: 3.2 }, running: 1 }], // met just between two waits
    ["parallelism", { limits: { ...busy.limits, rateLimit: 10 } }],
    ["circuit", { circuit: "open", limiter: "closed" }],
    ["circuit", { circuit: "halfOpen", limiter: "trial" }],
    ["pause", { paused: true, circuit: "open" }],
  ])("is %s", (limit, traffic) => {
    expect(limitedBy({ ...busy, ...traffic })).toBe(limit);
  });

  it.each<[string, Parameters<typeof scripted>[2]]>([
    ["parallelism", { config: { maxParallel: 2 } }],
    ["rate", { config: { maxParallel: 50, rateLimit: 5 } }],
    ["budget", { config: { maxParallel: 6 }, costBudget: { maxTotal: 1.6 }, estimates: 0.8 }],
  ])("is seen in its status: %s", async (limit, options) => {
    const here = world();
    const handle = begin(
      here,
      scripted(here, () => "slow", { items: 30, ...options }),
    );
    const seen = new Set<string | undefined>();
    await finish(here, handle, () => {
      const { state, limitedBy: now, accounting } = handle.status();
      if (state === "running" && accounting.pending > 10 && accounting.pending < accounting.planned) seen.add(now);
      else if (state === "running" && limit === "budget") seen.add(now);
    });
    expect(seen).toContain(limit);
    for (const other of ["pause", "circuit", "throttling"]) expect(seen).not.toContain(other);
  });
});

describe("when a run will end", () => {
  it("follows from its pace, and from how long its money lasts", () => {
    expect(forecast({ planned: 100, pending: 50 }, 10, 0, 8)).toEqual({ remainingMs: 5000 });
    expect(forecast({ planned: 100, pending: 50 }, 10, 5, 20)).toEqual({ remainingMs: 5000 });
    expect(forecast({ planned: 100, pending: 50 }, 10, 5, 8)).toEqual({ remainingMs: 3000, budgetTasks: 80 });
    expect(forecast({ planned: 100, pending: 50 }, 10, 5, 4)).toEqual({ remainingMs: 0, budgetTasks: 40 });
    expect(forecast({ planned: 100, pending: 100 }, 0, 0, 8)).toEqual({});
  });
});
