/** How an actor ended, in the words of Erlang/OTP: data that its supervisor decides on. */
export type Exit =
  | { readonly kind: "normal" }
  | { readonly kind: "shutdown"; readonly reason?: unknown }
  | { readonly kind: "killed" }
  | { readonly kind: "crash"; readonly error: unknown };

/** The actor did its work and ended. */
export const normal: Exit = { kind: "normal" };
/** The actor was stopped with `kill` and had no say in it. */
export const killed: Exit = { kind: "killed" };
/** The actor was asked to stop, or gave up in good order; `reason` says why. A normal reason: a transient child stays down. */
export const shutdown = (reason?: unknown): Exit =>
  reason === undefined ? { kind: "shutdown" } : { kind: "shutdown", reason };
/** The actor failed. An abnormal reason: permanent and transient children are restarted. */
export const crash = (error: unknown): Exit => ({ kind: "crash", error });

/** OTP's normal reasons: `normal`, `shutdown`, `{shutdown, _}`. All others ask for a restart. */
export const isNormal = (exit: Exit): boolean => exit?.kind === "normal" || exit?.kind === "shutdown";
