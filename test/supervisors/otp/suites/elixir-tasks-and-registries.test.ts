import { describe, expect, it } from "vitest";
import { type AnyActorRef, createActor, fromTransition } from "xstate";
import { manualClock } from "#src/testing/manual-clock";
import {
  countChildren,
  crash,
  dispatch,
  type Exit,
  exitOf,
  exitSignal,
  isAlive,
  keys,
  killed,
  lookup,
  mapTasks,
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
  task,
  taskSupervisor,
  terminateChild,
  unregister,
  updateValue,
  watch,
  whichChildren,
} from "#supervisors/otp/index";
import { expectLinear } from "../../../support.ts";
import { must, worker } from "../support.ts";
import { booted, child } from "./booted.ts";

const clock = manualClock();
const quiet = { clock, logger: () => {} };
const start = (logic: unknown) => createActor(logic as typeof worker, quiet).start() as AnyActorRef;
const never = () => new Promise<never>(() => {});
const pool = (more: object = {}) => start(taskSupervisor({ onFact: null, ...more }));
async function listOf<T>(results: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const one of results) all.push(one);
  return all;
}
const waiting = async <T>(promise: Promise<T>): Promise<T> => {
  await clock.drain();
  return promise;
};
/** An actor that collects what it receives. */
function ear(): { actor: AnyActorRef; heard: { type: string }[] } {
  const heard: { type: string }[] = [];
  const logic = fromTransition((state: number, event: { type: string }) => {
    heard.push(event);
    return state;
  }, 0);
  return { actor: start(logic), heard };
}
const sleep = (ms: number) => new Promise<number>((resolve) => void clock.setTimeout(() => resolve(ms), ms));

describe("PartitionSupervisorTest", () => {
  const echo = fromTransition((state: unknown) => state, undefined);
  it("start_link/1 on success: as many children as partitions, and a key finds one of them", async () => {
    const root = start(partitionSupervisor({ start: worker, partitions: 3 }));
    expect(partitions(root)).toBe(3);
    expect(partition(root, 4)).toBe(partition(root, 1));
    expect(must(await countChildren(root))).toEqual({ specs: 3, active: 3, supervisors: 0, workers: 3 });
  });
  it("start_link/1 raises without child_spec: it ends with missing_start", () => {
    expect(exitOf(start(partitionSupervisor({ partitions: 1 } as never)))).toMatchObject({ kind: "crash" });
  });
  it("which_children/1 returns all partitions, count_children/1 with supervisors", async () => {
    const root = start(partitionSupervisor({ start: supervisor({ onFact: null, children: [] }), partitions: 2 }));
    expect(must(await whichChildren(root)).map(({ id, type }) => [id, type])).toEqual([
      ["1", "supervisor"],
      ["0", "supervisor"],
    ]);
    expect(must(await countChildren(root))).toEqual({ specs: 2, active: 2, supervisors: 2, workers: 0 });
  });
  it("start_link/1 with a via name: by the name of its spec, or a key of a registry", () => {
    const { of } = booted({
      children: [
        child("parts", { start: partitionSupervisor({ start: echo, partitions: 2 }) }),
        child("names", { start: registry() }),
      ],
    });
    register(of("names"), of("parts"), "via");
    expect(partition(ref(of("names"), "via").actor!, 1)).toBe(partition(of("parts"), 1));
  });
  it("stop/1 is synchronous: all have ended when it resolves", async () => {
    const root = start(partitionSupervisor({ start: worker, partitions: 2 }));
    const parts = [partition(root, 0)!, partition(root, 1)!];
    await stop(root);
    expect(parts.map(isAlive)).toEqual([false, false]);
  });
});

