import { describe, expect, it, vi } from "vitest";
import {
  type AnyActorLogic,
  type AnyActorRef,
  createActor,
  fromCallback,
  fromPromise,
  fromTransition,
  setup,
} from "xstate";
import { systemClock } from "#src/kernel/clock";
import { manualClock } from "#src/testing/manual-clock";
import {
  crash,
  dynamicSupervisor,
  exit,
  exitOf,
  exitSignal,
  guard,
  isAlive,
  killed,
  normal,
  observe,
  type SupervisorOptions,
  shutdown,
  spawn,
  startChild,
  stop,
  supervisor,
  up,
  whichChildren,
} from "#supervisors/otp/index";
import { deafWorker, find, must, slowWorker, worker } from "./support.ts";

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
/** Starts a tree on a clock of its own, and collects what its system logs. */
function start(options: SupervisorOptions, clock = manualClock()) {
  const lines: string[] = [];
  const logger = (...args: unknown[]): void => void lines.push(args.map(String).join(" "));
  const root = createActor(supervisor(options), { id: "app", clock, logger });
  root.subscribe({ error: () => {} });
  root.start();
  return { root, clock, lines };
}
const failing = fromPromise(async () => {
  throw new Error("no");
});

describe("a restart loop", () => {
  const forEver = { intensity: Number.POSITIVE_INFINITY, onFact: null };
  let starts = 0;
  const stillborn = () => (starts++ === 0 ? { logic: worker } : { error: "no" });
  const loops: Record<string, () => AnyActorRef> = {
    "a promise that rejects at once": () =>
      createActor(supervisor({ ...forEver, children: [{ id: "a", start: failing }] })).start(),
    "a permanent child that is done at once": () =>
      createActor(
        supervisor({
          ...forEver,
          children: [{ id: "a", start: setup({}).createMachine({ initial: "a", states: { a: { type: "final" } } }) }],
        }),
      ).start(),
    "a start that fails after the first": () => {
      starts = 0;
      const root = createActor(
        supervisor({ ...forEver, children: [{ id: "a", name: "a", start: stillborn }] }),
      ).start();
      find(root, "a").send({ type: "crash" });
      return root;
    },
    "fifty instances that reject at once": () => {
      const pool = createActor(dynamicSupervisor<number>({ ...forEver, start: failing })).start();
      for (let i = 0; i < 50; i++) spawn(pool, i);
      return pool;
    },
    "one_for_all with a child that rejects at once": () =>
      createActor(
        supervisor({
          ...forEver,
          strategy: "one_for_all",
          children: [
            { id: "a", start: failing },
            { id: "b", start: worker },
          ],
        }),
      ).start(),
  };
  for (const [name, begin] of Object.entries(loops)) {
    it(`lets timers, requests and rendering have their turn, at any intensity: ${name}`, async () => {
      const root = begin();
      for (let turn = 0; turn < 20; turn++) await nextTurn(); // would not come back
      root.stop();
    });
  }

  it.each(Object.entries(loops))("makes at most 20 restarts in a turn of the event loop: %s", async (_name, begin) => {
    const root = begin(); // `npm run bench:supervision` measures how late a timer of 1 ms is
    let starts = 0;
    observe(root, ({ type }) => {
      if (type === "child.started" || type === "child.failed") starts++;
    });
    const seen: number[] = [];
    for (let turn = 0; turn < 20; turn++) {
      starts = 0;
      await nextTurn();
      seen.push(starts);
    }
    root.stop();
    expect(Math.max(...seen)).toBeGreaterThan(0);
    expect(Math.max(...seen)).toBeLessThanOrEqual(20); // 10 among its timers, and 10 after them
  });

  it("restarts once in a turn of the event loop, and once more in each of the next", async () => {
    let lives = 0;
    const once = fromCallback(({ self }) => {
      lives++;
      exit(self, crash("no"));
    });
    const logic = supervisor({ ...forEver, children: [{ id: "a", start: once }] });
    const root = createActor(logic, { clock: systemClock }).start();
    const seen = [lives];
    for (let turn = 0; turn < 3; turn++) {
      await nextTurn();
      seen.push(lives);
    }
    root.stop();
    expect(seen).toEqual([2, 3, 4, 5]);
  });

  it("is as if the restart had taken so long: callers are answered after it", async () => {
    const { root } = start({ ...forEver, children: [{ id: "a", start: worker, name: "a" }] });
    find(root, "a").send({ type: "crash" });
    find(root, "a").send({ type: "crash" });
    expect(root.system.get("a")).toBeUndefined();
    expect(must(await whichChildren(root))).toMatchObject([{ state: "alive", restarts: 2 }]);
  });

  it("waits on a clock that is turned by hand, and leaves no timer when it is stopped", async () => {
    const { root, clock } = start({ ...forEver, children: [{ id: "a", start: worker, name: "a" }] });
    for (let i = 0; i < 3; i++) {
      find(root, "a").send({ type: "crash" });
      await clock.advance(0);
      expect(isAlive(find(root, "a"))).toBe(true);
    }
    find(root, "a").send({ type: "crash" });
    find(root, "a")?.send({ type: "crash" });
    root.stop();
    expect(clock.pending).toBe(0);
  });
});

