import type { ActorRef, AnyActorRef, Snapshot } from "xstate";
import type { Answer } from "#src/experiment/attempts";
import type { AttemptResult } from "#src/experiment/execute";
import type { LimitChanges } from "#src/experiment/limits";
import type { Lineage } from "#src/experiment/lineage";
import type { Outcome } from "#src/experiment/outcome";
import type { StopRequest } from "#src/experiment/session";
import type { Failure } from "#src/kernel/failure";
import type { BudgetLimits } from "#src/policy/budget";
import type { Intake } from "#src/policy/intake";
import type { RetryDecision } from "#src/policy/retry";

/** Every event that crosses between actors of a run. Commands are imperative, facts past tense. */

/** Where a reply goes. */
export type ReplyTo<Event extends { type: string }> = Pick<ActorRef<Snapshot<unknown>, Event>, "send" | "getSnapshot">;

/** Names under which the services of a run are registered in its actor system. */
export const serviceNames = ["collector", "breaker", "budget", "limiter", "progress"] as const;
export type ServiceName = (typeof serviceNames)[number];

/** Sent to every worker when a service has (re)started: workers that wait for its answer ask again. */
export type ServiceUp = { readonly type: "service.up"; readonly service: ServiceName };

/** To the limiter: may this attempt start? Answered by `call.admitted` as soon as there is a slot. */
export type LimiterCommand =
  | { readonly type: "call.admit"; readonly ordinal: number; readonly worker: ReplyTo<WorkerEvent> }
  /** The attempt no longer runs; harmless when the slot is free already, or that of a later attempt at the task. `throttled` when the server said 429, and not when it did the work, `gone` when it will have no result. */
  | {
      readonly type: "call.settle";
      readonly ordinal: number;
      readonly worker?: ReplyTo<WorkerEvent>;
      readonly throttled?: boolean;
      readonly gone?: boolean;
    }
  /** Attempts that were running when the limiter was restarted hold their slot again. */
  | { readonly type: "call.hold"; readonly ordinal: number; readonly worker: ReplyTo<WorkerEvent> }
  /** Whether tasks may start from now on. Every `trial` looks for a trial task of its own. */
  | { readonly type: "intake.change"; readonly intake: Intake }
  /** Another run has left a slot that runs share. */
  | { readonly type: "slot.freed" }
  /** `null` lifts the limit. */
  | { readonly type: "limits.change"; readonly maxParallel?: number; readonly rateLimit?: number | null };

/** To the budget: may this attempt cost so much? Answered by `budget.reserved` or `budget.refused`. */
export type BudgetCommand =
  | {
      readonly type: "budget.reserve";
      readonly ordinal: number;
      readonly attempt: number;
      readonly condition: string;
      readonly amount: number;
      readonly worker: ReplyTo<WorkerEvent>;
    }
  /** The attempt ended; `amount` was promised to it, `cost` is what it cost. */
  | {
      readonly type: "budget.settle";
      readonly ordinal: number;
      readonly attempt: number;
      readonly condition: string;
      readonly amount: number;
      readonly cost: number;
      /** What is promised to the task's next attempt, which begins at once: what is left of the promise, so no limit is asked. */
      readonly next?: number;
    }
  /** The cost of an attempt to which nothing was promised: where the run has no budget, or had none when it began. */
  | {
      readonly type: "budget.spend";
      readonly ordinal: number;
      readonly attempt: number;
      readonly condition: string;
      readonly amount: number;
      /** Whether the task's row is stored next and accounts for it. */
      readonly isInRow: boolean;
    }
  /** Money was spent or given back elsewhere: a waiting task may fit now. */
  | { readonly type: "budget.review" }
  | { readonly type: "budget.change"; readonly limits: BudgetLimits };

/** To the breaker, besides what was stored: which task is the trial, and how attempts ended until the first that succeeded. */
export type BreakerEvent =
  | OutcomesStored
  | { readonly type: "trial.started"; readonly ordinal: number }
  | { readonly type: "attempt.failed"; readonly error: Failure }
  | { readonly type: "attempt.succeeded" };

export type WorkerEvent =
  | { readonly type: "call.admitted" }
  | { readonly type: "budget.reserved"; readonly amount: number }
  | { readonly type: "budget.refused"; readonly limit: "run" | "condition" | "suite" }
  | { readonly type: "attempt.ended"; readonly attempt: AttemptResult }
  | { readonly type: "retry.decided"; readonly decision: RetryDecision }
  | { readonly type: "answer.kept" }
  | { readonly type: "outcome.stored" }
  | { readonly type: "hook.ended" }
  /** No new attempt may start any more; those that run may end. */
  | { readonly type: "run.drain" }
  | ServiceUp;

