import { describe, expect, it } from "vitest";
import { createActor, fromPromise } from "xstate";
import {
  dynamicSupervisor,
  exitOf,
  isAlive,
  type RestartType,
  type Strategy,
  shutdown,
  startChild,
  stop,
  supervisor,
  terminateChild,
  whichChildren,
} from "#supervisors/otp/index";
import { must, slowWorker } from "../support.ts";
import { booted, child, ends, pooled, startsAs } from "./booted.ts";

describe("supervisor_SUITE: restart types", () => {
  const isAbnormal = (how: keyof typeof ends) => how === "crash" || how === "kill";
  const cases = (["permanent", "transient", "temporary"] as const).flatMap((restart) =>
    (Object.keys(ends) as (keyof typeof ends)[]).map((how) => ({ restart, how })),
  );

  it.each(cases)("a $restart child that ends with $how", async ({ restart, how }) => {
    const { root, end, states } = booted({ children: [child("a", { restart })] });
    const first = await end("a", ends[how]);
    const isRestarted = restart === "permanent" || (restart === "transient" && isAbnormal(how));
    expect(await states()).toEqual(isRestarted ? ["a alive"] : restart === "transient" ? ["a stopped"] : []);
    expect([isAlive(first), isAlive(root)]).toEqual([false, true]);
  });

  it.each<Strategy>(["one_for_all", "rest_for_one"])(
    "temporary_bystander: a temporary sibling that is stopped by %s does not return",
    async (strategy) => {
      const { end, states } = booted({ strategy, children: [child("a"), child("b", { restart: "temporary" })] });
      await end("a", ends.crash);
      expect(await states()).toEqual(["a alive"]);
    },
  );

  it.each(["temporary", "transient", "permanent"] as const)(
    "do_not_save_child_specs_for_temporary_children: what is left of a %s one after each end",
    async (restart: RestartType) => {
      for (const strategy of ["one_for_one", "one_for_all", "rest_for_one"] as const) {
        const { root, states } = booted({ strategy, children: [child("a", { restart })] });
        await terminateChild(root, "a");
        expect(await states()).toEqual(restart === "temporary" ? [] : ["a stopped"]);
      }
    },
  );
});

describe("supervisor_SUITE: intensity", () => {
  const crashes = async (world: ReturnType<typeof booted>, id: string, count: number) => {
    for (let i = 0; i < count; i++) await world.end(id, ends.crash);
  };

  it("multiple_restarts: one restart a second is tolerated where they are 2.1 s apart", async () => {
    const world = booted({ intensity: 1, period: 1, children: [child("a")] });
    for (let i = 0; i < 5; i++) {
      await world.end("a", ends.crash);
      await world.clock.advance(2100);
    }
    expect(isAlive(world.root)).toBe(true);
    await crashes(world, "a", 2);
    expect(exitOf(world.root)).toEqual(shutdown());
  });

  it.each([
    { strategy: "one_for_one", isNew: [false, true, false] },
    { strategy: "one_for_all", isNew: [true, true, true] },
    { strategy: "rest_for_one", isNew: [false, true, true] },
  ] as const)(
    "$strategy: who is new after a crash, and the third restart of two ends it",
    async ({ strategy, isNew }) => {
      const ids = ["a", "b", "c"];
      const world = booted({ strategy, intensity: 2, period: 3600, children: ids.map((id) => child(id)) });
      const before = ids.map(world.of);
      await world.end("b", ends.crash);
      expect(ids.map((id, i) => world.of(id) !== before[i])).toEqual(isNew);
      await crashes(world, "b", 2);
      expect(exitOf(world.root)).toEqual(shutdown());
      expect(ids.map((id) => world.root.system.get(id))).toEqual([undefined, undefined, undefined]);
    },
  );

  it.each(["one_for_one", "one_for_all", "rest_for_one"] as const)(
    "%s_escalation: starts that fail exhaust it, and the sibling goes with it",
    async (strategy) => {
      const failing = child("b", { start: startsAs("ok", "error") });
      const { root, end, of, lines } = booted({ strategy, intensity: 4, children: [child("a"), failing] });
      const a = of("a");
      await end(strategy === "rest_for_one" ? "a" : "b", ends.crash);
      for (let turns = 0; turns < 9 && isAlive(root); turns++) await new Promise((resolve) => setImmediate(resolve));
      expect(lines.filter((line) => line === "b failed")).toHaveLength(4);
      expect([exitOf(root), isAlive(a)]).toEqual([shutdown(), false]);
    },
  );

  it("one_for_all_other_child_fails_restart: who was up again is stopped, and both start once more", async () => {
    const failing = child("b", { start: startsAs("ok", "error", "ok") });
    const { end, lines, clock, states } = booted({
      strategy: "one_for_all",
      intensity: 3,
      children: [child("a"), failing],
    });
    await end("a", ends.crash);
    await clock.advance(0);
    expect(lines.slice(2)).toEqual(["a exited crash, again in 0", "a started", "b failed", "a started", "b started"]);
    expect(await states()).toEqual(["a alive", "b alive"]);
  });

  it("rest_for_one_other_child_fails_restart: who was up again is not started a third time", async () => {
    const failing = child("b", { start: startsAs("ok", "error", "ok") });
    const { end, lines, clock } = booted({ strategy: "rest_for_one", intensity: 3, children: [child("a"), failing] });
    await end("a", ends.crash);
    await clock.advance(0);
    expect(lines.slice(2)).toEqual(["a exited crash, again in 0", "a started", "b failed", "b started"]);
  });
});

