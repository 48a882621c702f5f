import { describe, expect, it } from "vitest";
import { type AnyActorRef, createActor } from "xstate";
import {
  countChildren,
  dynamicSupervisor,
  exitOf,
  exitSignal,
  isAlive,
  killed,
  shutdown,
  startChild,
  stop,
  supervisor,
  terminateChild,
  tree,
} from "#supervisors/otp/index";
import { expectLinear } from "../../../support.ts";
import { find, must, worker } from "../support.ts";
import { booted, child, ends, pooled } from "./booted.ts";

const silent = { onFact: null };

describe("supervisor_SUITE: trees", () => {
  it("tree: a subtree comes back with the children of its spec, without those that were added", async () => {
    const inner = supervisor({ ...silent, children: [child("a"), child("b")] });
    const { root, clock } = booted({
      strategy: "one_for_all",
      children: [
        child("inner", { start: inner }),
        child("done", { start: supervisor({ ...silent, children: [] }), restart: "transient" }),
      ],
    });
    await startChild(find(root, "inner"), child("added"));
    await terminateChild(root, "done");
    exitSignal(find(root, "inner"), killed);
    await clock.advance(0);
    const shape = (await tree(root))!;
    expect(shape.counts).toEqual({ specs: 2, active: 2, supervisors: 2, workers: 0 });
    expect(shape.children.map(({ id, supervisor: below }) => [id, below?.children.map((one) => one.id)])).toEqual([
      ["inner", ["a", "b"]],
      ["done", []],
    ]);
  });

  it.each(["worker", "supervisor"] as const)(
    "count_children, count_children_supervisor: thousands come and are killed: %s",
    async (type) => {
      const { pool, begin } = pooled({ type, restart: "temporary" });
      const children: AnyActorRef[] = [];
      const counts = async () => must(await countChildren(pool));
      for (const target of [1000, 2000]) {
        while (children.length < target) children.push(await begin());
        expect(await counts()).toEqual({ specs: 1, active: target, supervisors: 0, workers: 0, [`${type}s`]: target });
      }
      for (const one of children) exitSignal(one, killed);
      expect(await counts()).toEqual({ specs: 1, active: 0, supervisors: 0, workers: 0 });
    },
  );

  it("count_restarting_children: they are workers, and not active", async () => {
    const { pool, begin, end, clock } = pooled({ intensity: 9, restartDelayMs: () => 1000 });
    const children = [await begin(), await begin(), await begin()];
    await end(children[0]!, ends.crash);
    await end(children[1]!, ends.kill);
    expect(must(await countChildren(pool))).toEqual({ specs: 1, active: 1, supervisors: 0, workers: 3 });
    await clock.advance(1000);
    expect(must(await countChildren(pool)).active).toBe(3);
  });

  it("simple_global_supervisor: names are free for the next incarnation, whatever the end, of workers and supervisors", async () => {
    const inner = supervisor({ ...silent, children: [child("a")] });
    for (const how of ["kill", "normal", "shutdown", "crash"] as const) {
      const { root, clock, lines } = booted({ intensity: 9, children: [child("inner", { start: inner })] });
      const [first, a] = [find(root, "inner"), find(root, "a")];
      if (how === "kill") exitSignal(first, killed);
      else void stop(first, ends[how]);
      await clock.advance(0);
      expect([isAlive(find(root, "inner")), isAlive(find(root, "a")), isAlive(a)], how).toEqual([true, true, false]);
      expect(lines.filter((line) => line.endsWith("failed"))).toEqual([]);
      await stop(root);
      expect([root.system.get("inner"), root.system.get("a")]).toEqual([undefined, undefined]);
    }
  });

  it("supervisor_bridge_SUITE starting, mini_terminate, mini_die: a worker that wraps something ends with it, and ends it", async () => {
    const { root, of, end, states } = booted({ children: [child("a", { restart: "transient" })] });
    await end("a", ends.normal);
    expect(await states()).toEqual(["a stopped"]);
    await stop(root);
    expect(root.system.get("a")).toBeUndefined();
    expect(() => of("a")).toThrow();
  });
});

describe("supervisor_SUITE: scale", () => {
  it("simple_one_for_one_scale_many_temporary_children: ending them costs the same however many there are", () =>
    expectLinear(
      (text) => {
        const pool = createActor(dynamicSupervisor({ start: worker, restart: "temporary", ...silent })).start();
        for (let i = 0; i < text.length; i++) pool.send({ type: "child.start", args: undefined });
        expect(pool.getSnapshot().context).toMatchObject({ running: text.length });
        pool.stop();
        expect(exitOf(pool)).toEqual(shutdown());
      },
      (length) => "x".repeat(length),
      5000,
    ));

  it("scale_start_stop_many_children: twice as many ordinary children cost about twice as much", () =>
    expectLinear(
      async (text) => {
        const children = Array.from({ length: text.length }, (_, i) => ({ id: String(i), start: worker }));
        const root = createActor(supervisor({ ...silent, children })).start();
        expect(isAlive(root)).toBe(true);
        await stop(root);
      },
      (length) => "x".repeat(length),
      1000,
    ));
});
