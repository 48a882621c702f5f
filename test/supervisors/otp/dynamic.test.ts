import { describe, expect, it } from "vitest";
import { type AnyActorRef, createActor, fromCallback, fromPromise, setup } from "xstate";
import { manualClock } from "#src/testing/manual-clock";
import {
  broadcast,
  countChildren,
  crash,
  type DynamicSupervisorOptions,
  dynamicSupervisor,
  exitOf,
  exitSignal,
  isAlive,
  killed,
  normal,
  type PoolFact,
  type PoolView,
  restartChild,
  resume,
  shutdown,
  spawn,
  startChild,
  stop,
  supervisor,
  suspend,
  terminateChild,
  whichChildren,
} from "#supervisors/otp/index";
import { boom, deafWorker, listener, must, slowWorker, worker } from "./support.ts";

const clock = manualClock();
const pool = <A = string>(options: Partial<DynamicSupervisorOptions<A>> = {}) =>
  createActor(dynamicSupervisor<A>({ start: worker, restart: "transient", id: String, ...options }), {
    clock,
    logger: () => {},
  }).start();
const view = (actor: AnyActorRef): PoolView => (actor.getSnapshot() as { context: PoolView }).context;

describe("spawn", () => {
  it("starts a child at once", () => {
    const actor = pool();
    expect(isAlive(must(spawn(actor, "a"))!)).toBe(true);
    expect(view(actor)).toMatchObject({ running: 1, restarting: 0, started: 1 });
  });

  it("gives actor logic the arguments as input", () => {
    const echo = fromPromise<string, string>(({ input }) => Promise.resolve(input));
    const child = must(spawn(pool({ start: echo }), "hello"))!;
    return clock.advance(0).then(() => expect(child.getSnapshot().output).toBe("hello"));
  });

  it("answers why it did not: ignored, failed, full, dead", async () => {
    expect(must(spawn(pool({ start: () => "ignore" }), "a"))).toBeUndefined();
    expect(spawn(pool({ start: () => ({ error: "boom" }) }), "a")).toEqual({
      ok: false,
      error: { start_failed: "boom" },
    });
    const full = pool({ maxChildren: 1 });
    spawn(full, "a");
    expect(spawn(full, "b")).toEqual({ ok: false, error: "max_children" });
    expect(await startChild(full, "b")).toEqual({ ok: false, error: "max_children" });
    await stop(full);
    expect(spawn(full, "b")).toEqual({ ok: false, error: "noproc" });
  });

  it("may be asked for by an event, as a machine would", () => {
    const actor = pool();
    actor.send({ type: "child.start", args: "a" });
    expect(view(actor).running).toBe(1);
  });

  it("may be called when a child's end is heard of: a chain of any length grows no stack", () => {
    let left = 20_000;
    const instant = setup({ types: { output: {} as never } }).createMachine({
      initial: "ended",
      output: normal as never,
      states: { ended: { type: "final" } },
    });
    const actor = pool<number>({
      start: instant,
      onFact: (fact) => {
        if (fact.type === "child.exited" && left > 0) spawn(actor, --left);
      },
    });
    spawn(actor, left);
    expect(left).toBe(0);
    expect(view(actor)).toMatchObject({ running: 0, started: 20_001 });
  });
});

