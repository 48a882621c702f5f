import type { FaultSchedule } from "./fault-schedule.ts";

/** Faults that must change no row: what dies is started again, what was refused is written again. */
const hidden: FaultSchedule = [
  ...["collector", "breaker", "budget", "limiter", "progress"].map((service) => ({
    target: "actor" as const,
    path: `services/${service}`,
    fault: "crash" as const,
    probability: 0.05,
    times: 2,
  })),
  { target: "actor", path: "conditions/*", fault: "crash", probability: 0.03, times: 1 },
  { target: "actor", path: "conditions/*/tasks", fault: "crash", probability: 0.03, times: 2 },
  { target: "store", fault: "reject", probability: 0.2, times: 2 },
  { target: "store", fault: "crash", probability: 0.2, times: 1 },
  { target: "store", fault: "drop", probability: 0.2, times: 1 },
  { target: "store", fault: "delay", probability: 0.3, forMs: 40 },
  { target: "store", fault: "duplicate", probability: 0.3 },
  { target: "executor", fault: "delay", probability: 0.3, forMs: 30 },
];

/** Faults of single attempts, which rows may tell of: they strike the same attempts whenever these are made. */
const told: FaultSchedule = [
  { target: "executor", fault: "reject", probability: 0.2 },
  { target: "executor", fault: "reject", status: 429, retryAfterMs: 20, probability: 0.2 },
  { target: "executor", fault: "reject", status: 400, probability: 0.1 },
  { target: "executor", fault: "drop", probability: 0.1 },
  { target: "executor", fault: "crash", probability: 0.05 },
  { target: "executor", fault: "hang", probability: 0.1 },
  { target: "backend", fault: "reject", probability: 0.1 },
];

/**
 * The faults of `crucible explore --faults default`: what may go wrong in production, and nothing else. Events between the actors of a process are
 * neither lost nor late there, so no rule drops or delays them.
 */
export const defaultFaults: FaultSchedule = [...hidden, ...told];
