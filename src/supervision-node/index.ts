/** Children that can really be killed, on Node: worker threads and processes of the operating system. */
import { type SpawnOptions, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { Worker, type WorkerOptions } from "node:worker_threads";
import { type AnyActorRef, type CallbackActorLogic, type EventObject, fromCallback } from "xstate";
import { crash, exit, isAlive, normal } from "#supervisors/otp/index";

/** What a port emits: `actor.on("process.line", ({ line }) => ...)`. */
export type ProcessEmitted = { readonly type: "process.line"; readonly line: string };
/** What a port receives. */
export type ProcessEvent = { readonly type: "process.write"; readonly data: string } | { readonly type: "process.end" };

/** A process that ended with another status than 0, or by a signal. */
export class ProcessError extends Error {
  override readonly name = "ProcessError";
  readonly status: number | null;
  readonly signal: string | null;

  constructor(command: string, status: number | null, signal: string | null) {
    super(`${command} ended with ${signal ? `signal ${signal}` : `status ${status}`}`);
    this.status = status;
    this.signal = signal;
  }
}

/**
 * A process of the operating system as a child: Erlang's port. Lines of its output are emitted, `process.write` goes to its input, which `process.end` ends, its exit
 * status is the actor's exit (0 is normal, another a crash with a ProcessError), and the end of the actor kills it with its whole group.
 *
 * @example { id: "sorter", start: fromProcess("sort", ["-n"]) }
 */
export const fromProcess = (
  command: string,
  args: readonly string[] = [],
  options: Pick<SpawnOptions, "cwd" | "env"> = {},
): CallbackActorLogic<ProcessEvent, unknown, ProcessEmitted> =>
  fromCallback<ProcessEvent, unknown, ProcessEmitted>(({ self, receive, emit }) => {
    const child = spawn(command, args, { ...options, detached: true, stdio: ["pipe", "pipe", "inherit"] });
    const end = ending(self);
    createInterface({ input: child.stdout! }).on(
      "line",
      (line) => isAlive(self) && emit({ type: "process.line", line }),
    );
    child.stdin!.on("error", () => {}); // it has ended; its status says how
    child.on("error", (error) => end(crash(error)));
    child.on("close", (status, signal) =>
      end(status === 0 ? normal : crash(new ProcessError(command, status, signal))),
    );
    receive((event) => {
      if (event.type === "process.write") child.stdin!.write(event.data);
      else if (event.type === "process.end") child.stdin!.end();
    });
    return () => {
      if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) killGroup(child.pid);
    };
  });

function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // it has just ended
  }
}

/** What a worker thread emits: `actor.on("worker.message", ({ data }) => ...)`. */
export type WorkerEmitted = { readonly type: "worker.message"; readonly data: unknown };

/**
 * A worker thread as a child. Events that the actor receives are posted to it, its messages are emitted, its uncaught error is the
 * actor's crash, and the end of the actor terminates it, also in the middle of a loop. The actor's input is its `workerData`.
 *
 * @example { id: "parser", start: fromWorker(new URL("./parser.js", import.meta.url)), input: { strict: true } }
 */
export const fromWorker = (
  url: URL | string,
  options: Omit<WorkerOptions, "workerData"> = {},
): CallbackActorLogic<EventObject, unknown, WorkerEmitted> =>
  fromCallback<EventObject, unknown, WorkerEmitted>(({ self, input, receive, emit }) => {
    const worker = new Worker(url, { ...options, workerData: input });
    const end = ending(self);
    worker.on("message", (data: unknown) => isAlive(self) && emit({ type: "worker.message", data }));
    worker.on("error", (error) => end(crash(error)));
    worker.on("exit", (code) => end(code === 0 ? normal : crash(new Error(`the worker ended with code ${code}`))));
    receive((event) => worker.postMessage(event));
    return () => void worker.terminate();
  });

/** Ends an actor once: what comes after its end, its own killing among it, changes nothing. */
const ending =
  (self: AnyActorRef) =>
  (reason: Parameters<typeof exit>[1]): void => {
    if (isAlive(self)) exit(self, reason);
  };
