import { describe, expect, it } from "vitest";
import { type AnyActorRef, createActor, fromCallback, fromTransition, setup } from "xstate";
import { manualClock } from "#src/testing/manual-clock";
import {
  ask,
  countChildren,
  crash,
  dispatch,
  dynamicSupervisor,
  type Exit,
  exited,
  exitOf,
  exitSignal,
  isAlive,
  keys,
  killed,
  lookup,
  mapTasks,
  monitor,
  normal,
  partition,
  partitionSupervisor,
  partitions,
  ref,
  register,
  registry,
  shutdown,
  startChild,
  stop,
  supervisor,
  sys,
  task,
  taskSupervisor,
  terminateChild,
  unregister,
  watch,
  whichChildren,
} from "#supervisors/otp/index";
import { deafWorker, find, must, worker } from "./support.ts";

const clock = manualClock();
const quiet = { clock, logger: () => {} };
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
/** An actor that collects what it receives. */
function ear(): { actor: AnyActorRef; heard: { type: string }[] } {
  const heard: { type: string }[] = [];
  const logic = fromTransition((state: number, event: { type: string }) => {
    heard.push(event);
    return state;
  }, 0);
  return { actor: createActor(logic, quiet).start(), heard };
}
const root = (logic = worker) => createActor(logic, quiet).start() as AnyActorRef;

describe("ask", () => {
  const counter = fromCallback<{ type: "total"; reply?: (n: number) => void }>(({ receive }) =>
    receive(({ reply }) => reply?.(42)),
  );
  const asking = (actor: AnyActorRef, timeoutMs?: number) =>
    ask<number>(actor, (reply) => ({ type: "total", reply }), timeoutMs === undefined ? {} : { timeoutMs });

  it("is answered by the actor", async () => {
    expect(await asking(createActor(counter, quiet).start() as never)).toEqual({ ok: true, value: 42 });
    expect(clock.pending).toBe(0);
  });
  it("is answered noproc by who has ended, and by who ends first", async () => {
    const dead = root();
    dead.send({ type: "finish" });
    expect(await asking(dead)).toEqual({ ok: false, error: "noproc" });
    const dying = root();
    const answer = asking(dying);
    dying.send({ type: "finish" });
    expect(await answer).toEqual({ ok: false, error: "noproc" });
  });
  it("is answered noproc where a name leads to no actor, as monitor and exited are", async () => {
    const nobody = root().system.get("nobody") as AnyActorRef;
    expect(await asking(nobody)).toEqual({ ok: false, error: "noproc" });
    const { actor, heard } = ear();
    monitor(actor, nobody);
    expect(heard).toEqual([{ type: "actor.down", actor: undefined, exit: crash("noproc") }]);
    expect([await exited(nobody), await stop(nobody), isAlive(nobody)]).toEqual([crash("noproc"), shutdown(), false]);
    expect([register(nobody, actor, "k"), lookup(nobody, "k")]).toEqual([{ ok: false, error: "noproc" }, []]);
  });
  it("is over after 5 s, or when it is told", async () => {
    const answers = [asking(root()), asking(root(), 100)];
    const order: number[] = [];
    for (const [i, answer] of answers.entries()) answer.then(({ ok }) => !ok && order.push(i));
    await clock.advance(100);
    expect(order).toEqual([1]);
    await clock.advance(4900);
    expect(order).toEqual([1, 0]);
  });
});

describe("monitor and exited", () => {
  it.each<[string, (a: AnyActorRef) => void, Exit]>([
    ["done", (a) => a.send({ type: "finish" }), normal],
    ["killed", (a) => exitSignal(a, killed), killed],
    ["shut down", (a) => exitSignal(a, shutdown("x")), shutdown("x")],
  ])("tell the exit once, also of who has ended already: %s", async (_, end, exit) => {
    const { actor, heard } = ear();
    const other = root();
    monitor(actor, other);
    monitor(actor, other).unsubscribe();
    const ended = exited(other);
    end(other);
    monitor(actor, other);
    expect(heard).toEqual([
      { type: "actor.down", actor: other, exit },
      { type: "actor.down", actor: other, exit },
    ]);
    expect([await ended, await exited(other)]).toEqual([exit, exit]);
  });
});

