import { MessageChannel, type MessagePort, receiveMessageOnPort } from "node:worker_threads";
import type { Piscina } from "piscina";
import type { Backend, Permit } from "#src/backends/backend";
import type { AttemptResult, LateCharge } from "#src/experiment/execute";
import type { Task } from "#src/experiment/task";
import { ChurnMap } from "#src/kernel/churn-map";
import { type Failure, failure, toFailure } from "#src/kernel/failure";
import { err } from "#src/kernel/result";
import type { ExecutorScope } from "./scope.ts";
import { outside } from "./strays.ts";
import {
  type BatchInput,
  CURRENT,
  type HostMessage,
  type Question,
  SKIP,
  type ThreadMessage,
  WAITING,
} from "./thread-messages.ts";

/** Milliseconds that a thread has to end an attempt by itself, before it is ended with its thread. */
const GRACE_MS = 100;

/** Milliseconds between two looks after which the machine must have slept: that time is charged to no attempt. */
const ASLEEP_MS = 1000;

/** One attempt on its way through the pool. */
export interface Entry {
  readonly task: Task;
  readonly attempt: number;
  readonly late: LateCharge | undefined;
  /** Ends it; further ends are ignored. */
  end(result: AttemptResult): void;
  ended: boolean;
  cancelled: boolean;
  batch: Batch | undefined;
}

/** Attempts that one thread does one after another. Whatever ends the thread ends the attempt that was under way, and no other. */
export class Batch {
  readonly #entries: readonly Entry[];
  readonly #scope: ExecutorScope;
  readonly #port: MessagePort;
  readonly #progress: Int32Array;
  readonly #kill = new AbortController();
  readonly #calls = new ChurnMap<number, AbortController>();
  readonly #permits = new ChurnMap<number, Permit>();
  readonly #startedAt: number;
  #killedFor: Failure | undefined;
  #seen = { index: -1, sinceMs: 0, lookedMs: 0 };
  /** Resolves with the attempts that were not begun, when the thread is free or gone. */
  readonly done: Promise<readonly Entry[]>;