describe("a child of a dynamic supervisor", () => {
  it("knows its attempt and how the earlier ones ended", () => {
    const seen: object[] = [];
    const actor = pool({
      intensity: 9,
      start: (_, incarnation) => {
        seen.push(incarnation);
        return { logic: worker };
      },
    });
    must(spawn(actor, "a"))!.send({ type: "crash" });
    expect(seen).toMatchObject([
      { restarts: 0, exits: [] },
      { restarts: 1, exits: [boom] },
    ]);
  });

  it("is told about to its owner, with its arguments", () => {
    const facts: PoolFact<{ task: number }>[] = [];
    const actor = createActor(
      dynamicSupervisor<{ task: number }>({ start: worker, restart: "transient", onFact: (fact) => facts.push(fact) }),
    ).start();
    const child = must(spawn(actor, { task: 7 }))!;
    child.send({ type: "finish" });
    expect(facts).toEqual([
      { type: "child.started", id: "1", actor: child, restarts: 0, args: { task: 7 } },
      { type: "child.exited", id: "1", actor: child, exit: normal, willRestart: false, delayMs: 0, args: { task: 7 } },
    ]);
  });

  it("is terminated by its actor, since it has no id", async () => {
    const actor = pool();
    const [child, stranger] = [must(spawn(actor, "a"))!, createActor(worker).start()];
    expect(await terminateChild(actor, stranger)).toEqual({ ok: false, error: "not_found" });
    expect(await terminateChild(actor, "a")).toEqual({ ok: false, error: "simple_one_for_one" });
    expect(await restartChild(actor, "a")).toEqual({ ok: false, error: "simple_one_for_one" });
    expect(must(await terminateChild(actor, child))).toBeUndefined();
    expect(exitOf(child)).toEqual(shutdown());
    expect(must(await terminateChild(actor, child))).toBeUndefined(); // dead already
    expect(must(await countChildren(actor))).toEqual({ specs: 1, active: 0, supervisors: 0, workers: 0 });
  });

  it("may have the name of another: names are for people", () => {
    const actor = pool();
    const [one, two] = [must(spawn(actor, "twin"))!, must(spawn(actor, "twin"))!];
    one.send({ type: "finish" });
    expect(isAlive(two)).toBe(true);
    expect(view(actor).running).toBe(1);
  });

  it("that ends itself from outside its own stack is an exit like any other", () => {
    const { onFact, lines } = listener();
    const actor = pool({ onFact });
    exitSignal(must(spawn(actor, "a"))!, killed);
    expect(lines).toEqual(["a started", "a exited killed, again in 0", "a started"]);
  });
});