describe("under fake timers, which replace Date, performance and setTimeout", () => {
  it("a delay passes when they are advanced, on XState's own clock", async () => {
    vi.useFakeTimers();
    try {
      const child = { id: "a", name: "a", start: worker, restartDelay: () => 500 };
      const root = createActor(supervisor({ onFact: null, children: [child] })).start();
      find(root, "a").send({ type: "crash" });
      await vi.advanceTimersByTimeAsync(499);
      expect(root.system.get("a")).toBeUndefined();
      await vi.advanceTimersByTimeAsync(1);
      expect(isAlive(find(root, "a"))).toBe(true);
      root.stop();
    } finally {
      vi.useRealTimers();
    }
  });
});

describe("guard", () => {
  const guarded = (fail: () => unknown) =>
    fromCallback(({ self, receive }) => receive(guard(self, fail as () => void)));
  it.each<[string, () => unknown]>([
    [
      "throws",
      () => {
        throw new Error("late");
      },
    ],
    [
      "rejects",
      async () => {
        throw new Error("late");
      },
    ],
  ])("makes what a callback %s a crash of its actor", async (_, fail) => {
    const { root, lines } = start({ children: [{ id: "a", start: guarded(fail), name: "a" }] });
    const first = find(root, "a");
    first.send({ type: "go" });
    await nextTurn();
    expect(exitOf(first)).toMatchObject({ kind: "crash", error: { message: "late" } });
    expect(isAlive(find(root, "a"))).toBe(true);
    expect(lines).toEqual(["supervisor app: child a crashed: Error: late, restarts"]);
  });

  it("hands on what the callback returns", () => {
    const self = createActor(worker).start();
    expect(guard(self, (a: number, b: number) => a + b)(1, 2)).toBe(3);
  });
});

describe("a killed actor", () => {
  const bad: Record<string, AnyActorLogic> = {
    callback: fromCallback(() => () => {
      throw new Error("cleanup");
    }),
    transition: fromTransition((state: number, event: { type: string }) => {
      if (event.type === "xstate.stop") throw new Error("reducer");
      return state;
    }, 0),
  };
  for (const [name, logic] of Object.entries(bad)) {
    it(`is killed whatever its cleanup throws: ${name}`, () => {
      const { root } = start({ children: [{ id: "a", start: logic, name: "a", restart: "temporary" }] });
      const actor = find(root, "a");
      exitSignal(actor, killed);
      expect(exitOf(actor)).toEqual(killed);
      expect(isAlive(root)).toBe(true);
    });
  }

  it("has its exit when those who subscribed hear of its end", () => {
    const { root } = start({
      children: [{ id: "a", start: fromTransition((n: number) => n, 0), name: "a", restart: "temporary" }],
    });
    const actor = find(root, "a");
    const seen: unknown[] = [];
    actor.subscribe({ complete: () => seen.push(exitOf(actor)) });
    exitSignal(actor, killed);
    expect(seen).toEqual([killed]);
  });
});

describe("stop with a time limit", () => {
  it("kills what has not ended by then", async () => {
    const { root, clock } = start({
      onFact: null,
      children: [{ id: "a", start: deafWorker, name: "a", shutdownMs: "infinity" }],
    });
    const worker = find(root, "a");
    const stopped = stop(root, shutdown(), { timeoutMs: 100 });
    await clock.advance(99);
    expect(isAlive(worker)).toBe(true);
    await clock.advance(1);
    expect([await stopped, exitOf(worker)]).toEqual([killed, killed]);
  });

  it("leaves no timer where it was not needed", async () => {
    const { root, clock } = start({ children: [{ id: "a", start: slowWorker(10) }] });
    const stopped = stop(root, shutdown(), { timeoutMs: 100 });
    await clock.advance(10);
    expect(await stopped).toEqual(shutdown());
    expect(clock.pending).toBe(0);
  });
});

