import type { AnyActorRef } from "xstate";
import { type LimiterCommand, sendToService } from "#actors/messages";
import { demandOf } from "#actors/worker-attempt";
import type { WorkerContext } from "#actors/worker-scope";
import type { Outcome } from "#src/experiment/outcome";

/** The outcome of a crashed worker. */
export interface Reclaimed {
  /** What its attempt counts as spent, where that is known. */
  readonly paid?: number | undefined;
  /** Its outcome, where it had one that was not stored. */
  readonly done?: Outcome | undefined;
}

/** Whether the attempt of a worker has ended and it may be on its way to an outcome: what it leaves behind is known in a moment. */
export function isEnding(worker: AnyActorRef): boolean {
  const { context } = worker.getSnapshot() as { context: WorkerContext };
  return context.call.isOver === true && !context.outcome;
}

/**
 * Takes back what a worker that died left behind: its attempt, its slot, and its promise of money. A call that was under way counts as spent, since
 * its outcome is unknown.
 */
export function reclaim(worker: AnyActorRef): Reclaimed {
  const { context } = worker.getSnapshot() as { context: WorkerContext };
  const { scope, task, attempt, reserved, outcome } = context;
  const { running, bill } = context.call;
  if (!attempt) running?.cancel();
  sendToService<LimiterCommand>(worker.system, "limiter", { type: "call.settle", ordinal: task.ordinal, worker });
  const paid = attempt ? attempt.cost : running ? reserved : undefined;
  if (scope.money.reservationOf) scope.money.settle({ ...demandOf(context), amount: paid ?? 0 });
  if (attempt || outcome) return { paid, done: outcome };
  if (running && bill) {
    bill.ahead = paid ?? 0;
    void running.result.then(({ cost: charged = 0, begun }) => {
      if (begun !== false) bill.charge(charged);
      else if (paid) scope.money.chargedLate(task, -paid); // given back: it had not begun
    });
  }
  return { paid };
}
