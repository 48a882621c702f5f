import type { Executor } from "#src/execute/executor";
import type { Answers } from "#src/experiment/answers";
import type { Answer, FailedAttempt } from "#src/experiment/attempts";
import type { AttemptResult, RunningAttempt } from "#src/experiment/execute";
import type { Outcome } from "#src/experiment/outcome";
import type { Task } from "#src/experiment/task";
import type { Clock } from "#src/kernel/clock";
import type { Failure } from "#src/kernel/failure";
import type { Bill } from "#src/policy/bill";
import type { BookEntry } from "#src/policy/book";
import type { ErrorVerdict, RetryDecision, RetryOptions } from "#src/policy/retry";

import type { FactSink, RunMailbox } from "./messages.ts";

/** The hooks of the experiment that are asked about a task; each is absent where there is none. */
export interface TaskHooks {
  readonly onError?: (task: Task, failure: Failure) => Promise<ErrorVerdict | undefined>;
  readonly beforeTask?: (task: Task) => Promise<void>;
  readonly afterTask?: (task: Task, outcome: Outcome) => Promise<void>;
}

/** What a task costs, beside what its attempts say. */
export interface TaskMoney {
  /** What an attempt is expected to cost; absent while the run has no budget. */
  reservationOf?: (task: Task) => number;
  /** Settles the promise of an attempt whose worker died, at once: the budget may be down with it, and its money must not be missed meanwhile. */
  readonly settle: (spent: Omit<BookEntry, "state">) => void;
  /** Called with money that is in no row: what a server charged after its attempt had ended. */
  readonly chargedLate: (task: Task, amount: number) => void;
  /** Called when a task begins again after its pool broke: its row will not include what its earlier attempts cost. */
  readonly writeOff: (task: Task) => void;
}

/** What all workers of a run share. */
export interface WorkerScope {
  readonly executor: Executor;
  readonly clock: Clock;
  readonly retry: RetryOptions;
  readonly seed: number;
  readonly facts: FactSink;
  readonly hooks: TaskHooks;
  /** Told how attempts end that are neither skipped nor cancelled. @param failed nothing where the condition returned */
  readonly noteAttempt: (failed?: Failure) => void;
  readonly run: RunMailbox;
  /** Whether the run lets nothing new start: what runs may end, what waits goes. */
  readonly intake: { readonly draining: boolean };
  /** Whether the task has a stored outcome: one that was fed again after a crash may be stored while it waits. */
  readonly isFinished: (ordinal: number) => boolean;
  readonly money: TaskMoney;
  readonly lineageOf?: (task: Task) => Outcome["lineage"];
  /** Answers that wait to be scored. */
  readonly answers: Answers;
}

/** What a worker is started with. */
export interface WorkerInput {
  readonly scope: WorkerScope;
  readonly task: Task;
  /** How the earlier attempts ended, oldest first. */
  readonly earlier: readonly FailedAttempt[];
  /** Whether it was begun before and its pool broke. */
  readonly isRefed?: boolean;
  /** Outcome of a worker that crashed before storing it; this worker stores it: nothing is paid twice. */
  readonly done?: Outcome | undefined;
  /** Called when the attempt no longer needs its slot, so that the next task can be fed while this one is being stored. */
  readonly leftSlot: (ordinal: number) => void;
}

/** What a worker knows. */
export interface WorkerContext extends WorkerInput {
  /** The call that was sent out, written when it is: a worker that dies of anything later has it. */
  readonly call: {
    running?: RunningAttempt;
    bill?: Bill;
    /** Whether it has ended: in the middle of the worker's transition the context does not say so yet. */
    isOver?: boolean;
  };
  /** Money promised to this attempt. */
  readonly reserved?: number | undefined;
  readonly attempt?: AttemptResult | undefined;
  /** What is scored: present from the moment that it is given, in every later incarnation. */
  readonly answer?: Answer | undefined;
  readonly decision?: RetryDecision;
  readonly outcome?: Outcome;
}
