import { describe, expect, it } from "vitest";
import { type AnyActorRef, createActor, fromCallback, fromPromise, fromTransition, setup } from "xstate";
import { manualClock } from "#src/testing/manual-clock";
import {
  countChildren,
  deleteChild,
  dynamicSupervisor,
  type Exit,
  exit,
  exitOf,
  exitSignal,
  type Incarnation,
  isAlive,
  killed,
  normal,
  printTree,
  restartChild,
  resume,
  type SpecError,
  type SupervisorLogic,
  type SupervisorOptions,
  shutdown,
  startChild,
  stop,
  supervisor,
  suspend,
  terminateChild,
  tree,
  whichChildren,
} from "#supervisors/otp/index";
import { boom, find, listener, must, slowWorker, worker } from "./support.ts";

const clock = manualClock();
const quiet = { clock, logger: () => {} };
const start = (options: SupervisorOptions) => createActor(supervisor(options), quiet).start();

describe("a name", () => {
  it("leads to the present incarnation, also after a restart", () => {
    const root = start({ children: [{ id: "a", start: worker, name: "cache" }] });
    const first = find(root, "cache");
    first.send({ type: "crash" });
    expect(find(root, "cache")).not.toBe(first);
    expect(isAlive(first)).toBe(false);
    expect(isAlive(find(root, "cache"))).toBe(true);
  });

  it("that is taken makes the start fail", async () => {
    const root = start({ children: [{ id: "a", start: worker, name: "cache" }] });
    const answer = await startChild(root, { id: "b", start: worker, name: "cache" });
    expect(answer).toEqual({ ok: false, error: { already_started: find(root, "cache") } });
  });
});

describe("an exit", () => {
  const exitAfter = (
    act: (child: ReturnType<typeof find>) => void,
    logic: SupervisorOptions["children"][number]["start"] = worker,
  ): Exit | undefined => {
    const root = start({ children: [{ id: "a", start: logic, name: "a", restart: "temporary" }] });
    const child = find(root, "a");
    act(child);
    return exitOf(child);
  };

  it("is undefined while the actor runs", () => expect(exitAfter(() => {})).toBeUndefined());
  it("is the output, where that is an exit", () =>
    expect(exitAfter((child) => child.send({ type: "finish", exit: shutdown("enough") }))).toEqual(shutdown("enough")));
  it("is normal for anything else done", () =>
    expect(exitOf({ status: "done", output: 42, error: undefined })).toEqual(normal));
  it("is crash for an error", () => expect(exitAfter((child) => child.send({ type: "crash" }))).toMatchObject(boom));
  it("is the error, where that is an exit", () =>
    expect(exitOf({ status: "error", output: undefined, error: shutdown("x") })).toEqual(shutdown("x")));
  it("is killed for one that was killed", () =>
    expect(exitAfter((child) => exitSignal(child, killed))).toEqual(killed));
  it("is shutdown for one that was just stopped", () =>
    expect(exitOf({ status: "stopped", output: undefined, error: undefined })).toEqual(shutdown()));

  it("is what a callback or a reducer says of itself", () => {
    const callback = fromCallback(({ self, receive }) => receive(() => exit(self as never, shutdown("said so"))));
    const reducer = fromTransition((state, _event, { self }) => {
      exit(self as never, shutdown("said so"));
      return state;
    }, 0);
    for (const logic of [callback, reducer])
      expect(exitAfter((child) => child.send({ type: "any" }), logic as never)).toEqual(shutdown("said so"));
  });

  it("signal is ignored by all when normal, and by those that trap exits unless it kills", () => {
    expect(exitAfter((child) => exitSignal(child, normal))).toBeUndefined();
    expect(exitAfter((child) => exitSignal(child, boom))).toEqual(boom);
    expect(exitAfter((child) => exitSignal(child, boom), slowWorker(10))).toBeUndefined();
    expect(exitAfter((child) => exitSignal(child, killed), slowWorker(10))).toEqual(killed);
  });
});