describe("supervisor_SUITE: simple_one_for_one", () => {
  it("simple_one_for_one: only the one that failed is new; the third restart of two ends it", async () => {
    const { pool, begin, end, alive } = pooled({ intensity: 2, period: 3600 });
    const [a, b] = [await begin(), await begin()];
    await end(b, ends.crash);
    const [first, second] = await alive();
    expect([first === a, second === b]).toEqual([true, false]);
    for (let i = 0; i < 2; i++) await end((await alive())[1]!, ends.crash);
    expect([exitOf(pool), isAlive(a)]).toEqual([shutdown(), false]);
  });

  it("simple_one_for_one_escalation: restarts that fail exhaust it", async () => {
    const { pool, begin, end, clock } = pooled({ intensity: 4, start: startsAs("ok", "error") });
    await end(await begin(), ends.crash);
    for (let turn = 0; turn < 9; turn++) await clock.advance(0);
    expect(exitOf(pool)).toEqual(shutdown());
  });

  it("simple_one_for_one_restart_ignore: the instance is forgotten, and the supervisor stops well", async () => {
    const { pool, begin, end, alive } = pooled({ start: startsAs("ok", "ignore") });
    await end(await begin(), ends.crash);
    expect([await alive(), await stop(pool)]).toEqual([[], shutdown()]);
  });

  it("simple_one_for_one_shutdown: all stop at once, and one takes as long as the slowest", async () => {
    const { pool, begin, clock } = pooled<number>({
      start: (ms) => ({ logic: slowWorker(ms) }),
      shutdownMs: 1000,
    });
    const children = [await begin(100), await begin(900), await begin(5000)];
    const ended = stop(pool);
    await clock.advance(1000);
    expect([children.map((one) => exitOf(one)?.kind), await ended]).toEqual([
      ["normal", "normal", "killed"],
      shutdown(),
    ]);
  });
});

describe("supervisor_SUITE: a restart that does not succeed", () => {
  const failing = (delay: object) => child("a", { start: startsAs("ok", "error"), ...delay });
  const restartDelay = () => 100;

  it.each(["one_for_one", "rest_for_one", "one_for_all"] as const)(
    "hanging_restart_loop, hanging_restart_loop_rest_for_one: calls and a stop are answered meanwhile: %s",
    async (strategy) => {
      const children = [child("before"), failing({ restartDelay }), child("after")];
      const { root, end, clock, states } = booted({ strategy, intensity: 10_000, children });
      await end("a", ends.crash);
      await clock.advance(1000);
      expect((await states())[1]).toBe("a restarting");
      expect(must(await terminateChild(root, "a"))).toBeUndefined();
      expect((await states())[1]).toBe("a stopped");
      expect([await stop(root), clock.pending]).toEqual([shutdown(), 0]);
    },
  );

  it("hanging_restart_loop, hanging_restart_loop_simple without a delay: the same, at any intensity", async () => {
    const forEver = { intensity: Number.POSITIVE_INFINITY, onFact: null };
    const crashed = { logic: fromPromise(() => Promise.reject(new Error("boom"))) };
    const failing = () => {
      let starts = 0;
      return () => (starts++ === 0 ? crashed : { error: "no" });
    };
    const turns = async () => {
      for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
    };
    const root = createActor(supervisor({ ...forEver, children: [{ id: "a", start: failing() }] })).start();
    const pool = createActor(dynamicSupervisor({ ...forEver, start: failing() })).start();
    const first = must(await startChild(pool, undefined))!;
    await turns();
    expect(must(await whichChildren(root))).toMatchObject([{ state: "restarting" }]);
    expect(must(await whichChildren(pool))).toMatchObject([{ state: "restarting" }]);
    expect([must(await terminateChild(root, "a")), must(await terminateChild(pool, first))]).toEqual([
      undefined,
      undefined,
    ]);
    expect([await stop(root), await stop(pool)]).toEqual([shutdown(), shutdown()]);
  });

  it("hanging_restart_loop_simple: the same of a dynamic supervisor", async () => {
    const { pool, begin, end, clock } = pooled({
      intensity: 10_000,
      start: startsAs("ok", "error"),
      restartDelayMs: restartDelay,
    });
    const first = await begin();
    await end(first, ends.crash);
    await clock.advance(1000);
    expect(must(await terminateChild(pool, first))).toBeUndefined();
    expect([await stop(pool), clock.pending]).toEqual([shutdown(), 0]);
  });

  it("what is delayed restarts once its start succeeds", async () => {
    const start = startsAs("ok", "error", "error", "ok");
    const { end, clock, of } = booted({ intensity: 9, children: [child("a", { start, restartDelay })] });
    await end("a", ends.crash);
    await clock.advance(300);
    expect(isAlive(of("a"))).toBe(true);
  });
});