describe("a registry", () => {
  const start = (kind: "unique" | "duplicate" = "unique") =>
    createActor(registry({ keys: kind }), quiet).start() as AnyActorRef;

  it("has one actor for a unique key, and says who has it", () => {
    const names = start();
    const [a, b] = [root(), root()];
    expect(register(names, a, "k", 1)).toEqual({ ok: true, value: a });
    expect(register(names, b, "k")).toEqual({ ok: false, error: { already_registered: a } });
    expect([lookup(names, "k"), keys(names, a), keys(names, b)]).toEqual([[{ actor: a, value: 1 }], ["k"], []]);
    unregister(names, a, "k");
    expect(lookup(names, "k")).toEqual([]);
    expect(register(names, b, "k").ok).toBe(true);
  });

  it("forgets who has ended, and is empty when it has ended itself", async () => {
    const names = start();
    const a = root();
    register(names, a, "k");
    a.send({ type: "finish" });
    expect([lookup(names, "k"), keys(names, a)]).toEqual([[], []]);
    expect(register(names, a, "k")).toEqual({ ok: false, error: "noproc" });
    const b = root();
    register(names, b, "k");
    await stop(names);
    expect([lookup(names, "k"), register(names, b, "k").ok]).toEqual([[], false]);
  });

  it("takes an actor that registers itself in the function of its context, and forgets one that fails there", async () => {
    let isBroken = false;
    const heard: string[] = [];
    const member = setup({}).createMachine({
      context: ({ self }) => {
        register(self.system.get("names") as AnyActorRef, self, "k");
        if (isBroken) throw new Error("broken");
        return {};
      },
      on: { hello: { actions: () => heard.push("hello") } },
    });
    const app = createActor(
      supervisor({
        intensity: 9,
        children: [
          { id: "names", name: "names", start: registry() },
          { id: "member", name: "member", start: member, restartDelay: () => 1000 },
        ],
      }),
      quiet,
    ).start();
    const names = app.system.get("names") as AnyActorRef;
    dispatch(names, "k", { type: "hello" });
    expect([heard, lookup(names, "k")]).toEqual([["hello"], [{ actor: app.system.get("member"), value: undefined }]]);
    isBroken = true;
    exitSignal(app.system.get("member") as AnyActorRef, killed);
    await clock.advance(1000);
    expect(lookup(names, "k")).toEqual([]);
    isBroken = false;
    await clock.advance(1000);
    expect(lookup(names, "k")).toEqual([{ actor: app.system.get("member"), value: undefined }]);
    await stop(app);
  });

  it("dispatches to all under a duplicate key", () => {
    const names = start("duplicate");
    const ears = [ear(), ear()];
    for (const { actor } of ears) register(names, actor, "topic");
    dispatch(names, "topic", { type: "news" });
    expect(ears.map(({ heard }) => heard)).toEqual([[{ type: "news" }], [{ type: "news" }]]);
  });

  it("tells who watches a key of registrations, those that there are first", () => {
    const names = start();
    const { actor, heard } = ear();
    const [a, b] = [root(), root()];
    register(names, a, "k", 1);
    const { unsubscribe } = watch(names, actor, "k");
    a.send({ type: "finish" });
    register(names, b, "k", 2);
    unsubscribe();
    b.send({ type: "finish" });
    expect(heard).toEqual([
      { type: "registry.registered", key: "k", actor: a, value: 1 },
      { type: "registry.unregistered", key: "k", actor: a, value: 1 },
      { type: "registry.registered", key: "k", actor: b, value: 2 },
    ]);
  });

  it("gives a reference that follows a name through incarnations", async () => {
    const app = createActor(supervisor({ children: [{ id: "a", start: worker, name: "a" }] }), quiet).start();
    const a = ref(app.system as never, "a");
    const first = a.actor!;
    expect(a.send({ type: "crash" })).toBe(true);
    expect([isAlive(first), isAlive(a.actor!), a.actor === first]).toEqual([false, true, false]);
    await terminateChild(app, "a");
    expect([a.actor, a.send({ type: "crash" })]).toEqual([undefined, false]);
  });
});