describe("a child that throws", () => {
  /** A machine with a live callback below it, which XState would leave running. */
  const withOrphan = (cleaned: { count: number }) => {
    const grandchild = fromCallback(() => () => {
      cleaned.count++;
    });
    const fail = (): never => {
      throw new Error("boom");
    };
    return setup({
      types: { context: {} as { n: number } },
      actors: { grandchild },
      actions: { fail },
      guards: { fail },
    }).createMachine({
      context: { n: 0 },
      invoke: { src: "grandchild" },
      on: {
        action: { actions: "fail" },
        guard: { guard: "fail", actions: () => {} },
        assign: { actions: [fail] },
      },
    });
  };

  it.each(["action", "guard", "assign"])("in its %s is restarted, and leaves no orphan", (type) => {
    const cleaned = { count: 0 };
    const { onFact, lines } = listener();
    const root = start({ children: [{ id: "a", start: withOrphan(cleaned), name: "a" }], onFact });
    find(root, "a").send({ type });
    expect(lines).toEqual(["a started", "a exited crash, again in 0", "a started"]);
    expect(cleaned.count).toBe(1);
  });

  it("in its context factory or its first action has failed to start", async () => {
    const fail = (): never => {
      throw new Error("boom");
    };
    const root = start({ children: [] });
    const context = setup({ types: { context: {} as object } }).createMachine({ context: fail });
    const entry = setup({ actions: { fail } }).createMachine({ entry: "fail" });
    for (const logic of [context, entry]) {
      expect(await startChild(root, { id: "a", start: logic })).toMatchObject({
        ok: false,
        error: { start_failed: boom },
      });
    }
    expect(must(await countChildren(root)).specs).toBe(0);
  });

  it("reaches the supervisor when it is a rejected promise", async () => {
    const { onFact, lines } = listener();
    start({
      children: [{ id: "a", start: fromPromise(() => Promise.reject(new Error("boom"))), restart: "temporary" }],
      onFact,
    });
    await clock.advance(0);
    expect(lines).toEqual(["a started", "a exited crash"]);
  });
});

describe("an observer that throws", () => {
  it("loses no event, and others still hear", () => {
    const root = start({ children: [{ id: "a", start: worker, name: "a" }] });
    const seen: string[] = [];
    root.system.inspect(() => {
      throw new Error("bad inspector");
    });
    root.system.inspect((event) => seen.push(event.type));
    find(root, "a").send({ type: "finish" });
    expect(seen).toContain("@xstate.event");
    expect(isAlive(find(root, "a"))).toBe(true); // restarted
  });

  it("changes nothing when it listens to facts", () => {
    const root = start({
      children: [{ id: "a", start: worker, name: "a" }],
      onFact: () => {
        throw new Error("bad listener");
      },
    });
    expect(isAlive(find(root, "a"))).toBe(true);
  });
});

