import { defineExperiment } from "crucible-harness";
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { faults } from "#src/testing/faults";
import { exitSignal, killed } from "#supervisors/otp/index";
import { draws, isLong } from "../runs.ts";
import {
  begin,
  finish,
  goOn,
  lastingStore,
  rowsOf,
  type Script,
  type Step,
  scripted,
  type World,
  world,
} from "./harness.ts";

const steps: readonly Step[] = ["ok", "wrong", "503", "400", "429", "slow", "crash"];

/** A script drawn by chance: the same attempt of the same task always does the same. */
const scripts = fc.array(fc.constantFrom(...steps), { minLength: 1, maxLength: 40 }).map(
  (drawn): Script =>
    (condition, itemId, repeat, attempt) =>
      drawn[(Number(condition.slice(1)) * 17 + Number(itemId.slice(1)) * 5 + repeat * 3 + attempt * 7) % drawn.length]!,
);

const calm = { errorHandling: { maxFailureRate: 1, initialDelayMs: 10, maxRetries: 2 }, timeoutMs: 200 };
const shapes = fc.record({
  items: fc.integer({ min: 1, max: 6 }),
  conditions: fc.integer({ min: 1, max: 3 }),
  repeat: fc.integer({ min: 1, max: 2 }),
});

describe("a run", () => {
  it("gives every planned task exactly one outcome, whatever its attempts do", async () => {
    await fc.assert(
      fc.asyncProperty(scripts, shapes, fc.integer({ min: 1, max: 5 }), async (script, shape, maxParallel) => {
        const here = world();
        const store = lastingStore();
        const { accounting, results, status } = await finish(
          here,
          begin(here, scripted(here, script, { ...shape, config: { ...calm, maxParallel } }), store),
        );
        const { planned, succeeded, failed, skipped, unscored, pending } = accounting;
        expect(succeeded + failed + skipped + unscored + pending).toBe(planned);
        expect({ status, pending, planned }).toEqual({
          status: "completed",
          pending: 0,
          planned: shape.items * shape.conditions * shape.repeat,
        });
        expect(new Set(results.map(({ condition, itemId, repeat }) => `${condition}/${itemId}/${repeat}`)).size).toBe(
          planned,
        );
        expect(here.peak).toBeLessThanOrEqual(maxParallel);
      }),
      draws(15, 60, 1),
    );
  });

  it("stores the same rows for any parallelism, except times", async () => {
    await fc.assert(
      fc.asyncProperty(scripts, shapes, fc.integer({ min: 2, max: 9 }), async (script, shape, maxParallel) => {
        const rows = await Promise.all(
          [1, maxParallel].map(async (parallel) => {
            const here = world();
            const store = lastingStore();
            await finish(
              here,
              begin(here, scripted(here, script, { ...shape, config: { ...calm, maxParallel: parallel } }), store),
            );
            return rowsOf(store);
          }),
        );
        expect(rows[1]).toEqual(rows[0]);
      }),
      draws(10, 50, 2),
    );
  });

  it("that was stopped and resumed equals one that was not, and repeats no finished task", async () => {
    await fc.assert(
      fc.asyncProperty(
        scripts,
        shapes,
        fc.integer({ min: 0, max: 40 }),
        fc.constantFrom("drain", "abort"),
        async (script, shape, stopAt, how) => {
          const config = { ...calm, maxParallel: 2 };
          const straight = world();
          const straightStore = lastingStore();
          await finish(straight, begin(straight, scripted(straight, script, { ...shape, config }), straightStore));

          const here = world();
          const store = lastingStore();
          const experiment = scripted(here, script, { ...shape, config });
          const handle = begin(here, experiment, store);
          const first = await finish(here, handle, (step) => {
            if (step === stopAt) handle[how as "drain" | "abort"]();
          });
          const finishedBefore = new Set(
            first.results.map(({ condition, itemId, repeat }) => `${condition}/${itemId}/${repeat}`),
          );
          const callsBefore = here.calls.length;
          const second = await finish(here, goOn(here, experiment, store));
          expect(second.status).toBe("completed");
          expect(await rowsOf(store)).toEqual(await rowsOf(straightStore));
          const again = here.calls.slice(callsBefore).map((call) => call.split("#")[0]!);
          expect(again.filter((task) => finishedBefore.has(task))).toEqual([]);
        },
      ),
      draws(12, 50, 3),
    );
  });

  it("loses nothing when a service is killed at any moment", async () => {
    const services = ["collector", "limiter", "breaker", "progress"] as const;
    await fc.assert(
      fc.asyncProperty(
        scripts,
        shapes,
        fc.array(fc.record({ at: fc.integer({ min: 1, max: 60 }), service: fc.constantFrom(...services) }), {
          minLength: 1,
          maxLength: 4,
        }),
        async (script, shape, kills) => {
          const here = world();
          const handle = begin(here, scripted(here, script, { ...shape, config: { ...calm, maxParallel: 2 } }));
          const report = await finish(here, handle, (step) => {
            for (const { at, service } of kills) {
              const actor = at === step ? handle.actor?.system.get(service) : undefined;
              if (actor) exitSignal(actor, killed);
            }
          });
          expect(report.status).toBe("completed");
          expect(report.accounting.pending).toBe(0);
          expect(report.results.length).toBe(report.accounting.planned);
        },
      ),
      draws(15, 50, 4),
    );
  });

  it("that is finished makes no call when it is resumed", async () => {
    const here = world();
    const store = lastingStore();
    const experiment = scripted(here, () => "ok");
    await finish(here, begin(here, experiment, store));
    const calls = here.calls.length;
    const report = await finish(here, goOn(here, experiment, store));
    expect({ status: report.status, calls: here.calls.length }).toEqual({ status: "completed", calls });
  });

  it("uses a freed slot at once: a slow task delays no other", async () => {
    const here = world();
    await finish(
      here,
      begin(
        here,
        scripted(here, (_, item) => (item === "i0" ? "slow" : "ok"), {
          conditions: 1,
          items: 20,
          config: { maxParallel: 2 },
        }),
      ),
    );
    expect(here.startsMs.at(-1)! - here.startsMs[0]!).toBeLessThanOrEqual(40);
  });

  it("never starts more tasks in any second than the rate limit", async () => {
    const here = world();
    await finish(
      here,
      begin(
        here,
        scripted(here, () => "ok", { items: 40, conditions: 1, config: { rateLimit: 10, maxParallel: 40 } }),
      ),
    );
    const starts = here.startsMs;
    for (const [i, at] of starts.entries()) {
      const inWindow = starts.slice(i).filter((other) => other < at + 1000).length;
      expect(inWindow).toBeLessThanOrEqual(10);
    }
    expect(starts.at(-1)! - starts[0]!).toBeLessThan(3600); // and is no slower than it must be
  });
});

