import type { Exit } from "#src/kernel/exit";

/** Longest reason that is handed on. */
const REASON_CHARACTERS = 500;

/** How an incarnation ended, in words: `crash: connection reset`. */
export function exitText(exit: Exit): string {
  const about = exit.kind === "crash" ? exit.error : exit.kind === "shutdown" ? exit.reason : undefined;
  const words = about === undefined ? "" : `: ${causeText(about)}`;
  return `${exit.kind}${words}`.slice(0, REASON_CHARACTERS);
}

/** An error by its message, a failed attempt by its failure, anything else as JSON. */
function causeText(cause: unknown): string {
  if (cause instanceof Error) return cause.message;
  if (typeof cause === "string") return cause;
  const { failure } = (cause ?? {}) as { failure?: { kind?: unknown; message?: unknown } };
  if (failure) return `${failure.kind}: ${failure.message}`;
  try {
    return JSON.stringify(cause) ?? String(cause);
  } catch {
    return String(cause);
  }
}