describe("an actor that a machine invoked", () => {
  const parent = (logic: AnyActorLogic) =>
    setup({ actors: { child: logic } }).createMachine({
      initial: "on",
      invoke: { src: "child", id: "child", systemId: "child", onDone: ".done", onError: ".failed" },
      states: { on: { on: { "actor.exit": "foreign" } }, foreign: {}, done: {}, failed: {} },
    });
  const listening = fromCallback(({ self, receive }) =>
    receive((event) => exit(self, (event as never as { exit: never }).exit)),
  );
  const outcomeOf = (act: (child: AnyActorRef) => void) => {
    const root = createActor(parent(listening)).start();
    const child = find(root, "child");
    act(child);
    return [exitOf(child), root.getSnapshot().value];
  };
  it("ends by exit(self, reason), and its machine receives what XState sends for it", () => {
    expect(outcomeOf((child) => child.send({ type: "end", exit: normal }))).toEqual([normal, "done"]);
    expect(outcomeOf((child) => child.send({ type: "end", exit: crash("no") }))).toEqual([crash("no"), "failed"]);
  });
  it("ends by an exit signal", () => {
    expect(outcomeOf((child) => exitSignal(child, killed))).toEqual([killed, "failed"]);
    expect(outcomeOf((child) => exitSignal(child, shutdown("x")))).toEqual([shutdown("x"), "done"]);
    expect(outcomeOf((child) => exitSignal(child, normal))).toEqual([undefined, "on"]);
  });
});

describe("an actor that traps exits", () => {
  it("receives an exit signal as an event, with its reason and its sender", () => {
    const heard: unknown[] = [];
    const logic = Object.assign(
      fromTransition((state: number, event: { type: string }) => {
        heard.push(event);
        return state;
      }, 0),
      { trapsExit: true },
    );
    const { root } = start({ children: [{ id: "a", start: logic, name: "a" }] });
    const stranger = createActor(worker);
    exitSignal(find(root, "a"), shutdown("x"), stranger);
    exitSignal(find(root, "a"), normal);
    expect(heard).toEqual([
      { type: "actor.signal", exit: shutdown("x"), from: stranger },
      { type: "actor.signal", exit: normal, from: undefined },
    ]);
    expect(isAlive(find(root, "a"))).toBe(true);
  });
});