describe("Task.SupervisorTest", () => {
  it("can be supervised directly, counts and returns children", async () => {
    const { of } = booted({ children: [child("tasks", { start: taskSupervisor({ onFact: null }) })] });
    expect(must(await whichChildren(of("tasks")))).toEqual([]);
    const one = task(of("tasks"), never);
    expect(must(await whichChildren(of("tasks"))).map(({ actor }) => actor)).toEqual([one.actor]);
  });
  it("async/1 spawns tasks under the supervisor: the caller gets the value, and is told", async () => {
    const { actor: caller, heard } = ear();
    const one = task(pool(), () => "done", { link: caller, notify: caller });
    expect(await one.await()).toBe("done");
    await clock.advance(0);
    expect(heard).toMatchObject([{ type: "task.done", result: { ok: true, value: "done" } }]);
    expect(isAlive(caller)).toBe(true);
  });
  it("async/1, async_nolink/1, start_child/1 with custom shutdown: brutal_kill kills", async () => {
    const tasks = pool({ shutdownMs: "brutal_kill" });
    const one = task(tasks, never);
    await stop(tasks);
    expect(await one.result).toEqual({ ok: false, error: killed });
  });
  it("raises when :max_children is reached: the task has that as its result", async () => {
    const tasks = pool({ maxChildren: 1 });
    task(tasks, never);
    await expect(task(tasks, () => 1).await()).rejects.toBe("max_children");
  });
  it("async_nolink/1: a crash does not reach the caller", async () => {
    const caller = start(worker);
    expect((await task(pool(), () => Promise.reject(new Error("no")), { notify: caller }).result).ok).toBe(false);
    expect(isAlive(caller)).toBe(true);
  });
  it("start_child/1, with custom restart: a permanent one runs again", async () => {
    let runs = 0;
    const tasks = pool({ restart: "permanent", intensity: 9 });
    const run = () => {
      runs++;
      return never();
    };
    const actor = must(await startChild(tasks as never, run))!;
    await clock.advance(0);
    exitSignal(actor, shutdown());
    await clock.advance(0);
    expect(runs).toBe(2);
  });
  it("terminate_child/2: the task is gone, and whoever awaits it learns how", async () => {
    const tasks = pool();
    const one = task(tasks, never);
    await terminateChild(tasks, one.actor!);
    expect([must(await whichChildren(tasks)), await one.result]).toEqual([[], { ok: false, error: shutdown() }]);
    await expect(one.await()).rejects.toThrow("the task ended: shutdown");
  });
  it("await/1 demonitors on timeout; exits on task throw, error, exit", async () => {
    const tasks = pool();
    const late = task(tasks, never);
    const awaited = expect(late.await(10)).rejects.toThrow("timeout");
    await waiting(awaited);
    const ended = async (fn: () => never) => (await task(tasks, async () => fn()).result) as { error: Exit };
    const throws = (value: unknown) => () => {
      throw value;
    };
    expect((await ended(throws("unknown"))).error).toEqual(crash("unknown"));
    expect((await ended(throws(new Error("oops")))).error).toEqual(crash(new Error("oops")));
    expect((await ended(throws(shutdown("unknown")))).error).toEqual(shutdown("unknown"));
  });
});

describe("Task.SupervisorTest: async_stream", () => {
  it("streams an enumerable with fun, with slowest first, consuming from another process: in the order of the inputs", async () => {
    const results = waiting(listOf(mapTasks(pool(), [4, 3, 2, 1], sleep)));
    expect((await results).map(must)).toEqual([4, 3, 2, 1]);
  });
  it("streams an enumerable without leaking tasks, shuts down unused tasks", async () => {
    const tasks = pool();
    for await (const one of mapTasks(tasks, [0, 1, 2, 3], (n) => (n === 0 ? n : never()))) {
      expect(one).toEqual({ ok: true, value: 0 });
      break;
    }
    expect(must(await countChildren(tasks)).active).toBe(0);
  });
  it("streams an enumerable with exits, with outer halt on failure: each is an error in its place", async () => {
    const failing = mapTasks(pool(), [1, 2, 3, 4], (n) => Promise.reject(n));
    expect(await listOf(failing)).toEqual([1, 2, 3, 4].map((n) => ({ ok: false, error: crash(n) })));
  });
  it("raises an error if :max_children is reached: the inputs that found no room have it as their result", async () => {
    const results = listOf(mapTasks(pool({ maxChildren: 1 }), [1, 2], sleep, { concurrency: 2 }));
    expect(await waiting(results)).toEqual([
      { ok: true, value: 1 },
      { ok: false, error: crash("max_children") },
    ]);
  });
  it("with timeout: killed, and the others continue", async () => {
    const results = waiting(listOf(mapTasks(pool(), [1, 100], sleep, { timeoutMs: 50 })));
    expect(await results).toEqual([
      { ok: true, value: 1 },
      { ok: false, error: crash("timeout") },
    ]);
  });
});

