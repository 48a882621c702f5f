import { breakerMachine } from "#actors/breaker";
import { collectorLogic } from "#actors/collector";
import { limiterLogic } from "#actors/limiter";
import { workerLogic } from "#actors/worker";
import { normal } from "#src/kernel/exit";
import { conditionMachine } from "#supervisors/condition";
import type { TaskSlot } from "#supervisors/feeder";
import { dynamicSupervisor, supervisor } from "#supervisors/otp/index";
import { runMachine } from "#supervisors/run";
import { suiteMachine } from "#supervisors/suite";
import { memberMachine } from "#supervisors/suite-member";
import { chartOf, type MachineChart } from "./chart-of.ts";

/** The machines of a run by kind: every actor of its tree that has states is an instance of one of them. */
export const runKinds = [
  "run",
  "worker",
  "condition",
  "pool",
  "breaker",
  "limiter",
  "collector",
  "supervisor",
] as const;
/** Those above the runs of a suite. */
const suiteKinds = ["suite", "member"] as const;
export const machineKinds = [...runKinds, ...suiteKinds] as const;
export type MachineKind = (typeof machineKinds)[number];

/** What each kind of machine is there for, in a sentence. */
export const machineRoles: Readonly<Record<MachineKind, string>> = {
  run: "Prepares, runs its supervision tree, pauses and stops it, and has the results analysed.",
  worker: "One attempt at one task. Ending as failed asks its pool for another attempt.",
  condition: "Feeds the tasks of one condition to its pool.",
  pool: "The task pool of a condition: a dynamic supervisor whose restarts are retries.",
  breaker: "The circuit breaker over the last ended tasks of the run.",
  limiter: "Slots of the whole run, starts per second, and the intake that breaker and pause close.",
  collector: "Gathers outcomes, commits them together, and acknowledges after the commit.",
  supervisor: "Starts, watches, restarts and stops its children in order.",
  suite: "Finds and checks several experiments, runs some at a time, and has one report made of all.",
  member: "One experiment of a suite: its run, which has a tree of its own.",
};

let charts: Readonly<Record<MachineKind, MachineChart>> | undefined;

/** The charts of all machines of a run, each read from what really runs. */
export function machineCharts(): Readonly<Record<MachineKind, MachineChart>> {
  const pool = dynamicSupervisor<TaskSlot>({ start: () => "ignore" });
  charts ??= {
    run: chartOf(runMachine.config),
    worker: chartOf(workerLogic.config),
    condition: chartOf(
      conditionMachine({ pool, feeder: { feedTo: () => {}, stop: () => {}, leave: () => {} }, gaveUp: normal }).config,
    ),
    pool: chartOf(pool.config),
    breaker: chartOf(breakerMachine.config),
    limiter: chartOf(limiterLogic.config),
    collector: chartOf(collectorLogic.config),
    supervisor: chartOf(supervisor({ children: [] }).config),
    suite: chartOf(suiteMachine.config),
    member: chartOf(memberMachine.config),
  };
  return charts;
}
