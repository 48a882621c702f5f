import { describe, expect, it } from "vitest";
import {
  checkChildSpecs,
  countChildren,
  crash,
  deleteChild,
  exitOf,
  exitSignal,
  getChildSpec,
  isAlive,
  killed,
  normal,
  restartChild,
  shutdown,
  startChild,
  stop,
  supervisor,
  terminateChild,
  whichChildren,
} from "#supervisors/otp/index";
import { deafWorker, must, slowWorker, worker } from "../support.ts";
import { booted, child, pooled, startsAs } from "./booted.ts";

const refused = (error: unknown) => ({ ok: false, error });

describe("supervisor_SUITE: a start", () => {
  it("sup_start_normal: it boots, and ends with shutdown when it is stopped", async () => {
    const { root } = booted();
    expect(isAlive(root)).toBe(true);
    expect([await stop(root), exitOf(root)]).toEqual([shutdown(), shutdown()]);
  });

  it("sup_start_ignore_init: a supervisor whose start is ignored is none, and its parent boots", async () => {
    const { root, states } = booted({ children: [child("inner", { type: "supervisor", start: () => "ignore" })] });
    expect([isAlive(root), await states()]).toEqual([true, ["inner stopped"]]);
  });

  it("sup_start_ignore_child: the record of a child that was ignored stays, without a process", async () => {
    const { root, states } = booted({ children: [child("a", { start: startsAs("ignore") }), child("b")] });
    expect(await states()).toEqual(["a stopped", "b alive"]);
    expect(must(await countChildren(root))).toEqual({ specs: 2, active: 1, supervisors: 0, workers: 2 });
  });

  it("sup_start_ignore_temporary_child, .._start_child: that of a temporary one does not", async () => {
    const ignored = child("a", { restart: "temporary", start: startsAs("ignore") });
    const { root } = booted({ children: [ignored, child("b")] });
    expect(await startChild(root, { ...ignored, id: "c" })).toEqual({ ok: true, value: undefined });
    expect(must(await countChildren(root))).toEqual({ specs: 1, active: 1, supervisors: 0, workers: 1 });
  });

  it.each(["temporary", "permanent"] as const)(
    "sup_start_ignore_*_child_start_child_simple: an ignored instance is not kept: %s",
    async (restart) => {
      const { pool } = pooled({ restart, start: startsAs("ignore") });
      expect(await startChild(pool as never, 1)).toEqual({ ok: true, value: undefined });
      expect(must(await countChildren(pool))).toEqual({ specs: 1, active: 0, supervisors: 0, workers: 0 });
      expect(await stop(pool)).toEqual(shutdown());
    },
  );

  it("sup_start_fail, faulty_application_shutdown: a start that throws fails the parent with its id and its reason", () => {
    const inner = supervisor({ onFact: null, children: [child("bad", { start: startsAs("throw") })] });
    const reason = { failed_to_start_child: "bad", reason: { EXIT: new Error("thrown") } };
    expect(exitOf(booted({ children: [child("inner", { start: inner })] }).root)).toEqual(
      shutdown({ failed_to_start_child: "inner", reason: shutdown(reason) }),
    );
  });

  it("sup_start_child_returns_error: it is the answer, and nothing is kept", async () => {
    const { root } = booted();
    const begin = (start: unknown) => startChild(root, child("a", { start }));
    expect(await begin(startsAs("error"))).toEqual(refused({ start_failed: "no" }));
    expect(await begin(() => "rubbish")).toEqual(refused({ start_failed: "rubbish" }));
    expect(must(await countChildren(root)).specs).toBe(0);
  });

  it("sup_start_restart_child_returns_error: it is the answer of restartChild, and the record stays", async () => {
    const { root, states } = booted({ children: [child("a", { start: startsAs("ok", "throw") })] });
    await terminateChild(root, "a");
    expect(await restartChild(root, "a")).toEqual(refused({ start_failed: { EXIT: new Error("thrown") } }));
    expect(await states()).toEqual(["a stopped"]);
  });

  it("sup_start_child_returns_error_simple: the same of a dynamic supervisor", async () => {
    const { pool, alive } = pooled({ start: startsAs("error") });
    expect(await startChild(pool as never, 1)).toEqual(refused({ start_failed: "no" }));
    expect(await alive()).toEqual([]);
  });

  it("sup_start_map_faulty_specs: each is refused with its reason", async () => {
    const { root } = booted();
    const faults: [object, unknown][] = [
      [{ start: worker }, "missing_id"],
      [{ id: "a" }, "missing_start"],
      [child("a", { restart: "sometimes" }), { invalid_restart_type: "sometimes" }],
      [child("a", { shutdown: -1 }), { invalid_shutdown: -1 }],
      [child("a", { type: "wrong" }), { invalid_child_type: "wrong" }],
      [child("a", { significant: 1 }), { invalid_significant: 1 }],
    ];
    for (const [spec, reason] of faults)
      expect(await startChild(root, spec as never), JSON.stringify(spec)).toMatchObject(
        refused({ bad_spec: { reason } }),
      );
    expect((await startChild(root, { ...child("a"), unknown: 1 } as never)).ok).toBe(true);
  });

  it("child_specs_map: every combination is accepted or refused as by OTP, here and by checkChildSpecs", async () => {
    for (const autoShutdown of ["never", "any_significant", "all_significant"] as const)
      for (const restart of ["permanent", "transient", "temporary", undefined] as const)
        for (const significant of [true, false, undefined])
          for (const shutdown of ["brutal_kill", "infinity", 0, 60_000, undefined] as const)
            for (const type of ["worker", "supervisor", undefined] as const) {
              const given = Object.entries({ restart, significant, shutdown, type }).filter(([, v]) => v !== undefined);
              const spec = child("a", Object.fromEntries(given));
              const isPermanent = (restart ?? "permanent") === "permanent";
              const isBad = significant === true && (isPermanent || autoShutdown === "never");
              const { root } = booted({ autoShutdown });
              const said = JSON.stringify({ autoShutdown, ...spec });
              expect((await startChild(root, spec)).ok, said).toBe(!isBad);
              expect(checkChildSpecs([spec], autoShutdown).ok, said).toBe(!isBad);
            }
  });

  it("sup_flags: wrong flags are refused with their reason, unknown ones are not", () => {
    const faults: [object, unknown][] = [
      [{ strategy: "none_for_one" }, { invalid_strategy: "none_for_one" }],
      [{ intensity: -1 }, { invalid_intensity: -1 }],
      [{ intensity: 1.5 }, { invalid_intensity: 1.5 }],
      [{ period: 0 }, { invalid_period: 0 }],
      [{ period: "infinity" }, { invalid_period: "infinity" }],
      [{ autoShutdown: "some" }, { invalid_auto_shutdown: "some" }],
    ];
    for (const [flags, reason] of faults)
      expect(exitOf(booted(flags).root), JSON.stringify(flags)).toMatchObject({
        error: { reason: { supervisor_data: reason } },
      });
    expect(isAlive(booted({ unknown: 1 } as never).root)).toBe(true);
  });
});

