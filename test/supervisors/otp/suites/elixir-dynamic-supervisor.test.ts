import { describe, expect, it } from "vitest";
import { fromTransition } from "xstate";
import {
  countChildren,
  crash,
  dynamicSupervisor,
  exitOf,
  killed,
  normal,
  ref,
  register,
  registry,
  shutdown,
  startChild,
  stop,
  supervisor,
  terminateChild,
  whichChildren,
} from "#supervisors/otp/index";
import { deafWorker, find, must, slowWorker, worker } from "../support.ts";
import { booted, child, ends, pooled, startsAs } from "./booted.ts";

const silent = { onFact: null };
const begin = (pool: unknown, args?: unknown) => startChild(pool as never, args as never);

describe("DynamicSupervisorTest: start_link/3", () => {
  it("can be supervised directly", async () => {
    const { of } = booted({ children: [child("pool", { start: dynamicSupervisor({ ...silent, start: worker }) })] });
    expect((await begin(of("pool"))).ok).toBe(true);
  });

  it("multiple supervisors can be supervised and identified: by name, and by a key of a registry", async () => {
    const pool = dynamicSupervisor({ ...silent, start: worker });
    const children = [
      child("names", { start: registry() }),
      child("one", { start: pool }),
      child("two", { start: pool }),
    ];
    const { root, of } = booted({ children });
    register(of("names"), of("two"), "via");
    expect(ref(of("names"), "via").actor).toBe(find(root, "two"));
    expect(await countChildren(ref(of("names"), "via").actor!)).toMatchObject({ value: { active: 0 } });
    expect(await startChild(root, child("one", { start: pool }))).toEqual({
      ok: false,
      error: { already_started: of("one") },
    });
  });

  it("with non-ok init: each wrong flag is refused with its reason", () => {
    const reasonOf = (options: object) =>
      (exitOf(pooled(options).pool) as { error?: { reason: unknown } } | undefined)?.error?.reason;
    expect(reasonOf({ intensity: -1 })).toEqual({ supervisor_data: { invalid_intensity: -1 } });
    expect(reasonOf({ period: 0 })).toEqual({ supervisor_data: { invalid_period: 0 } });
    expect(reasonOf({ maxChildren: -1 })).toEqual({ supervisor_data: { invalid_max_children: -1 } });
  });

  it("with registered process: the name is that of the present incarnation", () => {
    const { root, of } = booted({
      children: [child("pool", { start: dynamicSupervisor({ ...silent, start: worker }) })],
    });
    expect(root.system.get("pool")).toBe(of("pool"));
  });
});

describe("DynamicSupervisorTest: start_child/2", () => {
  it("supports new child spec, extra arguments: the start function gets them, at every restart too", async () => {
    const seen: unknown[] = [];
    const start = (args: unknown) => {
      seen.push(args);
      return { logic: worker };
    };
    const { pool, end } = pooled({ start, intensity: 9 });
    const first = must(await begin(pool, ["extra", 1]))!;
    await end(first, ends.crash);
    expect(seen).toEqual([
      ["extra", 1],
      ["extra", 1],
    ]);
  });

  it("with different returns, with throw/error/exit: ignored, failed, thrown, rubbish", async () => {
    const { pool } = pooled({
      start: (returned: never) => (typeof returned === "function" ? (returned as () => never)() : returned),
    });
    const thrower = () => {
      throw "oops";
    };
    expect(await begin(pool, "ignore")).toEqual({ ok: true, value: undefined });
    expect(await begin(pool, { error: "no" })).toEqual({ ok: false, error: { start_failed: "no" } });
    expect(await begin(pool, "unknown")).toEqual({ ok: false, error: { start_failed: "unknown" } });
    expect(await begin(pool, thrower)).toEqual({ ok: false, error: { start_failed: { EXIT: "oops" } } });
    expect(must(await countChildren(pool)).workers).toBe(0);
  });

  it("with max_children: one more is refused", async () => {
    const none = pooled({ maxChildren: 0 });
    expect(await begin(none.pool)).toEqual({ ok: false, error: "max_children" });
  });

  it.each([
    ["temporary child is not restarted regardless of reason", "temporary", []],
    ["transient child is restarted unless normal/shutdown/{shutdown, _}", "transient", ["crash", "kill"]],
    ["permanent child is restarted regardless of reason", "permanent", Object.keys(ends)],
  ] as const)("%s", async (_, restart, restarted) => {
    const again: string[] = [];
    for (const [how, exit] of Object.entries(ends)) {
      const { pool, end, alive } = pooled({ restart });
      await end(must(await begin(pool))!, exit);
      if ((await alive()).length > 0) again.push(how);
    }
    expect(again).toEqual(restarted);
  });

  it("child is restarted with different values, when trying again: failed starts are tried again, an ignored one is the end", async () => {
    const { pool, end, clock } = pooled({ intensity: 9, start: startsAs("ok", "error", "throw", "ok", "ignore") });
    await end(must(await begin(pool))!, ends.crash);
    for (let turn = 0; turn < 4; turn++) await clock.advance(0);
    const [info] = must(await whichChildren(pool));
    expect(info).toMatchObject({ state: "alive", restarts: 3 });
    await end(info!.actor!, ends.crash);
    await clock.advance(0);
    expect(must(await whichChildren(pool))).toEqual([]);
  });

  it("restarting on init children counted in max_children, restarting on exit children counted in max_children", async () => {
    const slow = { maxChildren: 1, restartDelayMs: () => 100, intensity: 9 };
    for (const start of [startsAs("ok", "error"), startsAs("ok")]) {
      const { pool, end } = pooled({ ...slow, start });
      await end(must(await begin(pool))!, ends.crash);
      expect(must(await countChildren(pool))).toEqual({ specs: 1, active: 0, supervisors: 0, workers: 1 });
      expect(await begin(pool)).toEqual({ ok: false, error: "max_children" });
    }
  });

  it("child triggers maximum restarts, maximum intensity when trying again", async () => {
    for (const start of [startsAs("ok"), startsAs("ok", "error")]) {
      const { pool, end, alive, clock } = pooled({ intensity: 1, start });
      await end(must(await begin(pool))!, ends.crash);
      for (const one of exitOf(pool) ? [] : await alive()) await end(one, ends.crash);
      await clock.advance(0);
      expect(exitOf(pool)).toEqual(shutdown());
    }
  });

  it("with valid shutdown, with invalid shutdown, with invalid child spec: also of one child alone", async () => {
    const { pool } = pooled({ start: (own: object) => ({ logic: worker, ...own }) });
    for (const shutdownMs of ["infinity", "brutal_kill", 0, 1000])
      expect((await begin(pool, { shutdownMs })).ok).toBe(true);
    const refused = async (own: object) =>
      (await begin(pool, own)) as never as { error: { start_failed: { reason: unknown } } };
    expect((await refused({ shutdownMs: -1 })).error.start_failed.reason).toEqual({ invalid_shutdown: -1 });
    expect((await refused({ restart: "oops" })).error.start_failed.reason).toEqual({ invalid_restart_type: "oops" });
    expect((await refused({ type: "oops" })).error.start_failed.reason).toEqual({ invalid_child_type: "oops" });
  });
});

