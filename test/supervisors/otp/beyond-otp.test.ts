import { describe, expect, it } from "vitest";
import { createActor } from "xstate";
import { manualClock } from "#src/testing/manual-clock";
import {
  type ChildSpec,
  dynamicSupervisor,
  exitOf,
  isAlive,
  killed,
  type PoolView,
  spawn,
  stop,
  supervisor,
  terminateChild,
  whichChildren,
} from "#supervisors/otp/index";
import { deafWorker, find, listener, must, worker } from "./support.ts";

const clock = manualClock();
const family = (child: Partial<ChildSpec>, more: object = {}) => {
  const { onFact, lines } = listener();
  const spec = { id: "a", name: "a", start: worker, ...child };
  const root = createActor(
    supervisor({ intensity: 100, children: [spec, { id: "b", start: worker, name: "b" }], onFact, ...more }),
    { clock },
  ).start();
  lines.length = 0;
  return { root, lines };
};

describe("a restart delay (not in OTP)", () => {
  it("puts the restart off; the siblings and the callers are not kept waiting", async () => {
    const { root, lines } = family({ restartDelay: { strategy: "constant", initialDelayMs: 300, jitter: false } });
    find(root, "a").send({ type: "crash" });
    expect(must(await whichChildren(root)).map(({ state }) => state)).toEqual(["alive", "restarting"]);
    await clock.advance(299);
    expect(lines).toEqual(["a exited crash, again in 300"]);
    await clock.advance(1);
    expect(lines).toEqual(["a exited crash, again in 300", "a started"]);
  });

  it("grows with the restarts of that child", async () => {
    const { root, lines } = family({ restartDelay: { initialDelayMs: 100, jitter: false } });
    for (let i = 0; i < 3; i++) {
      find(root, "a").send({ type: "crash" });
      await clock.advance(1000);
    }
    expect(lines.filter((line) => line.includes("again"))).toEqual(
      [100, 200, 400].map((ms) => `a exited crash, again in ${ms}`),
    );
  });

  it("has a jitter that a seed repeats, and that no other process repeats without one", () => {
    const delaysOf = (seed?: number): string[] => {
      const { root, lines } = family({ restartDelay: { initialDelayMs: 1e9, maxDelayMs: 1e9, ...(seed && { seed }) } });
      find(root, "a").send({ type: "crash" });
      root.stop();
      return lines;
    };
    expect(delaysOf(1)).toEqual(delaysOf(1));
    expect(delaysOf(1)).not.toEqual(delaysOf(2));
    const ofItsOwn = delaysOf();
    expect(ofItsOwn).toEqual(delaysOf());
    expect(ofItsOwn).not.toEqual(delaysOf(1));
  });

  it("is that of each child of a dynamic supervisor, under either name: they do not come back together", () => {
    const backoff = { initialDelayMs: 1e9, maxDelayMs: 1e9 };
    const delaysOf = (options: object): number[] => {
      const found: number[] = [];
      const onFact = (fact: { type: string; delayMs?: number }) =>
        fact.type === "child.exited" && found.push(fact.delayMs!);
      const pool = createActor(dynamicSupervisor({ start: worker, intensity: 99, onFact, ...options }), {
        clock,
      }).start();
      for (let n = 0; n < 20; n++) must(spawn(pool, n))!.send({ type: "crash" });
      pool.stop();
      return found;
    };
    const seeded = delaysOf({ restartDelay: { ...backoff, seed: 1 } });
    expect(new Set(seeded).size).toBe(20);
    expect(delaysOf({ restartDelayMs: { ...backoff, seed: 1 } })).toEqual(seeded);
    expect(delaysOf({ restartDelay: { ...backoff, seed: 2 } })).not.toEqual(seeded);
    expect(new Set(delaysOf({ restartDelay: backoff })).size).toBe(20);
    expect(delaysOf({ restartDelay: () => 7, restartDelayMs: () => 8 })).toEqual(Array(20).fill(7));
  });

  it("is over when the child is terminated meanwhile", async () => {
    const { root, lines } = family({ restartDelay: () => 300 });
    find(root, "a").send({ type: "crash" });
    await terminateChild(root, "a");
    await clock.advance(1000);
    expect(lines).toEqual(["a exited crash, again in 300"]);
  });

  it("is over when the supervisor stops: no timer is left", async () => {
    const { root } = family({ restartDelay: () => 300 });
    find(root, "a").send({ type: "crash" });
    await stop(root);
    expect(clock.pending).toBe(0);
  });

  it("also comes between the starts that fail", async () => {
    let starts = 0;
    const start = () => (++starts === 1 ? { logic: worker } : { error: "boom" });
    const { root, lines } = family({ start, restartDelay: () => 100, restartBudget: 3 });
    find(root, "a").send({ type: "crash" });
    await clock.advance(1000);
    expect(lines).toEqual(["a exited crash, again in 100", "a failed", "a failed", "a failed", "a abandoned"]);
    expect(isAlive(root)).toBe(true);
  });
});

