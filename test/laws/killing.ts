import type { Experiment, FaultInjection, RunOptions, RunStore } from "crucible-harness";
import { faults, type ObservedRun, observe, type RunRecord } from "crucible-harness/testing";
import type { AnyActorLogic, AnyActorRef } from "xstate";
import { pathMatches } from "#src/testing/fault-schedule";
import { exitSignal, killed } from "#supervisors/otp/index";
import { runs } from "../runs.ts";
import { finish, lastingStore, rowsOf, type World } from "./harness.ts";

/** Ways for an actor to die at an event: it throws, or it is killed from outside while it has the event on its desk. */
export const deaths = ["crash", "kill"] as const;
export type Death = (typeof deaths)[number];

/** Kills the actor at `path` when it is about to read its n-th event. */
export function death(how: Death, path: string, at: number): FaultInjection {
  if (how === "crash") return faults([{ target: "actor", path, fault: "crash", at }]);
  return tapOf(path, (self, n) => {
    if (n === at) exitSignal(self, killed);
  });
}

/** Counts the events that actors at `path` read. */
export function counting(path: string): { faults: FaultInjection; count(): number } {
  let seen = 0;
  return {
    faults: tapOf(path, (_, n) => {
      seen = n;
    }),
    count: () => seen,
  };
}

const same = <T>(plug: T): T => plug;

function tapOf(pattern: string, each: (self: AnyActorRef, n: number) => void): FaultInjection {
  return {
    description: `looks at ${pattern}`,
    arm: () => {
      let n = 0;
      return {
        executor: same,
        store: same,
        backend: same,
        tap<L extends AnyActorLogic>(path: string, logic: L): L {
          if (!pathMatches(pattern, path)) return logic;
          const transition: AnyActorLogic["transition"] = (snapshot, event, scope) => {
            if (event.type !== "xstate.stop") each(scope.self, ++n);
            return logic.transition(snapshot, event, scope);
          };
          return Object.create(logic, { transition: { value: transition } }) as L;
        },
      };
    },
  };
}

/** Every actor of the tree but the workers. */
export const places = [
  "services/collector",
  "services/breaker",
  "services/budget",
  "services/limiter",
  "services/progress",
  "conditions/c0",
  "conditions/c0/tasks",
  "conditions",
  "services",
];

/** Every event up to so many, and then ever fewer: a law over hundreds of events need not try each. */
export const sampled = (events: number): number[] => {
  const dense = runs(7, 25);
  return Array.from({ length: events }, (_, i) => i + 1).filter(
    (n) => n <= dense || n % Math.ceil(events / dense) === 0,
  );
};

export interface Ran {
  readonly record: RunRecord;
  readonly store: RunStore;
  readonly rows: readonly unknown[];
}

/** Starts an experiment under observation on a world's clock. @param resumeId resumes this run instead */
export const startIn = (
  here: World,
  experiment: Experiment,
  options: RunOptions,
  store: RunStore,
  resumeId?: string,
): ObservedRun => observe(experiment, { clock: here.clock, store: () => store, formats: [], ...options }, resumeId);

/** Runs an experiment under observation on a world's clock. */
export async function runIn(
  here: World,
  experiment: Experiment,
  options: RunOptions = {},
  store: RunStore = lastingStore(),
  resumeId?: string,
): Promise<Ran> {
  const { handle, record } = startIn(here, experiment, options, store, resumeId);
  record.catch(() => {});
  await finish(here, handle);
  return { record: await record, store, rows: await rowsOf(store) };
}