describe("a failing task", () => {
  const tasksOf = async (script: Script, errorHandling: object = {}, more: object = {}) => {
    const here = world();
    const experiment = scripted(here, script, {
      items: 1,
      conditions: 1,
      config: { timeoutMs: 100, errorHandling: { maxFailureRate: 1, jitter: false, ...errorHandling } },
      ...more,
    });
    const report = await finish(here, begin(here, experiment));
    return { here, report, result: report.results[0]! };
  };

  it("is tried again after the delays of its strategy, and keeps their history", async () => {
    const { result } = await tasksOf((_, __, ___, attempt) => (attempt < 3 ? "503" : "ok"));
    expect(result).toMatchObject({ finalStatus: "success", attempts: 3, retryDelaysMs: [1000, 2000] });
    expect(result.errorHistory.map(({ attempt, error }) => [attempt, error.status])).toEqual([
      [1, 503],
      [2, 503],
    ]);
  });

  it("is given up at once when the failure is permanent", async () => {
    const { result, here } = await tasksOf(() => "400");
    expect(result).toMatchObject({
      finalStatus: "failed_permanent",
      attempts: 1,
      result: { ok: false, error: { status: 400 } },
    });
    expect(here.calls.length).toBe(1);
  });

  it("has failed when it aborts a call of its own: it stays in the denominator", async () => {
    const { result, report } = await tasksOf(() => "abort");
    expect(result).toMatchObject({
      finalStatus: "failed_permanent",
      result: { ok: false, error: { kind: "cancelled" } },
    });
    expect(report).toMatchObject({ status: "completed", accounting: { failed: 1, pending: 0 } });
  });

  it("makes exactly one attempt when maxRetries is 0", async () => {
    const { result, here } = await tasksOf(() => "503", { maxRetries: 0 });
    expect(result).toMatchObject({ finalStatus: "failed_retries_exhausted", attempts: 1 });
    expect(here.calls.length).toBe(1);
  });

  it("is timed out through its signal", async () => {
    const { result } = await tasksOf(() => "hang", { maxRetries: 1 });
    expect(result).toMatchObject({
      finalStatus: "failed_retries_exhausted",
      attempts: 2,
      result: { ok: false, error: { kind: "timeout" } },
    });
  });

  it("ends as the onError hook decides", async () => {
    const skipped = await tasksOf(() => "503", {}, { hooks: { onError: () => "skip" } });
    expect(skipped.result.finalStatus).toBe("skipped");
    const retried = await tasksOf(
      (_, __, ___, attempt) => (attempt === 1 ? "400" : "ok"),
      {},
      { hooks: { onError: () => "retry" } },
    );
    expect(retried.result).toMatchObject({ finalStatus: "success", attempts: 2 });
    const warned = vi.spyOn(console, "warn");
    const aborted = await tasksOf(() => "400", {}, { hooks: { onError: () => "abort" } });
    expect(aborted.report).toMatchObject({ status: "aborted", accounting: { planned: 1, pending: 1 } });
    expect(aborted.report.reason).toContain('onError answered "abort" at c0/i0/0');
    expect(warned).not.toHaveBeenCalled(); // of events to actors that were gone
    warned.mockRestore();
  });

  it("falls back to the classification when the hook throws or answers nonsense", async () => {
    for (const onError of [
      () => {
        throw new Error("hook");
      },
      () => "perhaps" as "skip",
    ]) {
      const { result } = await tasksOf(() => "400", {}, { hooks: { onError } });
      expect(result.finalStatus).toBe("failed_permanent");
    }
  });
});

