import { describe, expect, it } from "vitest";
import { type AnyActorRef, createActor, fromCallback, fromPromise, sendParent, setup } from "xstate";
import {
  dynamicSupervisor,
  exitOf,
  exitSignal,
  isAlive,
  killed,
  normal,
  ref,
  shutdown,
  spawn,
  stop,
  supervisor,
} from "#supervisors/otp/index";
import { find, must, slowWorker, worker } from "../support.ts";
import { booted, child, ends } from "./booted.ts";

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("statelyai/xstate", () => {
  it("#5088 an actor that threw receives events again: under its name, and through a reference that was kept", async () => {
    const { root, of, end } = booted({ children: [child("a", { start: worker })] });
    const kept = ref(root.system as never, "a");
    const first = of("a");
    await end("a", ends.crash);
    const second = kept.actor!;
    expect([second === first, kept.send({ type: "finish" }), exitOf(second)]).toEqual([false, true, normal]);
  });

  it("#5153 a machine that fails leaves nothing running, two levels deep", async () => {
    const cleaned: string[] = [];
    const cleaning = (name: string) => fromCallback(() => () => void cleaned.push(name));
    const inner = setup({ actors: { leaf: cleaning("leaf") } }).createMachine({ invoke: { src: "leaf" } });
    const outer = setup({
      actors: { inner, own: cleaning("own") },
      actions: {
        fail: () => {
          throw new Error("boom");
        },
      },
    }).createMachine({ invoke: [{ src: "inner" }, { src: "own" }], on: { crash: { actions: "fail" } } });
    const { end } = booted({ children: [child("a", { start: outer, restart: "temporary" })] });
    await end("a", ends.crash);
    expect(cleaned.sort()).toEqual(["leaf", "own"]);
  });

  it("#3645 an error in an action after onDone is a crash of its machine alone", async () => {
    const failing = setup({
      actors: { quick: fromPromise(async () => 1) },
      actions: {
        fail: () => {
          throw new Error("after done");
        },
      },
    }).createMachine({ initial: "a", states: { a: { invoke: { src: "quick", onDone: { actions: "fail" } } } } });
    const { lines } = booted({ children: [child("a", { start: failing, restart: "temporary" })] });
    await turn();
    expect(lines).toEqual(["a started", "a exited crash"]);
  });

  it("#4928 an error in the initial context is reported once, as a start that failed", () => {
    const failing = setup({ types: { context: {} as object } }).createMachine({
      context: () => {
        throw new Error("context");
      },
    });
    const said: string[] = [];
    createActor(supervisor({ children: [child("a", { start: failing })] }), {
      id: "app",
      logger: (line) => said.push(line),
    }).start();
    expect(said).toEqual(["supervisor app: did not boot: child a did not start: crashed: Error: context"]);
  });

  it("#4364 #4453 #5439 system ids of a machine and of what it invokes are free for the next incarnation, two levels deep", async () => {
    const leaf = setup({}).createMachine({});
    const middle = setup({ actors: { leaf } }).createMachine({ invoke: { src: "leaf", systemId: "leaf" } });
    const top = setup({
      actors: { middle },
      actions: {
        fail: () => {
          throw new Error("boom");
        },
      },
    }).createMachine({
      invoke: { src: "middle", systemId: "middle" },
      on: { crash: { actions: "fail" } },
    });
    const { of, clock } = booted({ intensity: 9, children: [child("top", { start: top })] });
    for (const act of [
      (a: AnyActorRef) => a.send({ type: "crash" }),
      (a: AnyActorRef) => exitSignal(a, killed),
      (a: AnyActorRef) => exitSignal(a, shutdown("x")),
    ]) {
      const before = ["top", "middle", "leaf"].map(of);
      act(of("top"));
      await clock.advance(0);
      const after = ["top", "middle", "leaf"].map(of);
      expect(after.map((one, i) => isAlive(one) && one !== before[i])).toEqual([true, true, true]);
      expect(before.map(isAlive)).toEqual([false, false, false]);
    }
  });

  it("#2531 #1642 children do not pile up: nothing of those that have ended is kept", () => {
    const pool = createActor(dynamicSupervisor({ start: worker, restart: "temporary", onFact: null })).start();
    for (let i = 0; i < 1000; i++) must(spawn(pool, i))!.send({ type: "finish" });
    expect(pool.getSnapshot()).toMatchObject({ context: { running: 0, started: 1000 } });
  });

  it("#5264 #1116 what takes time to stop is waited for", async () => {
    const { root, of, clock } = booted({ children: [child("a", { start: slowWorker(50) })] });
    const a = of("a");
    const ended = stop(root);
    await clock.advance(50);
    expect([await ended, exitOf(a)]).toEqual([shutdown(), normal]);
  });

  it("#4953 a machine that is stopped and started again enters its initial state again", async () => {
    let entries = 0;
    const entering = setup({ actions: { count: () => void entries++ } }).createMachine({ entry: "count" });
    const { of, clock } = booted({ intensity: 9, children: [child("a", { start: entering })] });
    exitSignal(of("a"), shutdown());
    await clock.advance(0);
    expect(entries).toBe(2);
  });

  it("a machine invokes a supervisor, and is told when it gives up", async () => {
    const inner = supervisor({ onFact: null, intensity: 0, children: [child("a")] });
    const owner = setup({ actors: { inner } }).createMachine({
      initial: "on",
      states: { on: { invoke: { src: "inner", onDone: "off" } }, off: {} },
    });
    const root = createActor(owner).start();
    find(root, "a").send({ type: "crash" });
    await turn();
    expect(root.getSnapshot().value).toBe("off");
  });

  it("a machine invokes a dynamic supervisor, whose children find the machine by its name", () => {
    const teller = fromCallback(({ system }) => system.get("owner").send({ type: "told" }));
    const owner = setup({ actors: { pool: dynamicSupervisor({ start: teller, onFact: null }) } }).createMachine({
      initial: "waiting",
      invoke: { src: "pool", systemId: "pool" },
      states: { waiting: { on: { told: "knows" } }, knows: {} },
    });
    const root = createActor(owner, { systemId: "owner" }).start();
    spawn(find(root, "pool") as never, 1);
    expect(root.getSnapshot().value).toBe("knows");
  });

  it("#3743 #4148 a tree that is restored from a persisted snapshot starts its children, also below a machine", async () => {
    const app = supervisor({ onFact: null, children: [child("a")] });
    const pool = dynamicSupervisor<number>({ start: worker, onFact: null });
    const owner = setup({ actors: { app, pool } }).createMachine({
      invoke: [
        { src: "app", id: "app" },
        { src: "pool", id: "pool", systemId: "pool" },
      ],
    });
    for (const logic of [app, owner]) {
      const snapshot = JSON.parse(JSON.stringify(createActor(logic).start().getPersistedSnapshot()));
      const restored = createActor(logic as typeof app, { snapshot }).start();
      expect(isAlive(find(restored, "a"))).toBe(true);
      if (logic === owner) expect(spawn(find(restored, "pool") as never, 1).ok).toBe(true);
    }
    const ended = createActor(app).start();
    await stop(ended);
    const snapshot = JSON.parse(JSON.stringify(ended.getPersistedSnapshot()));
    expect(createActor(app, { snapshot }).start().getSnapshot().status).toBe("done");
  });

  it("a child may send its parent anything, malformed mail of supervisors too", async () => {
    const events = ["REPORT", "actor.exit", "child.gone", "child.retry", "child.start", "xstate.done.actor.a"];
    const entry = events.map((type) => sendParent({ type, actorId: "other" } as never));
    const noisy = setup({}).createMachine({ entry });
    const { root, of } = booted({ children: [child("a", { start: noisy }), child("b")] });
    const pool = createActor(dynamicSupervisor<number>({ start: noisy, maxChildren: 1 })).start();
    expect([isAlive(of("a")), isAlive(of("b")), spawn(pool, 1).ok, isAlive(root), isAlive(pool)]).toEqual(
      Array(5).fill(true),
    );
  });

  it("what an inspector is shown of a supervisor stays small, however many children a restart concerns", () => {
    const sizes: number[] = [];
    const children = Array.from({ length: 200 }, (_, n) => child(`c${n}`));
    const logic = supervisor({ strategy: "one_for_all", onFact: null, children });
    const inspect = ({ actorRef: _, ...seen }: object & { actorRef?: unknown }) =>
      void sizes.push(JSON.stringify(seen).length);
    const root = createActor(logic, { inspect: inspect as never }).start();
    find(root, "c3").send({ type: "crash" });
    expect(Math.max(...sizes)).toBeLessThan(2_000);
  });
});
