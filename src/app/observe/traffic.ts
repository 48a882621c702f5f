import type { SnapshotFrom } from "xstate";
import type { budgetLogic } from "#actors/budget";
import type { limiterLogic } from "#actors/limiter";
import type { RunScope } from "#supervisors/run-scope";
import type { Traffic } from "./forecast.ts";

/** What the services of a run show of its traffic. */
export function trafficOf({ service, intake, limits }: RunScope, tasksPerSecond: number): Traffic {
  const limiter = service("limiter")?.getSnapshot() as SnapshotFrom<typeof limiterLogic> | undefined;
  const budget = service("budget")?.getSnapshot() as SnapshotFrom<typeof budgetLogic> | undefined;
  return {
    paused: intake.paused,
    circuit: intake.circuit,
    limiter: limiter?.value as string | undefined,
    running: limiter?.context.running.size ?? 0,
    allowed: limiter?.context.limits.concurrency.allowed ?? limits.maxParallel,
    awaitingMoney: budget?.context.waiting.length ?? 0,
    tasksPerSecond,
    limits,
  };
}
