import { describe, expect, it } from "vitest";
import { type AnyActorRef, createActor } from "xstate";
import { fromProcess, fromWorker } from "#src/supervision-node/index";
import { type ChildSpec, exited, partition, partitionSupervisor, stop, supervisor } from "#supervisors/otp/index";

const start = (spec: Omit<ChildSpec, "id">) => {
  const root = createActor(
    supervisor({ onFact: null, children: [{ id: "a", name: "a", restart: "temporary", ...spec } as ChildSpec] }),
  ).start();
  return { root, child: root.system.get("a") as AnyActorRef };
};
const heard = (child: AnyActorRef, type: string): Promise<unknown> =>
  new Promise(
    (resolve) => void (child as { on: (type: string, fn: (event: unknown) => void) => void }).on(type, resolve),
  );
const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

describe("a process as a child", () => {
  it("is written to, emits its lines, and ends normal with status 0", async () => {
    const { child } = start({ start: fromProcess("sh", ["-c", "read x; echo got $x"]) });
    const line = heard(child, "process.line");
    child.send({ type: "process.write", data: "this\n" });
    expect(await line).toEqual({ type: "process.line", line: "got this" });
    expect(await exited(child)).toEqual({ kind: "normal" });
  });
  it("crashes with its status, its signal, or where there is no such command", async () => {
    const endOf = (command: string, ...args: string[]) => exited(start({ start: fromProcess(command, args) }).child);
    expect(await endOf("sh", "-c", "exit 3")).toMatchObject({
      kind: "crash",
      error: { status: 3, message: "sh ended with status 3" },
    });
    expect(await endOf("sh", "-c", "kill -9 $$")).toMatchObject({ kind: "crash", error: { signal: "SIGKILL" } });
    expect(await endOf("no-such-command-here")).toMatchObject({ kind: "crash", error: { code: "ENOENT" } });
  });
  it("is killed with its whole group when it is stopped", async () => {
    const { root, child } = start({ start: fromProcess("sh", ["-c", "sleep 1000 & echo $!; wait"]) });
    const { line } = (await heard(child, "process.line")) as { line: string };
    expect(isRunning(Number(line))).toBe(true);
    await stop(root);
    while (isRunning(Number(line))) await new Promise((resolve) => setImmediate(resolve));
  });
});

describe("a worker thread as a child", () => {
  const worker = (text: string) => fromWorker(text, { eval: true });
  it("receives events and its input, and emits its messages", async () => {
    const { root, child } = start({
      start: worker(
        "const w = require('node:worker_threads'); w.parentPort.on('message', (e) => w.parentPort.postMessage([e, w.workerData]));",
      ),
      input: { n: 1 },
    });
    const message = heard(child, "worker.message");
    child.send({ type: "hello" });
    expect(await message).toEqual({ type: "worker.message", data: [{ type: "hello" }, { n: 1 }] });
    await stop(root);
  });
  it("crashes with what it throws", async () => {
    expect(await exited(start({ start: worker("throw new Error('boom')") }).child)).toMatchObject({
      kind: "crash",
      error: { message: "boom" },
    });
  });
  it("is ended in the middle of a loop", async () => {
    const { root } = start({ start: worker("for (;;) {}") });
    expect(await stop(root)).toEqual({ kind: "shutdown" });
  });

  it("is a partition where that is asked: each on a thread of its own, and back after a crash", async () => {
    const start = worker(`
      const { parentPort, workerData, threadId } = require("node:worker_threads");
      parentPort.on("message", ({ type }) => {
        if (type === "crash") throw new Error("boom");
        parentPort.postMessage({ ...workerData, threadId });
      });`);
    const root = createActor(
      partitionSupervisor({
        start,
        input: { of: "words" },
        withArguments: (input, partition) => ({ ...(input as object), partition }),
        partitions: 2,
        onFact: null,
      }),
    ).start();
    const asked = async (key: number) => {
      const actor = partition(root, key)!;
      const message = heard(actor, "worker.message");
      actor.send({ type: "who" });
      return ((await message) as { data: { partition: number; threadId: number } }).data;
    };
    const [zero, one] = [await asked(0), await asked(1)];
    expect([zero, one]).toMatchObject([
      { of: "words", partition: 0 },
      { of: "words", partition: 1 },
    ]);
    expect(zero.threadId).not.toBe(one.threadId);
    const first = partition(root, 0)!;
    first.send({ type: "crash" });
    expect(await exited(first)).toMatchObject({ kind: "crash", error: { message: "boom" } });
    const next = await asked(2); // the same partition as 0
    expect([next.partition, next.threadId === zero.threadId]).toEqual([0, false]);
    expect(await stop(root)).toEqual({ kind: "shutdown" });
  });
});