describe("a task", () => {
  const start = (more: object = {}) =>
    createActor(taskSupervisor({ onFact: null, ...more }), quiet).start() as AnyActorRef;

  it("gives its value, and is a child of its supervisor while it runs", async () => {
    const pool = start();
    const one = task(pool, async () => 42);
    expect(must(await countChildren(pool)).active).toBe(1);
    expect([await one.await(), await one.result, await one.yield()]).toEqual([
      42,
      { ok: true, value: 42 },
      { ok: true, value: 42 },
    ]);
    expect(must(await countChildren(pool)).active).toBe(0);
  });
  it("gives its exit where it has no value: crashed, stopped, killed, refused", async () => {
    const pool = start({ maxChildren: 1 });
    const error = new Error("no");
    const failed = task(pool, () => Promise.reject(error));
    await expect(failed.await()).rejects.toBe(error);
    expect(await failed.result).toEqual({ ok: false, error: crash(error) });
    const hanging = task(pool, () => new Promise<never>(() => {}));
    expect(await task(pool, () => 1).result).toEqual({ ok: false, error: crash("max_children") });
    await terminateChild(pool, hanging.actor!);
    expect(await hanging.result).toEqual({ ok: false, error: shutdown() });
    const other = task(pool, () => new Promise<never>(() => {}));
    expect(await other.shutdown("brutal_kill")).toEqual({ ok: false, error: killed });
  });
  it("is aborted when it is shut down", async () => {
    let isAborted = false;
    const one = task(
      start(),
      ({ signal }) =>
        new Promise<never>(() =>
          signal.addEventListener("abort", () => {
            isAborted = true;
          }),
        ),
    );
    await turn();
    expect((await one.shutdown()).ok).toBe(false);
    expect(isAborted).toBe(true);
  });
  it("yields nothing while it runs, and is killed by an await that is over", async () => {
    const one = task(start(), () => new Promise<never>(() => {}));
    const [yielded, awaited] = [one.yield(100), one.await(200)];
    awaited.catch(() => {});
    await clock.advance(100);
    expect([await yielded, isAlive(one.actor!)]).toEqual([undefined, true]);
    await clock.advance(100);
    await expect(awaited).rejects.toThrow("the task ended: timeout");
    expect(await one.result).toEqual({ ok: false, error: killed });
  });
  it("takes its linked caller along, ends with it, and tells one that is to be told", async () => {
    const pool = start();
    const [caller, other] = [root(), root()];
    const { actor, heard } = ear();
    const failing = task(pool, () => Promise.reject(new Error("no")), { link: caller, notify: actor });
    const hanging = task(pool, () => new Promise<never>(() => {}), { link: other });
    await failing.result;
    await turn();
    expect(exitOf(caller)).toMatchObject({ kind: "crash", error: { message: "no" } });
    expect(heard).toMatchObject([{ type: "task.done", task: failing, result: { ok: false } }]);
    other.send({ type: "finish" });
    expect(await hanging.result).toEqual({ ok: false, error: killed });
  });
});