describe("wrong flags and specs", () => {
  const faultOf = (options: object): SpecError<unknown> => {
    const root = start(options as SupervisorOptions);
    const exit = exitOf(root);
    expect(exit?.kind).toBe("crash");
    return (exit as unknown as { error: SpecError<unknown> }).error;
  };

  it.each([
    {
      options: { strategy: "one_for_al", children: [] },
      reason: { supervisor_data: { invalid_strategy: "one_for_al" } },
      sentence:
        'strategy must be one of one_for_one, one_for_all, rest_for_one, simple_one_for_one, got "one_for_al". Did you mean "one_for_all"?',
    },
    {
      options: { intensity: -1, children: [] },
      reason: { supervisor_data: { invalid_intensity: -1 } },
      sentence: "intensity must be a whole number of restarts, 0 or more, got -1",
    },
    {
      options: { period: 0, children: [] },
      reason: { supervisor_data: { invalid_period: 0 } },
      sentence: "period must be a whole number of seconds, 1 or more, got 0",
    },
    {
      options: { children: [{ start: worker }] },
      reason: { start_spec: "missing_id" },
      sentence: "children[0].id is missing",
    },
    {
      options: {},
      reason: { bad_start_spec: undefined },
      sentence: "children must be a list of child specs",
    },
    {
      options: { children: [{ id: "a", logic: worker }] },
      reason: { start_spec: "missing_start" },
      sentence: "children[0].start is missing. It is actor logic, or a function that returns { logic, input }",
    },
    {
      options: { children: [null] },
      reason: { start_spec: { invalid_child_spec: null } },
      sentence: "children[0] must be a child spec: { id, start, ... }, got null",
    },
    {
      options: { children: [{ id: 7, start: worker }] },
      reason: { start_spec: { invalid_id: 7 } },
      sentence: "children[0].id must be a text, got 7",
    },
    {
      options: { children: [{ id: "a", start: worker, name: 7 }] },
      reason: { start_spec: { invalid_name: 7 } },
      sentence: "children[0].name must be a text, got 7",
    },
    {
      options: { children: [{ id: "a", start: worker, shutdownMs: Number.POSITIVE_INFINITY }] },
      reason: { start_spec: { invalid_shutdown: Number.POSITIVE_INFINITY } },
      sentence:
        'children[0].shutdownMs must be whole milliseconds, "infinity" or "brutal_kill", got Infinity. Did you mean "infinity"?',
    },
    {
      options: { strategy: "simple_one_for_one" },
      reason: { bad_start_spec: undefined },
      sentence: "children must hold exactly one spec under simple_one_for_one: the template of all children",
    },
    {
      options: { children: [{ id: "a" }] },
      reason: { start_spec: "missing_start" },
      sentence: "children[0].start is missing. It is actor logic, or a function that returns { logic, input }",
    },
    {
      options: { children: [{ id: "a", start: worker, restart: "allways" }] },
      reason: { start_spec: { invalid_restart_type: "allways" } },
      sentence: 'children[0].restart must be one of permanent, transient, temporary, got "allways"',
    },
    {
      options: {
        children: [
          { id: "a", start: worker },
          { id: "a", start: worker },
        ],
      },
      reason: { start_spec: { duplicate_child_name: "a" } },
      sentence: 'children[1].id must differ from the ids before it, got "a"',
    },
    {
      options: { children: [{ id: "a", start: worker, significant: true, restart: "transient" }] },
      reason: { start_spec: { bad_combination: [{ auto_shutdown: "never" }, { significant: true }] } },
      sentence: "children[0].significant can only be true where the supervisor's autoShutdown is not never",
    },
    {
      options: { children: [{ id: "a", start: worker, restartDelay: { strategy: "sometimes" } }] },
      reason: { start_spec: { invalid_restart_delay: { strategy: "sometimes" } } },
      sentence: 'children[0].restartDelay must be a function, or backoff options, got {"strategy":"sometimes"}',
    },
  ])("say OTP's reason and a sentence: $sentence", ({ options, reason, sentence }) => {
    const fault = faultOf(options);
    expect(fault.reason).toEqual(reason);
    expect(fault.message).toBe(sentence);
  });

  it("make the start of the parent fail", () => {
    const root = start({
      children: [
        { id: "a", start: worker },
        { id: "s", start: supervisor({ intensity: -1, children: [] }) },
      ],
    });
    expect(exitOf(root)).toMatchObject({
      kind: "shutdown",
      reason: { failed_to_start_child: "s", reason: { kind: "crash", error: { path: "intensity" } } },
    });
  });
});