describe.each(["unique", "duplicate"] as const)("RegistryTest, %s keys", (kind) => {
  const names = () => start(registry({ keys: kind }));
  it("has unique registrations, has duplicate registrations: by one actor under many keys, and by many under one", () => {
    const registered = names();
    const [a, b] = [start(worker), start(worker)];
    expect(register(registered, a, "hello", 1).ok).toBe(true);
    const again = register(registered, a, "hello", 2);
    expect(again).toEqual(kind === "unique" ? { ok: false, error: { already_registered: a } } : { ok: true, value: a });
    register(registered, a, "world");
    expect(keys(registered, a)).toEqual(kind === "unique" ? ["hello", "world"] : ["hello", "hello", "world"]);
    expect(register(registered, b, "hello").ok).toBe(kind === "duplicate");
    expect(lookup(registered, "hello").map(({ value }) => value)).toEqual(kind === "unique" ? [1] : [1, 2, undefined]);
  });
  it("compares using ===: 1 and the text 1 are two keys, objects are themselves", () => {
    const registered = names();
    const [a, key] = [start(worker), {}];
    for (const each of [1, "1", key, {}]) register(registered, a, each);
    expect([lookup(registered, 1).length, lookup(registered, key).length, lookup(registered, {}).length]).toEqual([
      1, 1, 0,
    ]);
  });
  it("dispatches to a single key, to multiple keys: also where none is registered", () => {
    const registered = names();
    const [one, two, other] = [ear(), ear(), ear()];
    dispatch(registered, "hello", { type: "lost" });
    register(registered, one.actor, "hello");
    if (kind === "duplicate") register(registered, two.actor, "hello");
    register(registered, other.actor, "world");
    dispatch(registered, "hello", { type: "news" });
    const heard = [one, two, other].map((each) => each.heard.length);
    expect(heard).toEqual(kind === "unique" ? [1, 0, 0] : [1, 1, 0]);
  });
  it("allows process unregistering, unregistering with no entries, links and unlinks on register/unregister", async () => {
    const registered = names();
    const a = start(worker);
    unregister(registered, a, "hello");
    register(registered, a, "hello");
    register(registered, a, "world");
    unregister(registered, a, "hello");
    expect(keys(registered, a)).toEqual(["world"]);
    unregister(registered, a, "world");
    await stop(registered);
    expect([keys(registered, a), isAlive(a)]).toEqual([[], true]);
  });
  it("allows listeners: of a key, from now on, those that are there first", () => {
    const { actor: listener, heard } = ear();
    const registered = names();
    const a = start(worker);
    watch(registered, listener, "hello");
    register(registered, a, "hello", "v");
    unregister(registered, a, "hello");
    expect(heard).toMatchObject([
      { type: "registry.registered", key: "hello", actor: a, value: "v" },
      { type: "registry.unregistered", key: "hello", actor: a },
    ]);
  });
  it("raises on unknown registry name: an actor that is no registry, or has ended, answers noproc", async () => {
    const [a, other] = [start(worker), start(worker)];
    expect(register(other, a, "hello")).toEqual({ ok: false, error: "noproc" });
    const registered = names();
    await stop(registered);
    expect([register(registered, a, "hello"), lookup(registered, "hello")]).toEqual([
      { ok: false, error: "noproc" },
      [],
    ]);
  });
  it("updates current process value: its own alone, and says where there is none", () => {
    const registered = names();
    const [a, b] = [start(worker), start(worker)];
    const more = (n: number) => n + 1;
    expect(updateValue(registered, a, "hello", more)).toEqual({ ok: false, error: "not_found" });
    register(registered, a, "hello", 1);
    expect(updateValue(registered, b, "hello", more)).toEqual({ ok: false, error: "not_found" });
    expect(updateValue(registered, a, "hello", more)).toEqual({ ok: true, value: 2 });
    expect(lookup(registered, "hello")).toEqual([{ actor: a, value: 2 }]);
  });
  it("has room for many: registering, and the end of all, take time in proportion", () =>
    expectLinear(
      (text) => {
        const registered = createActor(registry({ keys: kind })).start() as AnyActorRef;
        const actors = Array.from({ length: text.length }, () => createActor(worker).start());
        for (const [i, actor] of actors.entries()) register(registered, actor, kind === "unique" ? i : "topic");
        for (const actor of actors) actor.send({ type: "finish" });
        expect(lookup(registered, "topic")).toEqual([]);
      },
      (length) => "x".repeat(length),
      3000,
    ));
  it("clean up on process crash: nothing is left", () => {
    const registered = names();
    const [a, b] = [start(worker), start(worker)];
    register(registered, a, "hello");
    register(registered, b, "world");
    for (const one of [a, b]) exitSignal(one, killed);
    expect([lookup(registered, "hello"), lookup(registered, "world"), keys(registered, a)]).toEqual([[], [], []]);
  });
  it("via callbacks: a reference by key sends, and says whom it finds", () => {
    const registered = names();
    const a = start(worker);
    const hello = ref(registered, "hello");
    expect([hello.actor, hello.send({ type: "any" })]).toEqual([undefined, false]);
    register(registered, a, "hello");
    expect([hello.actor, hello.send({ type: "finish" }), hello.actor]).toEqual([a, true, undefined]);
  });
});