describe("the circuit breaker", () => {
  /** Its first calls fail, and the circuit that opens pauses the run. */
  function broken(
    here: World,
    {
      failures,
      items,
      maxParallel,
      failureWindow,
      coolDownMs,
    }: Record<"failures" | "items" | "maxParallel" | "failureWindow" | "coolDownMs", number>,
  ) {
    let calls = 0;
    return scripted(here, () => (calls++ < failures ? "400" : "ok"), {
      items,
      conditions: 1,
      config: { maxParallel, errorHandling: { failureWindow, onOpen: "pause", coolDownMs } },
    });
  }

  it("aborts the run when more than its share of the window failed, and the run resumes half-open", async () => {
    const here = world();
    const store = lastingStore();
    let broken = true;
    const experiment = scripted(here, () => (broken ? "400" : "ok"), {
      items: 30,
      conditions: 1,
      config: { maxParallel: 2, errorHandling: { failureWindow: 10 } },
    });
    const first = await finish(here, begin(here, experiment, store));
    expect(first.status).toBe("aborted");
    expect(first.reason).toContain("circuit breaker opened");
    expect(first.accounting.failed).toBeGreaterThanOrEqual(10);
    expect(first.accounting.pending).toBeGreaterThan(10);
    broken = false;
    const second = await finish(here, goOn(here, experiment, store));
    expect(second).toMatchObject({
      status: "completed",
      accounting: { pending: 0, succeeded: 30 - first.accounting.failed },
    });
  });

  it("opens at the failure that is one too many, however fast tasks fail", async () => {
    const here = world();
    const maxParallel = 3;
    let started = 0;
    const experiment = defineExperiment({
      name: "fails in no time",
      dataset: Array.from({ length: 300 }, (_, i) => ({ id: `i${i}` })),
      conditions: [
        {
          name: "c",
          run: () => {
            started += 1;
            throw Object.assign(new Error("no such model"), { status: 404 });
          },
        },
      ],
      metrics: ["accuracy"],
      config: { maxParallel, errorHandling: { failureWindow: 20 } },
    });
    const report = await finish(here, begin(here, experiment));
    expect(report.reason).toContain("circuit breaker opened: 20 of the last 20 tasks failed");
    expect(started).toBeLessThanOrEqual(20 + 2 * maxParallel); // those that run, and those whose failure is being decided on
    expect(report.accounting.failed).toBe(20);
  });

  it("pauses the run until a trial task succeeds", async () => {
    const here = world();
    const experiment = broken(here, { failures: 12, items: 40, maxParallel: 1, failureWindow: 10, coolDownMs: 5000 });
    const report = await finish(here, begin(here, experiment));
    expect(report).toMatchObject({ status: "completed", accounting: { pending: 0 } });
    const longestWait = Math.max(...here.startsMs.map((at, i) => at - (here.startsMs[i - 1] ?? at)));
    expect(longestWait).toBeGreaterThanOrEqual(5000);
  });

  it("continues after a trial that succeeded, whatever event the limiter dies of", async () => {
    for (let at = 1; at <= 120; at += isLong ? 2 : 5) {
      const here = world();
      const experiment = broken(here, { failures: 8, items: 14, maxParallel: 2, failureWindow: 6, coolDownMs: 50 });
      const dies = faults([{ target: "actor", path: "services/limiter", fault: "crash", at }]);
      const report = await finish(here, begin(here, experiment, lastingStore(), { faults: dies }));
      expect(report, `event ${at}`).toMatchObject({ status: "completed", accounting: { pending: 0 } });
    }
  });

  it("lets nothing start while somebody paused the run, and is not opened by who continues", async () => {
    const here = world();
    const experiment = broken(here, { failures: 12, items: 40, maxParallel: 1, failureWindow: 10, coolDownMs: 5000 });
    const handle = begin(here, experiment);
    const circuit = (): unknown => handle.actor?.system.get("breaker")?.getSnapshot().value;
    const until = async (state: string): Promise<void> => {
      for (let step = 0; circuit() !== state; step++) {
        if (step > 10_000) throw new Error(`the circuit is never ${state}`);
        await here.clock.advance(1);
      }
    };
    await until("open");
    const started = here.calls.length;
    handle.pause();
    handle.resume();
    await here.clock.advance(1000);
    expect([circuit(), here.calls.length]).toEqual(["open", started]);
    handle.pause();
    await until("halfOpen");
    await here.clock.advance(10_000);
    expect([circuit(), here.calls.length]).toEqual(["halfOpen", started]);
    handle.resume();
    expect(await finish(here, handle)).toMatchObject({ status: "completed", accounting: { pending: 0 } });
  });
});

describe("the tree of a run", () => {
  it("says at its root how the run is, and why it stops", async () => {
    const here = world();
    const handle = begin(
      here,
      scripted(here, () => "slow", { items: 6, config: { maxParallel: 2 } }),
    );
    const seen = new Map<unknown, string | undefined>();
    await finish(here, handle, (step) => {
      if (step === 20) handle.pause();
      if (step === 25) handle.resume();
      if (step === 30) handle.drain("enough is known");
      void handle.tree().then((tree) => tree && seen.set(tree.value, tree.reason));
    });
    seen.delete("analysing"); // takes real time, and may be over before anyone looks
    expect([...seen]).toEqual([
      ["running", undefined],
      ["paused", undefined],
      ["stopping", "enough is known"],
    ]);
  });
});