describe("mapTasks", () => {
  const pool = () => createActor(taskSupervisor({ onFact: null }), quiet).start() as AnyActorRef;
  const sleep = (ms: number): Promise<void> => new Promise((resolve) => void clock.setTimeout(resolve, ms));
  async function collect<T>(results: AsyncIterable<T>): Promise<T[]> {
    const all: T[] = [];
    const reading = (async () => {
      for await (const one of results) all.push(one);
    })();
    await clock.drain();
    await reading;
    return all;
  }

  it("runs so many at a time, and gives results in the order of the inputs, crashes among them", async () => {
    let [running, most] = [0, 0];
    const results = await collect(
      mapTasks(
        pool(),
        [50, 10, 30, 20],
        async (ms) => {
          most = Math.max(most, ++running);
          await sleep(ms);
          running--;
          if (ms === 30) throw "thirty";
          return ms;
        },
        { concurrency: 2 },
      ),
    );
    expect(results).toEqual([
      { ok: true, value: 50 },
      { ok: true, value: 10 },
      { ok: false, error: crash("thirty") },
      { ok: true, value: 20 },
    ]);
    expect(most).toBe(2);
  });
  it("gives them as they come where the order does not matter", async () => {
    const results = await collect(
      mapTasks(pool(), [50, 10, 30], async (ms) => sleep(ms).then(() => ms), { ordered: false }),
    );
    expect(results.map((one) => must(one))).toEqual([10, 30, 50]);
  });
  it("kills what takes too long", async () => {
    const results = await collect(
      mapTasks(pool(), [10, 1000], async (ms) => sleep(ms).then(() => ms), { timeoutMs: 100 }),
    );
    expect(results).toEqual([
      { ok: true, value: 10 },
      { ok: false, error: crash("timeout") },
    ]);
  });
  it("reads no further than the consumer does, and ends what runs when the consumer leaves", async () => {
    let read = 0;
    function* endless() {
      for (;;) yield read++;
    }
    const tasks = pool();
    for await (const _ of mapTasks(tasks, endless(), async (n) => n, { concurrency: 3 })) if (read > 5) break;
    expect(read).toBeLessThan(10);
    expect(must(await countChildren(tasks)).active).toBe(0);
  });
});

describe("a dynamic supervisor", () => {
  it("may give each child a spec of its own", async () => {
    const options = {
      restart: "temporary",
      onFact: null,
      start: (own: object) => ({ logic: own === deaf ? deafWorker : worker, ...own }),
    } as const;
    const deaf = { shutdownMs: "brutal_kill" };
    const pool = createActor(dynamicSupervisor<object>(options), quiet).start() as AnyActorRef;
    const begin = async (own: object) => must(await startChild(pool as never, own))!;
    const [permanent, temporary] = [await begin({ restart: "permanent" }), await begin({})];
    for (const child of [permanent, temporary]) child.send({ type: "crash" });
    expect(must(await whichChildren(pool)).map(({ restarts }) => restarts)).toEqual([1]);
    await begin({ type: "supervisor" });
    expect(must(await countChildren(pool))).toMatchObject({ supervisors: 1, workers: 1 });
    const bad = await startChild(pool as never, { restart: "sometimes" });
    expect(bad).toMatchObject({ error: { start_failed: { reason: { invalid_restart_type: "sometimes" } } } });
    const stubborn = await begin(deaf);
    expect([await stop(pool), exitOf(stubborn)]).toEqual([shutdown(), killed]);
  });

  it("lets starts wait for room where it is told to, in their order", async () => {
    const pool = createActor(
      dynamicSupervisor<string>({ start: worker, restart: "temporary", maxChildren: 1, whenFull: "wait" }),
      quiet,
    ).start() as AnyActorRef;
    const first = must(await startChild(pool as never, "a"))!;
    const order: string[] = [];
    const later = ["b", "c"].map((name) =>
      startChild(pool as never, name).then((answer) => {
        order.push(name);
        return must(answer)!;
      }),
    );
    await turn();
    expect(order).toEqual([]);
    first.send({ type: "finish" });
    (await later[0]!).send({ type: "finish" });
    await later[1];
    expect(order).toEqual(["b", "c"]);
    const last = startChild(pool as never, "d");
    await stop(pool);
    expect(await last).toEqual({ ok: false, error: "noproc" });
  });
});

