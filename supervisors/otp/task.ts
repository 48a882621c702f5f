import type { AnyActorRef } from "xstate";
import { crash, type Exit, killed } from "#src/kernel/exit";
import { err, ok, type Result } from "#src/kernel/result";
import { mustBe, mustBeFunction } from "./arguments.ts";
import { exited, onceEnded } from "./ask.ts";
import { request } from "./call.ts";
import { later } from "./delay.ts";
import { type DynamicSupervisorLogic, type DynamicSupervisorOptions, dynamicSupervisor } from "./dynamic.ts";
import { exit, exitOf, isAlive } from "./exit.ts";
import { type AsyncScope, asyncLogic } from "./object-logic.ts";
import { checkAll, FOREVER, whole } from "./spec-rules.ts";
import { stop } from "./up-and-down.ts";

/** What a task runs. It heeds `signal`, which is aborted when the task is stopped. */
export type TaskFunction<T> = (scope: AsyncScope) => T | PromiseLike<T>;

/** How a task ended: with a value, or without one. */
export type TaskResult<T> = Result<T, Exit>;

/** The supervisor of tasks: Elixir's Task.Supervisor. Its tasks are temporary unless it is told otherwise. */
export const taskSupervisor = (
  options: Omit<DynamicSupervisorOptions<TaskFunction<unknown>>, "start"> = {},
): DynamicSupervisorLogic<TaskFunction<unknown>> =>
  dynamicSupervisor<TaskFunction<unknown>>({
    restart: "temporary",
    ...options,
    start: (fn) => ({ logic: asyncLogic(fn) }),
  });

/** A task that was started. */
export interface Task<T> {
  /** Undefined while it waits for its start, and where it did not start. */
  readonly actor: AnyActorRef | undefined;
  /** Settles when it has ended; never rejects. */
  readonly result: Promise<TaskResult<T>>;
  /** The value; rejects with what it crashed with, or with an error that names its exit; with `timeout` after 5000 ms by default, and ends the task. */
  await(timeoutMs?: number): Promise<T>;
  /** The result, or undefined where it has none within 5000 ms by default; the task continues. */
  yield(timeoutMs?: number): Promise<TaskResult<T> | undefined>;
  /** Stops it, and resolves with its result where it had one already. */
  shutdown(how?: number | "brutal_kill"): Promise<TaskResult<T>>;
}

/** Who else is concerned by a task. */
export interface TaskOptions {
  /** Elixir's `async`: this actor crashes when the task does, and the task ends when this actor does. */
  readonly link?: AnyActorRef;
  /** Elixir's `async_nolink`: this actor receives `{ type: "task.done", task, result }` when the task has ended. */
  readonly notify?: AnyActorRef;
}

/**
 * Runs a function as a child of a task supervisor.
 *
 * @example const page = await task(pool, ({ signal }) => fetch(url, { signal })).await(10_000);
 */
export function task<T>(pool: AnyActorRef, fn: TaskFunction<T>, options?: TaskOptions): Task<T> {
  const { link, notify }: TaskOptions = Object(options);
  mustBeFunction(fn);
  let actor: AnyActorRef | undefined;
  const result = new Promise<TaskResult<T>>((resolve) =>
    request(pool, { type: "startChild", child: fn }, (answer) => {
      if (!answer.ok || !answer.value) resolve(err(crash(answer.ok ? "ignored" : answer.error)));
      else {
        actor = answer.value;
        exited(actor).then(() => resolve(resultOf(actor!)));
      }
    }),
  );
  const within = (timeoutMs: number): Promise<TaskResult<T> | undefined> =>
    new Promise((resolve) => {
      const forget = later(pool.system, timeoutMs, () => resolve(undefined));
      result.then((value) => {
        forget();
        resolve(value);
      });
    });
  const shutdown = async (how: number | "brutal_kill" = 5000): Promise<TaskResult<T>> => {
    if (actor && isAlive(actor)) {
      if (how === "brutal_kill") exit(actor, killed);
      else await stop(actor, undefined, { timeoutMs: how });
    }
    return result;
  };
  const handle: Task<T> = {
    get actor() {
      return actor;
    },
    result,
    await: async (timeoutMs = 5000) => {
      const ended = await within(timeoutMs);
      if (ended?.ok) return ended.value;
      if (!ended) await shutdown("brutal_kill");
      throw ended?.error.kind === "crash"
        ? ended.error.error
        : new Error(`the task ended: ${ended ? ended.error.kind : "timeout"}`);
    },
    yield: (timeoutMs = 5000) => within(timeoutMs),
    shutdown,
  };
  if (link) {
    onceEnded(link, () => void shutdown("brutal_kill"));
    result.then((ended) => !ended.ok && ended.error.kind === "crash" && isAlive(link) && exit(link, ended.error));
  }
  if (notify)
    result.then((value) => isAlive(notify) && notify.send({ type: "task.done", task: handle, result: value }));
  return handle;
}

const resultOf = <T>(actor: AnyActorRef): TaskResult<T> => {
  const { status, output } = actor.getSnapshot() as { status: string; output: T };
  return status === "done" ? ok(output) : err(exitOf(actor)!);
};

/** How `mapTasks` runs. */
export interface MapOptions {
  /** Tasks at a time; 8 by default. */
  readonly concurrency?: number;
  /** Results in the order of the inputs (default), or as they come. */
  readonly ordered?: boolean;
  /** Kills a task after this time: its result is `crash("timeout")`. Without limit by default. */
  readonly timeoutMs?: number;
}

/**
 * Runs `fn` over any iterable as tasks, `concurrency` at a time: Elixir's async_stream. Inputs are read when there is room and the
 * consumer asks, so that a slow consumer slows the source; leaving the loop ends the tasks that run.
 *
 * @example for await (const page of mapTasks(pool, urls, (url, { signal }) => fetch(url, { signal }), { concurrency: 4 })) { ... }
 */
export async function* mapTasks<I, T>(
  pool: AnyActorRef,
  inputs: Iterable<I> | AsyncIterable<I>,
  fn: (input: I, scope: Parameters<TaskFunction<T>>[0]) => T | PromiseLike<T>,
  options?: MapOptions,
): AsyncGenerator<TaskResult<T>, void, undefined> {
  const { concurrency = 8, ordered = true, timeoutMs = FOREVER }: MapOptions = Object(options);
  checkAll({ concurrency }, [whole("concurrency", "tasks", 1, FOREVER)], "");
  const iterable = Symbol.iterator in Object(inputs) || Symbol.asyncIterator in Object(inputs);
  mustBe(iterable, "an iterable", inputs, "the second argument");
  const source = (async function* () {
    yield* inputs;
  })();
  const running = new Map<Task<T>, Promise<readonly [Task<T>, TaskResult<T>]>>();
  const begin = (input: I): void => {
    const one = task<T>(pool, (scope) => fn(input, scope));
    const end = async (result: TaskResult<T> | undefined) => {
      if (!result) await one.shutdown("brutal_kill");
      return [one, result ?? err(crash("timeout"))] as const;
    };
    running.set(one, one.yield(timeoutMs).then(end));
  };
  try {
    for (let isMore = true; isMore || running.size > 0; ) {
      while (isMore && running.size < concurrency) {
        const next = await source.next();
        if (next.done) isMore = false;
        else begin(next.value);
      }
      const ends = [...running.values()];
      if (ends.length === 0) continue;
      const [ended, result] = await (ordered ? ends[0]! : Promise.race(ends));
      running.delete(ended);
      yield result;
    }
  } finally {
    await source.return(undefined);
    await Promise.all([...running.keys()].map((left) => left.shutdown("brutal_kill")));
  }
}