describe("supervisor_SUITE: a stop", () => {
  it("sup_stop_infinity: without a limit, for workers and supervisors", async () => {
    const slow = (id: string, type: string) => child(id, { type, start: slowWorker(1e6), shutdown: "infinity" });
    const { root, clock, of } = booted({ children: [slow("a", "worker"), slow("b", "supervisor")] });
    const [a, b] = [of("a"), of("b")];
    const ended = stop(root);
    await clock.advance(2e6);
    expect([await ended, exitOf(a), exitOf(b)]).toEqual([shutdown(), normal, normal]);
  });

  it("sup_stop_timeout: who does not stop in time is killed, the others are not", async () => {
    const { root, clock, of } = booted({
      children: [
        child("a", { start: slowWorker(500), shutdown: 1000 }),
        child("b", { start: deafWorker, shutdown: 1000 }),
      ],
    });
    const [a, b] = [of("a"), of("b")];
    void stop(root);
    await clock.advance(999);
    expect([isAlive(a), isAlive(b)]).toEqual([true, true]); // one after the other, last started first
    await clock.drain();
    expect([exitOf(a), exitOf(b), exitOf(root)]).toEqual([normal, killed, shutdown()]);
  });

  it("sup_stop_timeout_dynamic: all at one deadline", async () => {
    const { pool, clock, begin } = pooled<string>({
      start: (how) => ({ logic: how === "deaf" ? deafWorker : slowWorker(500) }),
      shutdownMs: 1000,
    });
    const children = [await begin("deaf"), await begin("slow"), await begin("deaf")];
    const ended = stop(pool);
    await clock.advance(1000);
    expect([children.map(exitOf), await ended]).toEqual([[killed, normal, killed], shutdown()]);
  });

  it("sup_stop_brutal_kill: no worker is asked", async () => {
    const { root, of } = booted({ children: [child("a", { start: deafWorker, shutdown: "brutal_kill" })] });
    const a = of("a");
    await stop(root);
    expect(exitOf(a)).toEqual(killed);
  });

  it("sup_stop_brutal_kill_dynamic: ten that would trap it", async () => {
    const { pool, begin } = pooled({ start: deafWorker, shutdownMs: "brutal_kill" });
    const children = await Promise.all(Array.from({ length: 10 }, () => begin()));
    await stop(pool);
    expect(new Set(children.map((one) => exitOf(one)?.kind))).toEqual(new Set(["killed"]));
  });

  it("sup_stop_race: those that exit by themselves meanwhile are not restarted, and have their own reasons", async () => {
    const { root, clock, of } = booted({
      children: [child("a"), child("b"), child("c", { start: slowWorker(100) })],
    });
    const [a, b] = [of("a"), of("b")];
    const ended = stop(root);
    a.send({ type: "crash" });
    b.send({ type: "finish" });
    await clock.advance(100);
    expect([await ended, exitOf(a)?.kind, exitOf(b)]).toEqual([shutdown(), "crash", normal]);
    expect(root.system.get("a")).toBeUndefined();
  });

  it("sup_stop_non_shutdown_exit_dynamic: children that stop with other reasons change nothing", async () => {
    const { pool, begin, clock } = pooled({ start: slowWorker(5) });
    await begin();
    await begin();
    const ended = stop(pool);
    await clock.advance(5);
    expect(await ended).toEqual(shutdown());
  });
});

