import { isOfAttempt } from "#src/execute/strays";

/** A rejection without a handler, or an error in a callback; outside of a simulation it ends the process. */
export type OnUncaught = (thrown: unknown) => void;

const listeners = new Set<OnUncaught>();

/** Those of attempts are the run's, which fails the attempt. */
const hear = (thrown: unknown): void => {
  if (!isOfAttempt()) for (const listener of listeners) listener(thrown);
};
const EVENTS = ["unhandledRejection", "uncaughtException"] as const;

/**
 * Calls `listener` with errors that nothing handles. Where several simulations are under way it cannot be told whose they are, and all are notified.
 *
 * @returns ends it: the process has no handlers of ours before and after
 */
export function hearUncaught(listener: OnUncaught): () => void {
  if (listeners.size === 0) for (const event of EVENTS) process.on(event, hear);
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) for (const event of EVENTS) process.off(event, hear);
  };
}
