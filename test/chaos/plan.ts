import type { FaultSchedule } from "crucible-harness/testing";
import { type Random, randomInt, stream } from "#src/kernel/random";
import type { Sabotage, Session } from "./world.ts";

type Rule = FaultSchedule[number];

/** Sessions of a round that misbehave; those after them only have to finish. */
const WILD_SESSIONS = 4;

const actors = [
  "services/collector",
  "services/breaker",
  "services/budget",
  "services/limiter",
  "services/progress",
  "conditions/a",
  "conditions/a/tasks",
  "conditions/s/tasks",
  "conditions",
  "services",
];

const oneOf = <T>(draw: Random, values: readonly T[]): T => values[randomInt(draw, values.length)]!;

/** A fault somewhere in the tree that must change no row. */
function actorFault(draw: Random): Rule {
  const path = oneOf(draw, actors);
  const isService = path.startsWith("services/");
  const fault = isService ? oneOf(draw, ["crash", "crash", "hang", "delay", "duplicate"] as const) : "crash";
  // what cannot be brought up ends a run, as in OTP; here only what is up shall fail
  const first = isService || path.endsWith("/tasks") ? 1 : 8;
  return { target: "actor", path, fault, at: first + randomInt(draw, 40), ...lasting(draw, fault) };
}

const lasting = (draw: Random, fault: string): { forMs?: number } =>
  fault === "hang" || fault === "delay" ? { forMs: randomInt(draw, 20) } : {};

function storeFault(draw: Random): Rule {
  const fault = oneOf(draw, ["crash", "reject", "drop", "delay", "hang", "duplicate"] as const);
  return { target: "store", fault, at: 1 + randomInt(draw, 12), ...lasting(draw, fault) };
}

/** Faults at the n-th attempt that must change no row. */
function gentleFault(draw: Random): Rule {
  const fault = oneOf(draw, ["delay", "duplicate"] as const);
  return { target: "executor", fault, at: 1 + randomInt(draw, 20), forMs: randomInt(draw, 10) };
}

/** Faults that belong to the experiment: drawn by task and attempt, they are the same in every session and in the straight run. */
export function ownFaults(seed: string): FaultSchedule {
  const draw = stream(seed, "own faults");
  const kinds = ["reject", "drop", "crash", "hang"] as const;
  return kinds.flatMap((fault): Rule[] =>
    draw() < 0.4
      ? [{ target: "executor", fault, probability: 0.02 + draw() * 0.1, ...(fault === "hang" ? { forMs: 30 } : {}) }]
      : [],
  );
}

/** What a round does in its n-th session. */
export function sessionOf(seed: string, n: number, folder: string, resume: boolean, sabotage?: Sabotage): Session {
  const draw = stream(seed, "session", n);
  const base = { seed, folder, resume, faultSeed: seed, ...(sabotage ? { sabotage } : {}) };
  if (n >= WILD_SESSIONS) return { ...base, faults: ownFaults(seed) };
  const wild: Rule[] = [];
  while (draw() < 0.6)
    wild.push(draw() < 0.65 ? actorFault(draw) : draw() < 0.5 ? storeFault(draw) : gentleFault(draw));
  const odd = stream(seed, "odd session", n);
  const what = oneOf(draw, ["call", "before commit", "after commit"] as const);
  const most = what === "call" ? 25 : 6;
  const end = draw();
  return {
    ...base,
    faults: [...ownFaults(seed), ...wild],
    ...(end < 0.8 ? { killAt: { what, n: 1 + randomInt(draw, most) } } : {}),
    ...(end > 0.7 ? { stopAt: { how: oneOf(draw, ["drain", "abort"] as const), n: 1 + randomInt(draw, 25) } } : {}),
    ...(end <= 0.7 && odd() < 0.2 ? { stopAt: { how: "stray", n: 1 + randomInt(odd, 25) } } : {}),
    ...(odd() < 0.15 ? { exitAt: 1 + randomInt(odd, 25) } : {}),
  };
}