/** To the collector: keep this. Replied to by `outcome.stored` or `answer.kept` after the commit. Without a worker no reply is awaited. */
export type CollectorCommand =
  | { readonly type: "answer.keep"; readonly answer: Answer; readonly worker: ReplyTo<WorkerEvent> }
  | { readonly type: "outcome.store"; readonly outcome: Outcome; readonly worker?: ReplyTo<WorkerEvent> }
  | { readonly type: "rows.committed" }
  | { readonly type: "rows.refused"; readonly error: string };

/** Rows that were committed and were new: what breaker, budget and progress learn from. */
export type OutcomesStored = { readonly type: "outcomes.stored"; readonly outcomes: readonly Outcome[] };

/** To the run. */
export type RunCommand =
  /** Nothing new starts and running tasks end; an abort ends them, unless a spent quota is its cause. The first request names the status. */
  | { readonly type: "run.stop"; readonly request: StopRequest }
  /** Running tasks are ended, also in a run that stops already. */
  | { readonly type: "run.abort"; readonly reason: string }
  | {
      readonly type: "run.pause" | "run.resume";
      readonly by?: string | undefined;
      readonly reason?: string | undefined;
    }
  /** A limit of the budget refused a task. */
  | { readonly type: "budget.exhausted"; readonly limit: "run" | "condition" | "suite"; readonly condition: string };

/** Where services and workers send what ends the run. */
export interface RunMailbox {
  send(command: RunCommand): void;
}

/** What facts about a task carry beside it. */
export type OfLineage = {
  /** Ids of a surrounding system, where the experiment has a `lineage`. */
  readonly lineage?: Lineage;
};

/** What observers of a run see: `handle.facts`. Data only. */
export type Fact =
  | {
      readonly type: "run.started" | "run.resumed";
      readonly experimentId: string;
      readonly tasks: number;
      readonly pending: number;
      /** Whether more tasks may be planned: rows are read while tasks are run. */
      readonly open?: true;
      /** Whether the process before ended without a word: it was killed, or out of memory. */
      readonly killed?: true;
      /** Milliseconds an attempt may take. Absent in older recordings. */
      readonly timeoutMs?: number;
      /** Every setting that is not a default, and where it came from. Absent in recordings that are older than this entry. */
      readonly settings?: Readonly<Record<string, { readonly value: unknown; readonly source: string }>>;
    }
  | { readonly type: "run.paused" | "run.continued"; readonly by: string; readonly reason?: string }
  | {
      readonly type: "limits.changed";
      /** Each limit that is another now; `null` where there is none. */
      readonly changes: LimitChanges;
      readonly by: string;
      readonly reason?: string;
    }
  | { readonly type: "run.stopping"; readonly status: string; readonly reason: string }
  /** No more rows can be read: the run ends when the tasks of those before have. */
  | { readonly type: "source.failed"; readonly message: string }
  | { readonly type: "run.ended"; readonly status: string }
  | ({
      readonly type: "task.started";
      readonly ordinal: number;
      /** Counted from 1, over both stages of a task that has two. */
      readonly attempt: number;
      /** Present where a stored answer begins to be scored. */
      readonly stage?: "scoring";
    } & OfLineage)
  | ({
      readonly type: "task.retried";
      readonly ordinal: number;
      readonly attempt: number;
      readonly delayMs: number;
      readonly error: Failure;
      /** Present where it is the scoring of a stored answer that is tried again. */
      readonly stage?: "scoring";
    } & OfLineage)
  | ({ readonly type: "task.settled"; readonly ordinal: number; readonly status: Outcome["finalStatus"] } & OfLineage)
  | ({ readonly type: "task.logged"; readonly ordinal: number; readonly message: string } & OfLineage)
  | { readonly type: "hook.failed"; readonly hook: string; readonly error: string }
  /** What the executor has to say to people: no worker is there, a service is away, it is back. */
  | { readonly type: "executor.notice"; readonly message: string }
  | {
      readonly type: "circuit.opened" | "circuit.halfOpened" | "circuit.closed";
      readonly failures: number;
      readonly ended: number;
    }
  /** Of a condition, of the suite that the run is part of, else of the run. */
  | { readonly type: "budget.exhausted"; readonly condition?: string; readonly suite?: true }
  | { readonly type: "concurrency.changed"; readonly allowed: number }
  | { readonly type: "service.restarted"; readonly service: ServiceName }
  | { readonly type: "child.exited"; readonly path: string; readonly reason: string };

/** Takes facts. Never throws, never waits. */
export type FactSink = (fact: Fact) => void;

/** Sends a command to a service. A service that is restarting misses it: workers that wait ask again at its `service.up`. */
export function sendToService<Command extends { type: string }>(
  system: { get(name: string): unknown },
  service: ServiceName,
  command: Command,
): void {
  (system.get(service) as AnyActorRef | undefined)?.send(command);
}