describe("a restart budget (not in OTP)", () => {
  it("ends the child alone when it is spent", async () => {
    const { root, lines } = family({ restartBudget: 2 });
    for (let i = 0; i < 3; i++) {
      find(root, "a").send({ type: "crash" });
      await clock.advance(0);
    }
    expect(lines).toEqual([
      "a exited crash, again in 0",
      "a started",
      "a exited crash, again in 0",
      "a started",
      "a exited crash",
    ]);
    expect(must(await whichChildren(root)).map(({ state }) => state)).toEqual(["alive", "stopped"]);
  });

  it("counts for each child of a dynamic supervisor alone", async () => {
    const logic = dynamicSupervisor<string>({
      start: worker,
      restart: "transient",
      intensity: Number.POSITIVE_INFINITY,
      restartBudget: 1,
      restartDelayMs: () => 10,
    });
    const pool = createActor(logic, { clock }).start();
    const view = (): PoolView => pool.getSnapshot().context;
    for (let i = 0; i < 100; i++) must(spawn(pool, String(i)))!.send({ type: "crash" });
    expect(view()).toMatchObject({ running: 0, restarting: 100 });
    await clock.advance(10);
    expect(view()).toMatchObject({ running: 100, restarting: 0 });
    for (const { actor } of must(await whichChildren(pool))) actor!.send({ type: "crash" });
    expect(view()).toMatchObject({ running: 0, restarting: 0 });
    expect(isAlive(pool)).toBe(true);
  });
});

describe("a kill deadline (not in OTP)", () => {
  it("ends a child that would be waited for without limit", async () => {
    const { root } = family({ start: deafWorker, shutdownMs: "infinity", killAfterMs: 200 });
    const child = find(root, "a");
    void stop(root);
    await clock.advance(199);
    expect(isAlive(child)).toBe(true);
    await clock.advance(1);
    expect(exitOf(child)).toEqual(killed);
    expect(isAlive(root)).toBe(false);
  });

  it.each<[own: "infinity" | number, template: number, endsMs: number]>([
    ["infinity", 200, 200],
    [900, 200, 200],
    [100, 200, 100],
  ])(
    "of a template holds for a child that returns its own shutdownMs: %s, killAfterMs %s",
    async (own, killAfterMs, endsMs) => {
      const start = () => ({ logic: deafWorker, shutdownMs: own });
      const pool = createActor(dynamicSupervisor({ start, killAfterMs, shutdownMs: 500, onFact: null }), {
        clock,
      }).start();
      const child = must(spawn(pool, undefined))!;
      void stop(pool);
      await clock.advance(endsMs - 1);
      expect(isAlive(child)).toBe(true);
      await clock.advance(1);
      expect([exitOf(child), isAlive(pool)]).toEqual([killed, false]);
    },
  );
});