describe("a call", () => {
  it("to a dead supervisor answers noproc, and never hangs", async () => {
    const root = start({ children: [] });
    await stop(root);
    const calls = [
      startChild(root, { id: "a", start: worker }),
      terminateChild(root, "a"),
      restartChild(root, "a"),
      deleteChild(root, "a"),
      whichChildren(root),
      countChildren(root),
    ];
    for (const answer of await Promise.all(calls)) expect(answer).toEqual({ ok: false, error: "noproc" });
  });

  it("to an actor that is not a supervisor answers noproc", async () => {
    expect(await countChildren(createActor(worker).start())).toEqual({ ok: false, error: "noproc" });
  });

  it("to a supervisor that is not started answers noproc, and to stop it there is nothing to do", async () => {
    for (const logic of [supervisor({ children: [] }), dynamicSupervisor({ start: worker })]) {
      const root = createActor(logic as SupervisorLogic);
      expect(await countChildren(root)).toEqual({ ok: false, error: "noproc" });
      expect(await stop(root)).toEqual(shutdown());
      root.start();
      expect(await countChildren(root)).toMatchObject({ ok: true });
    }
  });

  it.each([undefined, null, 42, "a", []])("with %j for a spec is refused, and changes nothing", async (junk) => {
    const root = start({ children: [{ id: "a", start: worker }] });
    expect(await startChild(root, junk as never)).toMatchObject({
      ok: false,
      error: { bad_spec: { reason: { invalid_child_spec: junk } } },
    });
    expect(await countChildren(root)).toMatchObject({ value: { specs: 1, active: 1 } });
  });

  it.each([undefined, null, 42, {}, "nobody"])("for the child %j, that is none, is refused", async (nobody) => {
    const ordinary = start({ children: [] });
    const dynamic = createActor(dynamicSupervisor({ start: worker })).start();
    for (const call of [terminateChild, restartChild, deleteChild]) {
      expect(await call(ordinary, nobody as string)).toEqual({ ok: false, error: "not_found" });
      expect(await call(dynamic, nobody as string)).toEqual({ ok: false, error: "simple_one_for_one" });
    }
  });

  it("that is still in the mailbox when the supervisor dies answers noproc", async () => {
    const root = start({ children: [{ id: "a", start: worker }] });
    suspend(root);
    const answer = countChildren(root);
    exitSignal(root, killed);
    expect(await answer).toEqual({ ok: false, error: "noproc" });
    expect(exitOf(root)).toEqual(killed);
  });

  it("starts, stops, restarts and forgets a child", async () => {
    const root = start({ children: [] });
    const first = must(await startChild(root, { id: "a", start: worker }));
    expect(await startChild(root, { id: "a", start: worker })).toEqual({
      ok: false,
      error: { already_started: first },
    });
    expect(must(await terminateChild(root, "a"))).toBeUndefined();
    expect(await deleteChild(root, "b")).toEqual({ ok: false, error: "not_found" });
    expect(isAlive(must(await restartChild(root, "a"))!)).toBe(true);
    expect(await restartChild(root, "a")).toEqual({ ok: false, error: "running" });
    await terminateChild(root, "a");
    must(await deleteChild(root, "a"));
    expect(must(await whichChildren(root))).toEqual([]);
  });

  it("waits for its turn while a child takes its time to stop", async () => {
    const root = start({
      children: [
        { id: "slow", start: slowWorker(100) },
        { id: "a", start: worker },
      ],
    });
    const order: string[] = [];
    const calls = [
      terminateChild(root, "slow").then(() => order.push("terminated")),
      countChildren(root).then(() => order.push("counted")),
    ];
    await clock.advance(99);
    expect(order).toEqual([]);
    await clock.advance(1);
    await Promise.all(calls);
    expect(order).toEqual(["terminated", "counted"]);
  });

  it("is answered after one `resume`, however often it was suspended, also while it was busy", async () => {
    for (const isBusy of [false, true]) {
      const root = start({ children: [{ id: "slow", start: slowWorker(100) }] });
      if (isBusy) void terminateChild(root, "slow");
      suspend(root);
      suspend(root);
      const counts = countChildren(root);
      resume(root);
      await clock.advance(100);
      expect(must(await counts)).toMatchObject({ specs: 1 });
      expect(root.getSnapshot().value).toBe("running");
    }
  });
});

describe("stop", () => {
  it("resolves with the exit, and at once for one that is gone", async () => {
    const root = start({ children: [{ id: "a", start: worker, name: "a" }] });
    const child = find(root, "a");
    expect(await stop(root, shutdown("enough"))).toEqual(shutdown("enough"));
    expect(exitOf(child)).toEqual(shutdown());
    expect(await stop(root)).toEqual(shutdown("enough"));
  });

  it("never hangs: a worker that does not trap exits is ended", async () => {
    const root = start({ children: [{ id: "a", start: worker, name: "a", restart: "temporary" }] });
    expect(await stop(find(root, "a"))).toEqual(shutdown());
  });

  it("is also understood as the bare event", () => {
    const root = start({ children: [{ id: "a", start: worker }] });
    root.send({ type: "actor.shutdown" });
    expect(exitOf(root)).toEqual(shutdown());
  });
});

describe("a supervisor whose options throw", () => {
  it("crashes as a whole, is restarted by the one above, and leaves nobody behind", async () => {
    const restartDelay = (): number => {
      throw new Error("bad delay");
    };
    const inner = supervisor({
      children: [
        { id: "a", start: worker, name: "a", restartDelay },
        { id: "b", start: worker, name: "b" },
      ],
    });
    const root = start({ children: [{ id: "inner", start: inner }] });
    const [a, b] = [find(root, "a"), find(root, "b")];
    a.send({ type: "crash" });
    expect([isAlive(a), isAlive(b), isAlive(find(root, "b"))]).toEqual([false, false, true]);
    expect(must(await whichChildren(root))).toMatchObject([{ restarts: 1, history: [{ exit: { kind: "crash" } }] }]);
  });
});