describe("supervisor_SUITE: calls", () => {
  it("child_adm: start, terminate, restart, delete, count, with OTP's answers", async () => {
    const { root, of } = booted({ children: [child("a")] });
    const a = of("a");
    expect(await startChild(root, child("a"))).toEqual(refused({ already_started: a }));
    expect(await restartChild(root, "a")).toEqual(refused("running"));
    expect(await deleteChild(root, "a")).toEqual(refused("running"));
    expect(await terminateChild(root, "a")).toEqual({ ok: true, value: undefined });
    expect(await terminateChild(root, "a")).toEqual({ ok: true, value: undefined });
    expect(await startChild(root, child("a"))).toEqual(refused("already_present"));
    expect(must(await countChildren(root))).toEqual({ specs: 1, active: 0, supervisors: 0, workers: 1 });
    expect(isAlive(must(await restartChild(root, "a"))!)).toBe(true);
    await terminateChild(root, "a");
    expect(await deleteChild(root, "a")).toEqual({ ok: true, value: undefined });
    for (const call of [terminateChild, restartChild, deleteChild, getChildSpec])
      expect(await call(root, "a")).toEqual(refused("not_found"));
    await stop(root);
    expect(await countChildren(root)).toEqual(refused("noproc"));
  });

  it("child_adm_simple: the same of a dynamic supervisor, by actor", async () => {
    const { pool, begin, alive } = pooled();
    const [a, b] = [await begin(), await begin()];
    for (const call of [restartChild, deleteChild, terminateChild])
      expect(await call(pool, "a")).toEqual(refused("simple_one_for_one"));
    expect(await terminateChild(pool, booted().root)).toEqual(refused("not_found"));
    expect(await terminateChild(pool, a)).toEqual({ ok: true, value: undefined });
    expect([exitOf(a), await alive()]).toEqual([shutdown(), [b]]);
    expect(must(await countChildren(pool))).toEqual({ specs: 1, active: 1, supervisors: 0, workers: 1 });
    await stop(pool);
    expect(await countChildren(pool)).toEqual(refused("noproc"));
  });

  it("which_children: after start, terminate and delete", async () => {
    const inner = supervisor({ onFact: null, children: [] });
    const { root, states } = booted({ children: [child("a"), child("inner", { start: inner })] });
    await startChild(root, child("b"));
    await terminateChild(root, "a");
    expect(await states()).toEqual(["a stopped", "inner alive", "b alive"]);
    await deleteChild(root, "a");
    expect(must(await whichChildren(root)).map(({ id, type }) => [id, type])).toEqual([
      ["b", "worker"],
      ["inner", "supervisor"],
    ]);
  });

  it("which_children_simple_one_for_one: without ids", async () => {
    const { pool, begin } = pooled();
    const [a, b] = [await begin(), await begin()];
    await terminateChild(pool, a);
    expect(must(await whichChildren(pool))).toMatchObject([
      { id: undefined, actor: b, type: "worker", state: "alive" },
    ]);
  });

  it("order_of_children: started in order, stopped in reverse, also by a restart of the rest", async () => {
    const order: string[] = [];
    const started = (id: string) => {
      order.push(`+${id}`);
      return { logic: worker };
    };
    const spec = (id: string) => child(id, { start: () => started(id) });
    const { root, end, of } = booted({ strategy: "rest_for_one", children: ["a", "b", "c", "d"].map(spec) });
    for (const id of ["a", "c", "d"]) of(id).subscribe({ complete: () => order.push(`-${id}`) });
    await end("b", crash("boom"));
    for (const id of ["c", "d"]) of(id).subscribe({ complete: () => order.push(`-${id}`) });
    await stop(root);
    expect(order.join(" ")).toBe("+a +b +c +d -d -c +b +c +d -d -c -a");
  });

  it("exit signals to a supervisor: ignored unless they kill", async () => {
    const { root, of } = booted({ children: [child("a")] });
    const a = of("a");
    exitSignal(root, crash("x"));
    expect([isAlive(root), isAlive(a)]).toEqual([true, true]);
    exitSignal(root, killed);
    expect([exitOf(root), exitOf(a)]).toEqual([killed, killed]);
  });
});