  constructor(pool: Piscina, entries: readonly Entry[], scope: ExecutorScope) {
    const { port1, port2 } = new MessageChannel();
    this.#entries = entries;
    this.#scope = scope;
    this.#port = port1;
    this.#startedAt = scope.clock.now();
    this.#progress = new Int32Array(new SharedArrayBuffer(4 * (SKIP + entries.length)));
    this.#progress[CURRENT] = -1;
    for (const entry of entries) entry.batch = this;
    port1.on("message", (message: ThreadMessage) => this.#hear(message));
    const attempts = entries.map(({ task, attempt }) => ({ task, attempt }));
    const input: BatchInput = { attempts, port: port2, progress: this.#progress };
    const transferList = [port2] as never; // piscina reads its type off the wrong overload of postMessage
    this.done = this.#follow(pool.run(input, { name: "runBatch", transferList, signal: this.#kill.signal }));
  }

  /** Looks whether the attempt under way takes longer than it may: an endless loop hears no timer. */
  look(nowMs: number): void {
    const index = Atomics.load(this.#progress, CURRENT);
    const seen = this.#seen;
    if (index !== seen.index) this.#seen = { index, sinceMs: nowMs, lookedMs: nowMs };
    else {
      const passedMs = nowMs - seen.lookedMs;
      if (Atomics.load(this.#progress, WAITING) > 0 || passedMs > ASLEEP_MS) seen.sinceMs += passedMs;
      seen.lookedMs = nowMs;
      const { timeoutMs } = this.#scope.experiment.config;
      if (index >= 0 && nowMs - seen.sinceMs > timeoutMs + GRACE_MS)
        this.#end(failure("timeout", `took longer than ${timeoutMs} ms and did not let go of its thread`));
    }
  }

  cancel(entry: Entry): void {
    const index = this.#entries.indexOf(entry);
    Atomics.store(this.#progress, SKIP + index, 1);
    if (Atomics.load(this.#progress, CURRENT) < index) {
      entry.end({ ...this.#failed(cancelledFailure), begun: false });
      return;
    }
    this.#tell({ type: "cancel", index });
    this.#scope.clock.setTimeout(() => {
      if (!entry.ended) this.#end(cancelledFailure);
    }, GRACE_MS);
  }

  #end(why: Failure): void {
    this.#killedFor ??= why;
    this.#kill.abort();
  }

  async #follow(run: Promise<unknown>): Promise<readonly Entry[]> {
    const died = await run.then(
      () => undefined,
      (error: unknown) => this.#killedFor ?? diedOf(error, this.#scope.clock.now()),
    );
    for (let left = receiveMessageOnPort(this.#port); left; left = receiveMessageOnPort(this.#port))
      this.#hear(left.message as ThreadMessage); // said before it died
    this.#port.close();
    for (const call of this.#calls.values()) call.abort();
    if (died) this.#entries[Math.max(0, Atomics.load(this.#progress, CURRENT))]!.end(this.#failed(died));
    const left = this.#entries.filter(({ ended }) => !ended);
    for (const entry of left.filter(({ cancelled }) => cancelled)) entry.end(this.#failed(cancelledFailure));
    return left.filter(({ ended }) => !ended);
  }

  #failed(error: Failure): AttemptResult {
    const elapsedMs = Math.max(0, this.#scope.clock.now() - this.#startedAt);
    return { result: err(error), startedAt: this.#startedAt, elapsedMs, worker: "threads" };
  }

  #hear(message: ThreadMessage): void {
    switch (message.type) {
      case "ended":
        this.#entries[message.index]!.end(message.result);
        break;
      case "late":
        this.#entries[message.index]!.late?.(message.amount);
        break;
      case "log":
        this.#scope.log(this.#entries[message.index]!.task, message.message);
        break;
      case "stray":
        this.#hearStray(message);
        break;
      case "ask":
        void this.#answer(message.id, message.question);
        break;
      case "forget":
        this.#calls.get(message.id)?.abort();
        break;
      case "settle":
        this.#permits.get(message.id)?.settle(message.result);
        this.#permits.delete(message.id);
    }
  }

  #hearStray({ message, isLate }: Extract<ThreadMessage, { type: "stray" }>): void {
    const { stray, notice } = this.#scope;
    if (isLate) notice(message);
    else if (stray) stray(new Error(message));
    else notice(outside(message));
  }

  async #answer(id: number, question: Question): Promise<void> {
    const call = new AbortController();
    this.#calls.set(id, call);
    try {
      if (question.type === "enter") {
        this.#permits.set(id, await this.#scope.admission.enter(question.limit, question.tokens, call.signal));
        this.#tell({ type: "answer", id });
        return;
      }
      const { messages, config, index } = question;
      const reply = await backendOf(this.#scope, this.#entries[index]!.task)!.generate(messages, config, {
        signal: call.signal,
        admission: this.#scope.admission,
        onWait: (waiting) => this.#tell({ type: "waiting", id, waiting }),
      });
      this.#tell({ type: "answer", id, reply });
    } catch (thrown) {
      this.#tell({ type: "failed", id, failure: toFailure(thrown, this.#scope.clock.now()) });
    } finally {
      this.#calls.delete(id);
    }
  }

  #tell(message: HostMessage): void {
    this.#port.postMessage(message);
  }
}

export const cancelledFailure = failure("cancelled", "the run was stopped");

/** Where the model calls of a task's solver go. */
export const backendOf = (
  { experiment, backend }: ExecutorScope,
  { condition }: Pick<Task, "condition">,
): Backend | undefined => experiment.conditions.find(({ name }) => name === condition)?.backend ?? backend;

/** Why a thread is gone, in a sentence about its task. */
function diedOf(error: unknown, nowMs: number): Failure {
  const { code, message = "" } = error as { code?: string; message?: string };
  if (code === "ERR_WORKER_OUT_OF_MEMORY")
    return failure("crash", "ran out of the memory that its thread may have", { code });
  const exit = /exited with code: (\d+)/.exec(message)?.[1];
  if (exit !== undefined) return failure("crash", `ended its thread with process.exit(${exit})`);
  return { ...toFailure(error, nowMs), kind: "crash" };
}
