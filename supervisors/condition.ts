import { assign, setup } from "xstate";
import { workerLogic } from "#actors/worker";
import type { WorkerInput } from "#actors/worker-scope";
import { failedAttemptOf } from "#src/experiment/attempts";
import { crash, type Exit, normal, shutdown } from "#src/kernel/exit";
import type { Feeder, TaskSlot } from "./feeder.ts";
import { type DynamicSupervisorLogic, dynamicSupervisor } from "./otp/dynamic.ts";
import { type RunScope, segment, tapped } from "./run-scope.ts";

/** Pools that may break before the condition gives up. */
const POOL_RESTARTS = 3;

/** The workers of a condition: a failure worth another attempt is a crash, and the pool starts the task's next incarnation after its delay. */
const taskPool = (scope: RunScope, feeder: Feeder, name: string, path: string) =>
  dynamicSupervisor<TaskSlot>({
    id: ({ task }) => `${task.item.id}/${task.repeat}`,
    start: (slot, { exits }) => {
      const last = slot.broke ?? exits.at(-1);
      if (last) slot.done ??= feeder.endOfStage(slot, last);
      if (last && !slot.done) slot.earlier.push(failedAttemptOf(last, scope.clock, slot.paid));
      delete slot.broke;
      delete slot.paid;
      const { task, isRefed, done } = slot;
      const input: WorkerInput = { scope, leftSlot: feeder.leftSlot, task, earlier: [...slot.earlier], isRefed, done };
      const { item, repeat } = task;
      return { logic: scope.tap?.(`${path}/${segment(item.id)}#${repeat}`, workerLogic) ?? workerLogic, input };
    },
    restart: "transient",
    shutdownMs: "brutal_kill",
    intensity: Number.POSITIVE_INFINITY, // each task has a budget of its own; the breaker watches the whole
    restartBudget: scope.retry.maxRetries * (scope.answers.isApart(name) ? 2 : 1), // each stage has its own
    restartDelayMs: (exit) => failedAttemptOf(exit, scope.clock).delayMs,
    onFact: feeder.heard,
  });

/** What a condition is made of. */
export interface ConditionParts {
  readonly pool: DynamicSupervisorLogic<TaskSlot>;
  readonly feeder: Pick<Feeder, "feedTo" | "stop" | "leave">;
  /** How it ends when its pool breaks too often. */
  readonly gaveUp: Exit;
}

/**
 * One condition of the run: a pool of workers and what feeds it. A condition that is done ends `normal`. One whose pool breaks too
 * often gives up: `shutdown` under `isolate`, so that the others continue, a crash under `abort`.
 */
export function conditionLogic(scope: RunScope, name: string, feeder: Feeder) {
  const path = `conditions/${segment(name)}/tasks`;
  const gaveUp = scope.experiment.config.onConditionFailure === "abort" ? crash("gave up") : shutdown("gave up");
  return conditionMachine({ pool: tapped(scope, path, taskPool(scope, feeder, name, path)), feeder, gaveUp });
}

/** The machine of a condition, also for tools that draw. */
export const conditionMachine = ({ pool, feeder, gaveUp }: ConditionParts) =>
  setup({
    types: {
      context: {} as { exit: Exit; crashes: number },
      events: {} as { type: "tasks.feed" } | { type: "tasks.ended" } | { type: "actor.shutdown" },
      output: {} as Exit,
    },
    actors: { tasks: pool },
    actions: {
      begin: ({ self }) => self.send({ type: "tasks.feed" }), // the pool is up when this is read
      feed: ({ self }) => {
        const tasks = self.getSnapshot().children.tasks;
        if (tasks) feeder.feedTo(tasks, () => self.send({ type: "tasks.ended" }));
      },
      stopFeeding: () => feeder.stop(),
      leave: () => feeder.leave(),
      countCrash: assign({ crashes: ({ context }) => context.crashes + 1 }),
      noteStopped: assign({ exit: shutdown() }),
      noteGivenUp: assign({ exit: gaveUp }),
    },
    guards: { mayRestart: ({ context }) => context.crashes < POOL_RESTARTS },
  }).createMachine({
    id: "condition",
    context: { exit: normal, crashes: 0 },
    initial: "running",
    states: {
      running: {
        entry: "begin",
        exit: "stopFeeding",
        invoke: {
          id: "tasks",
          src: "tasks",
          onError: [
            { guard: "mayRestart", target: "running", reenter: true, actions: "countCrash" },
            { target: "gaveUp" },
          ],
          onDone: { target: "gaveUp" },
        },
        on: {
          "tasks.feed": { actions: "feed" },
          "tasks.ended": { target: "finished" },
          "actor.shutdown": { target: "stopped" },
        },
      },
      finished: { type: "final" },
      stopped: { type: "final", entry: "noteStopped" },
      gaveUp: { type: "final", entry: ["noteGivenUp", "leave"] },
    },
    output: ({ context }) => context.exit,
  });