describe("a dynamic supervisor", () => {
  it("ends when its children restart too often", () => {
    const { onFact, lines } = listener();
    const actor = pool({ intensity: 0, onFact });
    const others = ["b", "c"].map((args) => must(spawn(actor, args))!);
    must(spawn(actor, "a"))!.send({ type: "crash" });
    expect(exitOf(actor)).toEqual(shutdown());
    expect(others.map((child) => exitOf(child))).toEqual([shutdown(), shutdown()]);
    expect(lines.slice(-2)).toEqual(["a exited crash, again in 0", `${actor.id} exhausted`]);
  });

  it("stops all its children at once, not one by one", async () => {
    const actor = pool({ start: slowWorker(100), shutdownMs: 5000 });
    for (let i = 0; i < 5; i++) spawn(actor, String(i));
    const began = clock.now();
    const stopped = stop(actor).then(() => clock.now() - began);
    await clock.advance(5000);
    expect(await stopped).toBe(100);
  });

  it("kills those that do not hear, all at one deadline", async () => {
    const actor = pool({ start: deafWorker, shutdownMs: 50 });
    const children = ["a", "b"].map((args) => must(spawn(actor, args))!);
    void stop(actor);
    await clock.advance(49);
    expect(children.map(isAlive)).toEqual([true, true]);
    await clock.advance(1);
    expect(children.map((child) => exitOf(child))).toEqual([killed, killed]);
    expect(exitOf(actor)).toEqual(shutdown());
  });

  it("answers in order: a child that takes its time to stop keeps the next caller waiting, but not its owner", async () => {
    const actor = pool({ start: slowWorker(100) });
    const child = must(spawn(actor, "slow"))!;
    const order: string[] = [];
    const calls = [
      terminateChild(actor, child).then(() => order.push("terminated")),
      whichChildren(actor).then(() => order.push("listed")),
    ];
    expect(isAlive(must(spawn(actor, "next"))!)).toBe(true);
    await clock.advance(100);
    await Promise.all(calls);
    expect(order).toEqual(["terminated", "listed"]);
  });

  it("keeps its mail while it is suspended, also where it was busy when it was asked to", async () => {
    const actor = pool({ start: slowWorker(100) });
    const done: string[] = [];
    const call = (name: string, answer: Promise<unknown>) => answer.then(() => done.push(name));
    const calls = [call("terminated", terminateChild(actor, must(spawn(actor, "slow"))!))];
    suspend(actor);
    calls.push(call("counted", countChildren(actor)));
    await clock.advance(100);
    expect(done).toEqual(["terminated"]);
    resume(actor);
    await Promise.all(calls);
    expect(done).toEqual(["terminated", "counted"]);

    const again = terminateChild(actor, must(spawn(actor, "slow"))!);
    suspend(actor);
    resume(actor); // both read after the child is gone
    const counted = countChildren(actor);
    await clock.advance(100);
    expect([must(await again), must(await counted).active]).toEqual([undefined, 0]);
  });

  it("is resumed once, however often it was suspended, as a process of OTP is; so is an ordinary one", async () => {
    for (const actor of [pool(), createActor(supervisor({ children: [] })).start()] as AnyActorRef[]) {
      for (const change of [suspend, resume, suspend, suspend, resume]) change(actor);
      expect((await countChildren(actor)).ok).toBe(true);
    }
  });

  it("reads 60,000 messages that came while it was suspended in a moment", async () => {
    const actor = pool({ onFact: null, restart: "temporary" });
    const children = Array.from({ length: 300 }, (_, n) => must(spawn(actor, String(n)))!);
    suspend(actor);
    broadcast(actor, { type: "finish" });
    for (let n = 0; n < 60_000; n++) actor.send({ type: "child.gone", actor: children[n % 300]! });
    const began = performance.now();
    resume(actor);
    expect(view(actor).running).toBe(0);
    expect(performance.now() - began).toBeLessThan(3000); // 20 ms where nothing else runs; an array's own shift takes 7 s
  });

  it("ends a child that asks for its end while it starts", async () => {
    const actor: AnyActorRef = pool({ start: fromCallback(() => actor.send({ type: "actor.shutdown" })) });
    const child = must(spawn(actor, "a"))!;
    expect([isAlive(child), isAlive(actor)]).toEqual([false, false]);
  });

  it("sends an event to every live child", () => {
    const actor = pool();
    const children = ["a", "b"].map((args) => must(spawn(actor, args))!);
    broadcast(actor, { type: "finish" });
    expect(children.map((child) => exitOf(child))).toEqual([normal, normal]);
  });

  it("ends with the last significant child", () => {
    const actor = pool({ significant: true, otpRelease: 25, autoShutdown: "all_significant" });
    const children = ["a", "b"].map((args) => must(spawn(actor, args))!);
    children[0]!.send({ type: "finish" });
    expect(isAlive(actor)).toBe(true);
    children[1]!.send({ type: "finish" });
    expect(exitOf(actor)).toEqual(shutdown());
  });

  it("leaves nobody behind when its owner is stopped in XState's way", () => {
    const root = createActor(
      supervisor({ children: [{ id: "pool", start: dynamicSupervisor<string>({ start: worker }), name: "pool" }] }),
    ).start();
    const child = must(spawn(root.system.get("pool"), "a"))!;
    root.stop();
    expect(isAlive(child)).toBe(false);
  });

  it("that breaks by a bug in its options crashes as a whole, and leaves nobody behind", () => {
    const actor = pool({
      restartDelayMs: () => {
        throw new Error("bad delay");
      },
    });
    actor.subscribe({ error: () => {} });
    const [one, two] = ["a", "b"].map((args) => must(spawn(actor, args))!);
    one!.send({ type: "crash" });
    expect(exitOf(actor)).toMatchObject(crash({ message: "bad delay" }));
    expect(isAlive(two!)).toBe(false);
  });
});
