import { type IntakeReasons, intakeFor } from "#src/policy/intake";
import { broadcast } from "./otp/dynamic.ts";
import type { RunScope } from "./run-scope.ts";

/**
 * Changes whether tasks may start: the only place that does, whether a pause, a stop or the circuit asks. The reasons are noted before anyone
 * is notified, so that a limiter that crashes on the message receives the same when it is back.
 */
export function changeIntake(scope: RunScope, change: Partial<IntakeReasons>): void {
  scope.intake = { ...scope.intake, ...change };
  publishIntake(scope);
}

/** Notifies limiter, pools and executor whether tasks may start, as it is at each notification: the one before may have changed it. */
export function publishIntake(scope: RunScope): void {
  scope.service("limiter")?.send({ type: "intake.change", intake: intakeFor(scope.intake) });
  if (scope.intake.draining) {
    for (const [pool, feeder] of [...scope.pools]) {
      broadcast(pool, { type: "run.drain" });
      feeder.feed();
    }
  }
  const intake = intakeFor(scope.intake);
  scope.executor.intake?.(intake === "trial" ? "open" : intake); // a trial is chosen by the limiter
}
