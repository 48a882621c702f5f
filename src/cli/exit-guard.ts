import type { RunHandle } from "#src/app/run-handle";
import { exitCodes } from "./exit-code.ts";
import { warn } from "./print.ts";

/** What is guarded: a run, or a suite of them. */
interface Guarded {
  readonly id: string;
  status(): Pick<ReturnType<RunHandle["status"]>, "store" | "accounting" | "state">;
}

/** What `process.exit` ends with, after its listeners: they may have been removed, and some libraries call it themselves. */
const exits = process as unknown as { reallyExit(code?: number | string | null): never };

/**
 * Sees to it that a process which ends while its run continues does not end as if all were well: when a condition, or a library, calls
 * `process.exit`, or throws an uncaught error. Says in a sentence what became of the run, and how to continue.
 *
 * @returns takes the guard away
 */
export function guardExit(handle: Guarded): () => void {
  let why = "because process.exit was called while it was active";
  const onError = (): void => {
    why = "because of an uncaught error";
  };
  let isSaid = false;
  const onExit = (code: number): void => {
    if (isSaid) return;
    isSaid = true;
    process.exitCode = code === exitCodes.ended ? exitCodes.bug : code;
    const { store, accounting, state } = handle.status();
    const next = state === "analysing" ? "report" : "resume";
    const kept =
      store === undefined
        ? "Nothing had begun"
        : `What had ended (${accounting.planned - accounting.pending} of ${accounting.planned} tasks) is in ${store}: crucible ${next} ${handle.id}`;
    warn("", `crucible: ${handle.id} did not end normally, ${why}. ${kept}`);
  };
  process.on("uncaughtExceptionMonitor", onError);
  process.on("exit", onExit);
  const { reallyExit } = exits;
  exits.reallyExit = (code) => {
    const isOver = isSaid;
    onExit(Number(code ?? exitCodes.ended));
    return reallyExit.call(process, isOver ? code : process.exitCode);
  };
  return () => {
    isSaid = true;
    try {
      exits.reallyExit = reallyExit;
      process.off("uncaughtExceptionMonitor", onError);
      process.off("exit", onExit);
    } catch {
      // a task has frozen `process`: what stays does nothing any more
    }
  };
}
