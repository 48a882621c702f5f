import { type Failure, failure } from "#src/kernel/failure";

const { DOMException } = globalThis; // a condition may put another in its place

export const CANCELLED = failure("cancelled", "the run was stopped");
/** One for all that are cancelled: with its stack, making it costs more than the rest of ending an attempt. */
const STOPPED = new DOMException(CANCELLED.message, "AbortError");

/** What a condition's signal says. */
export const abortReason = (failed: Failure): DOMException => {
  if (failed === CANCELLED) return STOPPED;
  return new DOMException(failed.message, failed.kind === "timeout" ? "TimeoutError" : "AbortError");
};