describe("a partition supervisor", () => {
  it("finds the partition of a key, the same every time: whole numbers by their remainder", () => {
    const app = createActor(partitionSupervisor({ start: worker, partitions: 4 }), quiet).start();
    expect(partitions(app)).toBe(4);
    const ids = (of: unknown[]) => of.map((key) => partition(app, key)?.id);
    expect(ids([0, 1, 5, -1, -4])).toEqual(["0", "1", "1", "1", "0"]);
    expect(ids(["user", "user"])).toEqual([partition(app, "user")!.id, partition(app, "user")!.id]);
    expect(new Set(ids(Array.from({ length: 100 }, (_, i) => `k${i}`))).size).toBe(4);
  });
  it("gives each partition its own arguments, and follows its incarnations", () => {
    const seen: unknown[] = [];
    const withArguments = (input: unknown, i: number) => [input, i];
    const listening = fromCallback(({ input }) => void seen.push(input));
    createActor(partitionSupervisor({ start: listening, input: "x", withArguments, partitions: 2 }), quiet).start();
    expect(seen).toEqual([
      ["x", 0],
      ["x", 1],
    ]);
    const app = createActor(
      partitionSupervisor({ start: () => ({ logic: worker }), partitions: 2, onFact: null }),
      quiet,
    ).start();
    const first = partition(app, 1)!;
    first.send({ type: "crash" });
    expect(partition(app, 1)).not.toBe(first);
  });
  it("refuses wrong options, as Elixir does", () => {
    for (const wrong of [0, -1, 1.5, "2"])
      expect(() => partitionSupervisor({ start: worker, partitions: wrong as never })).toThrow(/^partitions must be/);
    expect(() => partitionSupervisor({ start: worker, withArguments: 1 as never })).toThrow(/^withArguments must be/);
    const none = createActor(partitionSupervisor({ partitions: 1 } as never), quiet).start();
    expect(exitOf(none)).toMatchObject({ error: { reason: { start_spec: "missing_start" } } });
  });
});

describe("an async function as a child", () => {
  it("is done when it returns, crashes when it throws, and is aborted when it is stopped", async () => {
    const seen: string[] = [];
    const app = createActor(
      supervisor({
        onFact: (fact) => fact.type === "child.exited" && seen.push(`${fact.id} ${fact.exit.kind}`),
        children: [
          { id: "returns", run: async () => 42, restart: "transient" },
          { id: "throws", run: () => Promise.reject(new Error("no")), restart: "temporary" },
          {
            id: "waits",
            run: ({ signal }) =>
              new Promise((resolve) => signal.addEventListener("abort", () => resolve(seen.push("aborted")))),
          },
        ],
      }),
      quiet,
    ).start();
    await turn();
    await stop(app);
    expect(seen).toEqual(["returns normal", "throws crash", "aborted"]);
  });
});

describe("sys", () => {
  it("reads and replaces the state of an actor", () => {
    const counter = createActor(
      fromTransition((n: number) => n + 1, 0),
      quiet,
    ).start();
    counter.send({ type: "any" });
    sys.replaceState<{ context: number }>(counter, (snapshot) => ({ ...snapshot, context: 40 }));
    counter.send({ type: "any" });
    expect(sys.getState(counter)).toMatchObject({ context: 41 });
  });
  it("suspends any actor: its mail waits, in order; twice is once; a kill ends it", () => {
    const { actor, heard } = ear();
    sys.suspend(actor);
    sys.suspend(actor);
    for (const type of ["a", "b"]) actor.send({ type });
    expect(heard).toEqual([]);
    sys.resume(actor);
    sys.resume(actor);
    expect(heard).toEqual([{ type: "a" }, { type: "b" }]);
    const app = createActor(
      supervisor({ onFact: null, children: [{ id: "a", start: worker, name: "a" }] }),
      quiet,
    ).start();
    const first = find(app, "a");
    sys.suspend(first);
    exitSignal(first, killed);
    expect([exitOf(first), isAlive(find(app, "a"))]).toEqual([killed, true]);
  });
  it("counts, remembers and shows what an actor receives and sends", () => {
    const { actor } = ear();
    const traced: string[] = [];
    expect(sys.statistics(actor)).toMatchObject({ messagesIn: 0, messagesOut: 0 });
    sys.log(actor, 2);
    const { unsubscribe } = sys.trace(actor, (direction, { type }) => traced.push(`${direction} ${type}`));
    for (const type of ["a", "b", "c"]) actor.send({ type });
    unsubscribe();
    actor.send({ type: "d" });
    expect(sys.statistics(actor)).toMatchObject({ messagesIn: 4 });
    expect(sys.log(actor, 2)).toEqual([{ type: "c" }, { type: "d" }]);
    expect(traced).toEqual(["in a", "in b", "in c"]);
  });
});
