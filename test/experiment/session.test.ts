import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { RunSession } from "#src/experiment/manifest";
import {
  beginsHalfOpen,
  closeSession,
  isKept,
  openSession,
  reasonOf,
  type SessionEnd,
  type SessionStart,
  type StopRequest,
} from "#src/experiment/session";

const session = (change: Partial<RunSession> = {}): RunSession => ({ startedAt: 0, status: "running", ...change });
const opened = (change: Partial<SessionStart> = {}): RunSession =>
  openSession({ startedAt: 9, earlier: [], lost: [], isFinished: () => false, ...change });
const closed = (change: Partial<SessionEnd> = {}, of: RunSession = session()): RunSession =>
  closeSession(of, {
    endedAt: 9,
    stop: undefined,
    inFlight: [],
    lostCost: 0,
    incidents: {},
    interventions: [],
    ...change,
  });

describe("openSession", () => {
  it("has nothing to run again in a new run, and after a session that lost nothing", () => {
    expect(opened()).toEqual({ startedAt: 9, status: "running" });
    expect(opened({ earlier: [session({ status: "interrupted" })] })).toEqual({ startedAt: 9, status: "running" });
  });

  it("runs again what was in flight when the session before was cut off, and has no row", () => {
    const earlier = [session({ status: "aborted", underWay: [1, 2, 3] })];
    expect(opened({ earlier, isFinished: (ordinal) => ordinal === 2 }).rerun).toBe(2);
  });

  it("counts promises of money that were lost since, where they tell of more tasks than the last note", () => {
    const earlier = [session({ rerun: 1, rerunCost: 0.5 }), session({ underWay: [7] })];
    const lost = [
      { cost: 1.5, tasks: 2 },
      { cost: 0.25, tasks: 2 },
    ];
    expect(opened({ earlier, lost })).toMatchObject({ rerun: 3, rerunCost: 1.25 });
  });

  it("takes the rounding error of a sum for no amount", () => {
    const earlier = [session({ rerunCost: 0.1 + 0.2 })];
    expect(opened({ earlier, lost: [{ cost: 0.3 + 1e-12, tasks: 1 }] })).toEqual({
      startedAt: 9,
      status: "running",
      rerun: 1,
    });
  });

  it("never counts a lost amount twice, however often a run is cut off", () => {
    const cuts = fc.array(fc.record({ cost: fc.integer({ min: 0, max: 9 }), tasks: fc.integer({ min: 1, max: 5 }) }));
    fc.assert(
      fc.property(cuts, (losses) => {
        const earlier: RunSession[] = [];
        const lost: { cost: number; tasks: number }[] = [];
        for (const loss of losses) {
          lost.push(loss);
          earlier.push(opened({ earlier, lost }));
        }
        const sum = (of: (each: RunSession) => number): number => earlier.reduce((all, each) => all + of(each), 0);
        expect(sum(({ rerun = 0 }) => rerun)).toBe(losses.reduce((all, { tasks }) => all + tasks, 0));
        expect(sum(({ rerunCost = 0 }) => rerunCost)).toBe(losses.reduce((all, { cost }) => all + cost, 0));
      }),
    );
  });
});

describe("beginsHalfOpen", () => {
  it("asks how the last session ended, and no other", () => {
    expect(beginsHalfOpen([session(), session({ cause: "breaker" })])).toBe(true);
    expect(beginsHalfOpen([session({ cause: "breaker" }), session()])).toBe(false);
    expect(beginsHalfOpen([])).toBe(false);
  });
});

describe("reasonOf", () => {
  const early: StopRequest = { status: "stopped_early", reason: "all is decided" };
  const drained: StopRequest = { status: "interrupted", reason: "Ctrl-C" };
  const spent: StopRequest = { status: "budget_exhausted", reason: "spent" };

  it.each<[string, boolean, StopRequest | undefined, StopRequest | undefined, StopRequest["status"] | undefined]>([
    ["nothing: every task ended", true, undefined, undefined, undefined],
    ["nothing: what was running when it was decided was the rest", true, early, undefined, undefined],
    ["a stop, although its last tasks ended all the same", true, drained, undefined, "interrupted"],
    ["a stop before a spent budget", false, drained, spent, "interrupted"],
    ["a budget that was spent", false, undefined, spent, "budget_exhausted"],
    ["a condition that gave up, where nobody asked for the end", false, undefined, undefined, "aborted"],
  ])("is %s", (_, isDone, stop, exhausted, status) => {
    expect(reasonOf(isDone, stop, exhausted)?.status).toBe(status);
  });
});

describe("closeSession", () => {
  it("keeps what was in flight of a session that was aborted, and of no other", () => {
    const inFlight = [4, 5];
    expect(closed({ inFlight, stop: { status: "aborted", reason: "x" } }).underWay).toEqual([4, 5]);
    expect(closed({ inFlight, stop: { status: "interrupted", reason: "x" } }).underWay).toBeUndefined();
  });

  it("replaces what was last noted of tasks in flight while it ran only where there is news", () => {
    expect(closed({}, session({ rerun: 2, rerunCost: 1 }))).toMatchObject({
      rerun: 2,
      rerunCost: 1,
      status: "completed",
    });
  });

  it("keeps reason, cause and what no row tells of", () => {
    const stop: StopRequest = { status: "aborted", reason: "too many failed", cause: "breaker" };
    expect(closed({ stop, lostCost: 0.5 })).toEqual({
      startedAt: 0,
      endedAt: 9,
      status: "aborted",
      reason: "too many failed",
      cause: "breaker",
      lostCost: 0.5,
    });
  });

  it("never ends before it began: somebody may have set the clock back", () => {
    expect(closed({ endedAt: -5 }).endedAt).toBe(0);
  });
});

describe("isKept", () => {
  it("is a session that ran, or that first says that the results were decided", () => {
    const decided = session({ status: "stopped_early" });
    expect(isKept(session({ status: "completed" }), true, [])).toBe(true);
    expect(isKept(session({ status: "completed" }), false, [])).toBe(false);
    expect(isKept(decided, false, [session()])).toBe(true);
    expect(isKept(decided, false, [decided])).toBe(false);
  });
});