describe("what no recording notices", () => {
  it("a child that is dead, and whose exit is still unread, is not active", async () => {
    const root = start({
      children: [
        { id: "a", start: worker, name: "a" },
        { id: "b", start: worker },
      ],
    });
    suspend(root);
    const counts = countChildren(root);
    find(root, "a").send({ type: "finish" });
    resume(root);
    expect(must(await counts)).toEqual({ specs: 2, active: 1, supervisors: 0, workers: 2 });
  });

  it("a group pass leaves no sibling restarting, also where it ends at a start that fails", async () => {
    let starts = 0;
    const failsOnce = () => (++starts === 2 ? { error: "boom" } : { logic: worker });
    const children = [
      {
        id: "a",
        name: "a",
        start: failsOnce,
        restartDelay: (_: Exit, { restarts }: Incarnation) => (restarts === 0 ? 0 : 1000),
      },
      { id: "b", name: "b", start: worker, restartDelay: () => 600 },
    ];
    const { onFact, lines } = listener();
    const root = start({ strategy: "one_for_all", intensity: 9, children, onFact });
    const states = async () => must(await whichChildren(root)).map(({ id, state }) => `${id} ${state}`);
    find(root, "b").send({ type: "crash" });
    expect(await states()).toEqual(["b restarting", "a alive"]);
    find(root, "a").send({ type: "crash" }); // takes b into its pass, fails to start, and ends the pass
    expect(await states()).toEqual(["b stopped", "a restarting"]);
    lines.length = 0;
    await clock.advance(999); // b's own delay passes, and is stale
    expect(lines).toEqual([]);
    await clock.advance(1);
    expect(lines).toEqual(["a started", "b started"]);
  });
});

describe("a tree", () => {
  it("can be printed, with the restarts of each child", async () => {
    const root = createActor(
      supervisor({
        children: [
          { id: "cache", start: worker, name: "cache" },
          {
            id: "servers",
            start: supervisor({ children: [{ id: "one", start: worker, restart: "transient", name: "one" }] }),
          },
        ],
      }),
      { clock, id: "app" },
    ).start();
    find(root, "cache").send({ type: "crash" });
    find(root, "one").send({ type: "finish" });
    expect(printTree((await tree(root))!)).toBe(
      [
        "app",
        "|- cache    worker      alive, 1 restart",
        "`- servers  supervisor  alive",
        "   `- one   worker      stopped",
      ].join("\n"),
    );
  });

  it("remembers when, why and how long after each child was restarted", async () => {
    const root = start({ intensity: 9, children: [{ id: "a", start: worker, name: "a" }] });
    const began = clock.now();
    await clock.advance(250);
    find(root, "a").send({ type: "crash" });
    await clock.advance(100);
    find(root, "a").send({ type: "finish" });
    const [info] = must(await whichChildren(root));
    expect(info).toMatchObject({
      restarts: 2,
      history: [
        { at: began + 250, exit: boom, afterMs: 250 },
        { at: began + 350, exit: normal, afterMs: 100 },
      ],
    });
  });

  it("is seen whole by XState's inspect", () => {
    const ids = new Set<string>();
    const inner = supervisor({ children: [{ id: "leaf", start: worker }] });
    const root = createActor(supervisor({ children: [{ id: "inner", start: inner }] }), {
      clock,
      id: "root",
      inspect: (event) => void ids.add((event.actorRef as AnyActorRef).id),
    });
    root.start();
    expect([...ids]).toEqual(expect.arrayContaining(["root", "inner", "leaf"]));
  });

  it("leaves nobody behind when its root is stopped in XState's way", () => {
    const inner = supervisor({ children: [{ id: "leaf", start: worker, name: "leaf" }] });
    const root = start({
      children: [
        { id: "a", start: worker, name: "a" },
        { id: "inner", start: inner },
      ],
    });
    const all = ["a", "leaf"].map((name) => find(root, name));
    root.stop();
    expect(all.map((actor) => exitOf(actor))).toEqual([killed, shutdown()]);
  });

  it("boots and stops with 300 levels", async () => {
    let logic: SupervisorLogic = supervisor({ children: [{ id: "leaf", start: worker, name: "leaf" }] });
    for (let level = 0; level < 300; level++) logic = supervisor({ children: [{ id: "below", start: logic }] });
    const root = createActor(logic, { clock }).start();
    const leaf = find(root, "leaf");
    expect(isAlive(leaf)).toBe(true);
    await stop(root);
    expect(exitOf(leaf)).toEqual(shutdown());
  });
});