describe("what a supervisor without a listener logs", () => {
  it("is one line for each crash, and one when it gives up", async () => {
    const { root, lines, clock } = start({ intensity: 1, children: [{ id: "a", start: worker, name: "a" }] });
    for (let i = 0; i < 2; i++) {
      find(root, "a").send({ type: "crash" });
      await clock.advance(0);
    }
    expect(exitOf(root)).toEqual(shutdown());
    expect(lines).toEqual([
      "supervisor app: child a crashed: Error: boom, restarts",
      "supervisor app: child a crashed: Error: boom, restarts",
      "supervisor app: more restarts than its intensity allows; it stops its children and exits",
    ]);
  });

  it("is one line for a failed boot, with the innermost cause", () => {
    const inner = supervisor({
      onFact: null,
      children: [{ id: "db", start: () => ({ error: new Error("no disk") }) }],
    });
    const { lines } = start({ children: [{ id: "data", start: inner }] });
    expect(lines).toEqual([
      "supervisor app: did not boot: child data did not start: child db did not start: Error: no disk",
    ]);
  });

  it("is one line for options that are wrong, also where there are none", () => {
    expect(start({ strategy: "one_for_al" as never, children: [] }).lines).toEqual([
      'supervisor app: did not boot: strategy must be one of one_for_one, one_for_all, rest_for_one, simple_one_for_one, got "one_for_al". Did you mean "one_for_all"?',
    ]);
    for (const nothing of [undefined, null, 5]) {
      const { root } = start(nothing as never);
      expect(exitOf(root)).toMatchObject({ kind: "crash", error: { reason: { bad_return: nothing } } });
    }
  });

  it("is nothing with onFact: null, nor for what ends normally", async () => {
    const silent = start({ onFact: null, children: [{ id: "a", start: worker, name: "a" }] });
    find(silent.root, "a").send({ type: "crash" });
    const tidy = start({ children: [{ id: "a", start: worker, name: "a", restart: "transient" }] });
    find(tidy.root, "a").send({ type: "finish" });
    await stop(tidy.root);
    expect([...silent.lines, ...tidy.lines]).toEqual([]);
  });

  it("names a key of a spec that nobody reads, once", async () => {
    const spec = { id: "a", start: worker, shutdwn: 5 };
    const lines: string[] = [];
    const app = supervisor({ intensty: 3, children: [spec] } as never);
    for (let i = 0; i < 2; i++) createActor(app, { logger: (line) => lines.push(line) }).start();
    expect(lines).toEqual([
      'intensty is not an option and is ignored. Did you mean "intensity"?',
      'children[0].shutdwn is not an option and is ignored. Did you mean "shutdown"?',
    ]);
    const pool = dynamicSupervisor({ start: worker, maxChilden: 5 } as never);
    for (let i = 0; i < 2; i++) createActor(pool, { logger: (line) => lines.push(line) }).start();
    expect(lines.slice(2)).toEqual(['maxChilden is not an option and is ignored. Did you mean "maxChildren"?']);
  });

  it("names a key that a start function returns and that has no meaning, once for all its starts", async () => {
    const lines: string[] = [];
    const logger = (line: string) => lines.push(line);
    const start = () => ({ logic: worker, restrt: "temporary", restart: "transient" }) as never;
    const pool = createActor(dynamicSupervisor({ start }), { logger }).start();
    for (let i = 0; i < 3; i++) spawn(pool, i);
    expect(lines.splice(0)).toEqual(['start().restrt is not an option and is ignored. Did you mean "restart"?']);
    const children = ["a", "b"].map((id) => ({ id, start, name: id }));
    const app = createActor(supervisor({ intensity: 9, children }), { logger }).start();
    find(app, "a").send({ type: "finish" });
    expect(lines.splice(0)).toEqual([
      "a: start().restrt is not an option and is ignored. There is: logic, input, info",
      "a: start().restart is not an option and is ignored. There is: logic, input, info", // of the spec, where a supervisor is ordinary
      "b: start().restrt is not an option and is ignored. There is: logic, input, info",
      "b: start().restart is not an option and is ignored. There is: logic, input, info",
    ]);
    const silent = createActor(dynamicSupervisor({ start, onFact: null }), { logger }).start();
    expect([spawn(silent, 1).ok, lines]).toEqual([true, []]);
  });

  it("names what a template cannot have", () => {
    const lines: string[] = [];
    const options = { start: worker, name: "x", input: 1, run: async () => {}, strategy: "one_for_all", children: [] };
    createActor(dynamicSupervisor(options as never), { logger: (line) => lines.push(line) }).start();
    expect(lines.map((line) => line.split(" ")[0])).toEqual(["name", "input", "run", "strategy", "children"]);
    const { start: _, ...without } = options;
    const bad = createActor(dynamicSupervisor(without as never), { logger: () => {} }).start();
    expect(exitOf(bad)).toMatchObject({ error: { reason: { start_spec: "missing_start" } } });
  });

  it("says that logic was given in the place of a spec, of options, or of what start returns", async () => {
    const { root, lines } = start({ children: [] });
    expect(await startChild(root, worker as never)).toMatchObject({
      error: { bad_spec: { message: "the child must be a child spec: { id, start, ... }, not actor logic itself" } },
    });
    start({ children: [worker as never] });
    expect(await startChild(root, { id: "a", start: (() => worker) as never })).toMatchObject({
      error: { start_failed: { message: "start must return { logic, input }, not actor logic itself" } },
    });
    expect(lines).toEqual([
      "supervisor app: child a did not start: start must return { logic, input }, not actor logic itself",
    ]);
    for (const logic of [supervisor(worker as never), dynamicSupervisor(worker as never)] as AnyActorLogic[])
      expect(exitOf(createActor(logic, { logger: () => {} } as never).start() as AnyActorRef)).toMatchObject({
        error: { reason: { bad_return: worker } },
      });
  });

  it("says that an async start is one", async () => {
    const { root } = start({ onFact: null, children: [] });
    const answer = await startChild(root, { id: "a", start: (async () => ({ logic: worker })) as never });
    expect(answer).toMatchObject({
      error: { start_failed: { message: /^start must return { logic, input } at once, not a promise/ } },
    });
  });
});

describe("observe", () => {
  it("is called with the facts of the whole tree, until it is unsubscribed", async () => {
    const pool = dynamicSupervisor<number>({ start: worker, onFact: null });
    const inner = supervisor({ onFact: null, children: [{ id: "pool", start: pool, name: "pool" }] });
    const root = createActor(supervisor({ onFact: null, children: [{ id: "inner", start: inner }] }), { id: "app" });
    const heard: string[] = [];
    const { unsubscribe } = observe(root, ({ supervisor, type, id }) => heard.push(`${supervisor.id} ${type} ${id}`));
    root.start();
    await startChild(find(root, "pool"), 1);
    unsubscribe();
    await startChild(find(root, "pool"), 2);
    expect(heard).toEqual(["inner child.started pool", "app child.started inner", "pool child.started 1"]);
  });

  it("hears nothing of other trees of the same system, and breaks nothing when it throws", () => {
    const { root, lines } = start({
      onFact: null,
      children: [
        { id: "a", start: supervisor({ children: [{ id: "b", start: worker, name: "b" }], onFact: null }), name: "a" },
      ],
    });
    const heard: string[] = [];
    observe(find(root, "a"), ({ type }) => heard.push(type));
    observe(root, () => {
      throw new Error("observer");
    });
    exitSignal(find(root, "b"), killed);
    expect(heard).toEqual(["child.exited", "child.started"]);
    expect(lines).toEqual(["Error: observer", "Error: observer"]);
  });
});