describe("DynamicSupervisorTest: terminate", () => {
  /** Traps exits, and ends with what it is told to. */
  const trapping = (exit: unknown) =>
    Object.assign(
      fromTransition((state: { done?: boolean }, event: { type: string }) => {
        if (event.type === "actor.shutdown") throw exit;
        return state;
      }, {}),
      { trapsExit: true },
    );

  it.each([
    ["brutal kill", "brutal_kill", deafWorker, killed],
    ["infinity shutdown", "infinity", slowWorker(1e6), normal],
    ["infinity shutdown and abnormal reason", "infinity", trapping("oops"), crash("oops")],
    ["integer shutdown", 1000, slowWorker(999), normal],
    ["integer shutdown and abnormal reason", 1000, trapping("oops"), crash("oops")],
    ["expired integer shutdown", 1000, slowWorker(1001), killed],
    ["permanent restart and normal reason", 1000, trapping(normal), normal],
  ] as const)("%s", async (_, shutdownMs, start, exit) => {
    const { pool, clock, lines } = { ...pooled({ shutdownMs, start: start as never }), lines: [] };
    const children = [must(await begin(pool))!, must(await begin(pool))!];
    const ended = stop(pool);
    await clock.drain();
    expect([await ended, ...children.map(exitOf), lines]).toEqual([shutdown(), exit, exit, []]);
  });

  it("mixed children: each by its own rule", async () => {
    const { pool, clock } = pooled({ start: (own: object) => ({ logic: slowWorker(5000), ...own }) });
    const ways = ["infinity", "brutal_kill", 1000, 10_000];
    const children = await Promise.all(ways.map(async (shutdownMs) => must(await begin(pool, { shutdownMs }))!));
    const ended = stop(pool);
    await clock.drain();
    await ended;
    expect(children.map((one) => exitOf(one)?.kind)).toEqual(["normal", "killed", "killed", "normal"]);
  });

  it("terminate_child/2: brutal kill, integer shutdown, a restarting child", async () => {
    const kill = pooled({ shutdownMs: "brutal_kill", start: deafWorker });
    const one = must(await begin(kill.pool))!;
    await terminateChild(kill.pool, one);
    expect(exitOf(one)).toEqual(killed);
    const slow = pooled({ shutdownMs: 1000, start: slowWorker(10) });
    const two = must(await begin(slow.pool))!;
    const gone = terminateChild(slow.pool, two);
    await slow.clock.advance(10);
    expect([await gone, exitOf(two)]).toEqual([{ ok: true, value: undefined }, normal]);
    const restarting = pooled({ restartDelayMs: () => 1000 });
    const three = must(await begin(restarting.pool))!;
    await restarting.end(three, ends.crash);
    expect(await terminateChild(restarting.pool, three)).toEqual({ ok: true, value: undefined });
    expect([await restarting.alive(), restarting.clock.pending]).toEqual([[], 0]);
  });
});

describe("SupervisorTest", () => {
  it("child life-cycle: start, terminate, restart, delete", async () => {
    const { root, states } = booted();
    must(await startChild(root, child("a")));
    expect(await states()).toEqual(["a alive"]);
    must(await terminateChild(root, "a"));
    expect(await states()).toEqual(["a stopped"]);
  });

  it("start_link/2: a name leads to the new child after a stop", async () => {
    const { root, of, clock } = booted({ children: [child("a")] });
    const first = of("a");
    await stop(first, normal);
    await clock.advance(0);
    expect([of("a") === first, exitOf(first)]).toEqual([false, normal]);
    await stop(root);
  });

  it("start_child/2 with invalid child spec: is refused, and changes nothing", async () => {
    const { root, states } = booted();
    for (const wrong of [{}, { id: "a" }, "a", undefined, supervisor({ ...silent, children: [] })])
      expect(await startChild(root, wrong as never)).toMatchObject({ ok: false, error: { bad_spec: {} } });
    expect(await states()).toEqual([]);
  });
});