describe("up", () => {
  it("starts a tree and resolves with it when all of it is up", async () => {
    const app = await up(createActor(supervisor({ children: [{ id: "a", start: worker, name: "a" }] })));
    expect(isAlive(find(app, "a"))).toBe(true);
  });

  it("rejects when it does not boot, with the sentence and the exit", async () => {
    const bad = createActor(
      supervisor({ onFact: null, children: [{ id: "a", start: () => ({ error: "no disk" }) }] }),
      { id: "app" },
    );
    await expect(up(bad)).rejects.toMatchObject({
      name: "BootError",
      message: "app did not boot: child a did not start: no disk",
      exit: shutdown({ failed_to_start_child: "a", reason: "no disk" }),
    });
    await expect(up(bad)).rejects.toThrow("did not boot");
  });
});

describe("a child that says when it is ready", () => {
  const connecting = (ms: number) =>
    setup({ delays: { ms } }).createMachine({
      initial: "connecting",
      states: { connecting: { after: { ms: "connected" } }, connected: {} },
      on: {
        crash: {
          actions: () => {
            throw new Error("lost");
          },
        },
      },
    });
  const ready = (snapshot: { matches: (state: string) => boolean }): boolean => snapshot.matches("connected");
  const database = { id: "db", name: "db", start: connecting(300), ready: ready as never };
  const server = { id: "server", name: "server", start: worker };

  it("makes the next one wait, at the boot and at every restart", async () => {
    const { root, clock } = start({ strategy: "rest_for_one", onFact: null, children: [database, server] });
    const isServing = () => root.system.get("server") !== undefined;
    const booted = up(root);
    await clock.advance(299);
    expect(isServing()).toBe(false);
    await clock.advance(1);
    expect(isServing()).toBe(true);
    expect(await booted).toBe(root);
    find(root, "db").send({ type: "crash" });
    await clock.advance(299);
    expect(isServing()).toBe(false);
    await clock.advance(1);
    expect(isServing()).toBe(true);
  });

  it("makes the supervisors above wait too", async () => {
    const inner = supervisor({ onFact: null, children: [database] });
    const { root, clock } = start({ onFact: null, children: [{ id: "inner", start: inner }, server] });
    expect(root.system.get("server")).toBeUndefined();
    await clock.advance(300);
    expect(isAlive(find(root, "server"))).toBe(true);
  });

  it("has failed to start when it is not ready in time, or ends before", async () => {
    const late = start({ onFact: null, children: [{ ...database, readyMs: 100 }] });
    const booted = up(late.root);
    booted.catch(() => {});
    await late.clock.advance(100);
    await expect(booted).rejects.toThrow("child db did not start: timeout");
    const broken = start({ onFact: null, children: [database] });
    find(broken.root, "db").send({ type: "crash" });
    expect(exitOf(broken.root)).toMatchObject({
      reason: { failed_to_start_child: "db", reason: { error: { message: "lost" } } },
    });
    expect([late.clock.pending, broken.clock.pending]).toEqual([0, 0]);
  });

  it("is waited for by who starts it in a dynamic supervisor, and not by who spawns it", async () => {
    const clock = manualClock();
    const pool = createActor(
      dynamicSupervisor<number>({ start: connecting(300), ready: ready as never, onFact: null }),
      { clock },
    ).start();
    let started = 0;
    startChild(pool, 1).then(() => started++);
    startChild(pool, 2).then(() => started++);
    await clock.advance(300);
    expect(started).toBe(1);
    await clock.advance(300);
    expect(started).toBe(2);
    expect(isAlive(must(spawn(pool, 3))!)).toBe(true);
    await stop(pool);
    expect(clock.pending).toBe(0);
  });

  it("leaves no timer where its supervisor is killed while it waits", async () => {
    const { root, clock } = start({ onFact: null, children: [database] });
    root.stop();
    await clock.advance(0);
    expect(clock.pending).toBe(0);
  });
});
