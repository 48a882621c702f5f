import type { Admission, Backend, Reply } from "#src/backends/backend";
import type { FaultMet, TaskFaults } from "#src/faults/task-faults";
import type { Clock } from "#src/kernel/clock";
import { copyOf } from "#src/kernel/copy";
import { show } from "#src/kernel/errors";
import { type Failure, failure, toFailure } from "#src/kernel/failure";
import { isPlainJson } from "#src/kernel/json";
import { type Random, stream } from "#src/kernel/random";
import { err, ok, type Result } from "#src/kernel/result";
import { wholeMicroseconds } from "#src/kernel/time";
import type { CallKind } from "#src/solver/solver";
import { abortReason, CANCELLED } from "./abort-reason.ts";
import { type AnswerState, givenState, type ScoreFound } from "./answer.ts";
import { AttemptTimeout } from "./attempt-timeout.ts";
import { CallLog, type CallsMade } from "./calls.ts";
import type { Condition, Factors, TaskContext } from "./condition.ts";
import type { Experiment } from "./define.ts";
import { faultsOf } from "./fault-levels.ts";
import { addAmounts, type TokenUsage } from "./outcome.ts";
import { isAmount, type Measured, type TaskValue, validateReturnValue } from "./return-value.ts";
import { Drawn, type SolveContext, solveTask } from "./solve.ts";
import { type Task, taskKey } from "./task.ts";

/** One attempt: what came of it, how long it took, what it cost. */
export interface AttemptResult {
  readonly result: Result<TaskValue, Failure>;
  readonly startedAt: number;
  readonly elapsedMs: number;
  /** Absent when nothing was charged and no cost was returned. */
  readonly cost?: number;
  readonly usage?: TokenUsage;
  /** Scores that were found before another scorer failed. */
  readonly scores?: readonly ScoreFound[];
  /** Times that it was made again because its worker died or lost touch; `cost` counts them, at the price of the one that is kept. */
  readonly redone?: number;
  /** Given back before it began: no call was made. */
  readonly begun?: false;
  /** What it met at a level of a factor of faults. */
  readonly faults?: readonly FaultMet[];
  /** When it called models, tools and scorers; absent where it called none, as of a condition that is a function. */
  readonly calls?: CallsMade;
  readonly worker: string;
}

/** Called with money that an attempt charges after its end: a server that answers too late charges all the same. */
export type LateCharge = (amount: number) => void;

/** What an attempt needs of its surroundings. */
export interface AttemptPlace {
  readonly clock: Clock;
  readonly worker: string;
  /** Where solvers of conditions without a backend of their own send their calls. */
  readonly backend?: Backend | undefined;
  /** Keeps the limits of backends, where the calls of a run are made in more than one place. */
  readonly admission?: Admission | undefined;
  log(task: Task, message: string): void;
  /** Called after code of a task and before ours: it may have replaced what all code of the process shares. */
  readonly afterUserCode?: (task: Task) => void;
}

/** An attempt that is under way. */
export interface RunningAttempt {
  /** Never rejects: a throw, a rejection, a timeout and a cancellation are failures. */
  readonly result: Promise<AttemptResult>;
  /** Aborts the condition's signal and fails the attempt as `cancelled`; nothing happens once it has ended. */
  cancel(): void;
}

/** An attempt that is made here. */
export interface LocalAttempt {
  /** Fails the attempt and aborts the condition's signal; nothing happens once it has ended. */
  giveUp(failed: Failure): void;
  /** Fails the attempt as `cancelled`. */
  cancel(): void;
}

/**
 * Starts one attempt at one task: the inside of every executor. A condition that ignores its signal is left behind, and what it returns
 * later is dropped; what it charges later is passed to `late`.
 *
 * @param attempt counted from 1
 */
export function executeAttempt(
  ...[experiment, condition, task, attempt, place, late]: AttemptParameters
): RunningAttempt & LocalAttempt {
  const context = new AttemptContext(experiment, condition, task, attempt, place, late);
  const result = new Promise<AttemptResult>((resolve) => context.begin(resolve));
  return { result, cancel: () => context.cancel(), giveUp: (failed) => context.giveUp(failed) };
}

type AttemptParameters = [
  experiment: Experiment,
  condition: Condition,
  task: Task,
  attempt: number,
  place: AttemptPlace,
  late?: LateCharge,
];

/** As `executeAttempt`, without a promise of the result. @param ended called once, possibly before this returns */
export function beginAttempt(
  ended: (result: AttemptResult) => void,
  ...[experiment, condition, task, attempt, place, late]: AttemptParameters
): LocalAttempt {
  const context = new AttemptContext(experiment, condition, task, attempt, place, late);
  context.begin(ended);
  return context;
}

const { AbortController } = globalThis; // a condition may put others in their place

/** Promises that an attempt may resolve to, one after another. One that resolves to itself has no end. */
const MOST_ADOPTED = 100;

/** The context of one attempt, and its course. What most conditions never touch (signal, random numbers) is made when it is. */
class AttemptContext implements TaskContext, SolveContext, LocalAttempt {
  readonly itemId: string;
  readonly condition: string;
  readonly repeat: number;
  readonly attempt: number;
  readonly factors: Factors;
  readonly limits: { readonly timeoutMs: number };
  readonly random = (): number => {
    this.#draw ??= stream(this.#experiment.config.randomSeed, "task", taskKey(this), this.attempt);
    return this.#draw();
  };
  readonly randomOf = (scorer: string): Random =>
    stream(this.#experiment.config.randomSeed, "task", taskKey(this), this.attempt, "scorer", scorer);
  readonly charge = (amount: number): void => {
    const sum = (this.#charged ?? 0) + (isAmount(amount) ? amount : 0);
    if (!isAmount(amount) || !isAmount(sum)) {
      const refused = new RangeError(`context.charge takes a finite number of at least 0, got ${show(amount)}`);
      this.#refuse(refused);
      throw refused; // it would empty or void the books
    }
    if (this.#resolve) this.#charged = sum;
    else this.#late?.(amount);
  };
  readonly log = (message: string): void => this.#place.log(this.#task, message);

  readonly faults: TaskFaults | undefined;
  readonly #experiment: Experiment;
  readonly #condition: Condition;
  readonly #task: Task;
  readonly #place: AttemptPlace;
  readonly #late: LateCharge | undefined;
  readonly #startedAt: number;
  readonly #startedMono: number;
  #draw: (() => number) | undefined;
  #charged: number | undefined;
  #usage: TokenUsage | undefined;
  #cached = 0;
  #unpriced = 0;
  #calls: CallLog | undefined;
  #scores: ScoreFound[] | undefined;
  #abort: AbortController | undefined;
  #gaveUp: DOMException | undefined;
  #timeout: AttemptTimeout | undefined;
  #resolve: ((result: AttemptResult) => void) | undefined;

  constructor(
    experiment: Experiment,
    condition: Condition,
    task: Task,
    attempt: number,
    place: AttemptPlace,
    late: LateCharge | undefined,
  ) {
    this.itemId = task.item.id;
    this.condition = condition.name;
    this.repeat = task.repeat;
    this.attempt = attempt;
    this.factors = condition.factors ?? {};
    this.limits = { timeoutMs: experiment.config.timeoutMs };
    this.#experiment = experiment;
    this.#condition = condition;
    this.#task = task;
    this.#place = place;
    this.#late = late;
    this.faults = faultsOf(condition, task, attempt, experiment.config.randomSeed, place.clock);
    this.#startedAt = place.clock.now();
    this.#startedMono = place.clock.monotonic();
  }

  /** Reaches a limited backend when a condition passes its context on to it. */
  get admission(): Admission | undefined {
    return this.#place.admission;
  }

  get signal(): AbortSignal {
    if (!this.#abort) {
      this.#abort = new AbortController();
      if (this.#gaveUp) this.#abort.abort(this.#gaveUp);
    }
    return this.#abort.signal;
  }

  begin(resolve: (result: AttemptResult) => void): void {
    this.#resolve = resolve;
    const { clock } = this.#place;
    const fail = (thrown: unknown): void => this.#end(err(toFailure(thrown, clock.now())));
    this.#timeout = new AttemptTimeout(clock, this.limits.timeoutMs, this.#startedMono, () => this.#timeOut());
    let adopted = 0;
    const settle = (value: unknown): void => {
      try {
        if (!isThenable(value)) this.#end(ok(value));
        else if (adopted++ < MOST_ADOPTED) value.then(settle, fail);
        else fail(new TypeError("returned a promise that resolves to another promise again and again"));
      } catch (thrown) {
        fail(thrown);
      }
    };
    try {
      const value = this.#work();
      this.#place.afterUserCode?.(this.#task);
      settle(value);
    } catch (thrown) {
      fail(thrown);
    }
  }

  /** The timeout stands still while a call waits for its turn. */
  readonly onWait = (waiting: boolean): void => {
    if (this.#resolve) this.#timeout?.wait(waiting);
  };

  #timeOut(): void {
    this.giveUp(failure("timeout", `took longer than ${this.limits.timeoutMs} ms`));
  }

  /** An invalid amount fails the attempt, also where the condition catches the error. */
  #refuse(refused: RangeError): void {
    this.#end(err(toFailure(refused, this.#place.clock.now())));
  }

  /** Ends the attempt from outside and aborts the condition's signal. */
  giveUp(failed: Failure): void {
    if (!this.#resolve) return;
    this.#end(err(failed));
    this.#gaveUp = abortReason(failed);
    this.#abort?.abort(this.#gaveUp);
  }

  cancel(): void {
    this.giveUp(CANCELLED);
  }

  #work(): unknown {
    const { item, answer } = this.#task;
    // what a condition does to it, no other attempt sees; scorers of an answer that was given here do not look at it
    const own = answer && givenState(answer.state) ? item.row : copyOf(item.row);
    const row = this.faults ? this.faults.row(own, !answer) : own;
    if (this.#condition.run) return this.#condition.run(row, this);
    const task = { ...this.#task, item: { ...item, row } };
    return solveTask(this.#condition, task, this, this.#place.backend);
  }

  /** Only what can travel: it goes to other threads and machines. */
  onScore(found: ScoreFound): void {
    if (this.#task.answer && isPlainJson(found))
      this.#scores = [...(this.#scores ?? this.#task.answer.scores ?? []), found];
  }

  /** A reply from a cache keeps its usage, costs nothing, and makes the time of the whole task meaningless. */
  onReply({ usage, cost, calls = 1, cached }: Reply): void {
    if (cost !== undefined && !cached) this.charge(cost);
    if (cached) this.#cached += 1;
    else if (cost === undefined) this.#unpriced += calls;
    const before = this.#usage ?? { promptTokens: 0, completionTokens: 0, totalTokens: 0, calls: 0 };
    this.#usage = {
      promptTokens: before.promptTokens + (usage?.promptTokens ?? 0),
      completionTokens: before.completionTokens + (usage?.completionTokens ?? 0),
      totalTokens: before.totalTokens + (usage?.totalTokens ?? 0),
      calls: before.calls + (cached ? 0 : calls),
      ...(this.#unpriced > 0 ? { unpriced: this.#unpriced } : {}),
      ...(this.#cached > 0 ? { cached: this.#cached } : {}),
    };
  }

  onCall(kind: CallKind, name: string): (failed?: boolean) => void {
    this.#calls ??= new CallLog(this.#place.clock, this.#startedMono);
    return this.#calls.begin(kind, name);
  }

  /** The first end counts, and time stops here: what other tasks do next is not this one's latency. */
  #end(returned: Result<unknown, Failure>): void {
    const resolve = this.#resolve;
    if (!resolve) return;
    this.#place.afterUserCode?.(this.#task);
    this.#resolve = undefined;
    const { clock, worker } = this.#place;
    this.#timeout?.stop();
    const elapsedMs = wholeMicroseconds(clock.monotonic() - this.#startedMono);
    const workedMs = wholeMicroseconds(elapsedMs - (this.#timeout?.waitedMs ?? 0));
    const result = returned.ok ? this.#read(returned.value, workedMs) : returned;
    const own = result.ok && !this.#task.answer ? result.value.metrics.cost : undefined;
    const cost = typeof own === "number" ? own : this.#charged;
    const met = this.faults?.met();
    resolve({
      result,
      startedAt: this.#startedAt,
      elapsedMs,
      worker,
      ...(cost === undefined ? {} : { cost }),
      ...(this.#usage ? { usage: this.#usage } : {}),
      ...(this.#scores && !result.ok ? { scores: this.#scores } : {}),
      ...(met ? { faults: met } : {}),
      ...(this.#calls ? { calls: this.#calls.end(elapsedMs) } : {}),
    });
  }

  #read(returned: unknown, elapsedMs: number): Result<TaskValue, Failure> {
    const { answer } = this.#task;
    const latency = this.#cached > 0 ? undefined : elapsedMs;
    if (returned instanceof Drawn) return ok(drawn(returned.state, { latency, cost: this.#charged }));
    const measured = answer
      ? { latency: answer.metrics.latency, cost: addAmounts(answer.metrics.cost, this.#charged) }
      : { latency, cost: this.#charged };
    const isLast = this.attempt - (answer?.attempts ?? 0) > this.#experiment.config.errorHandling.maxRetries;
    try {
      return validateReturnValue(returned, this.#experiment, measured, isLast);
    } catch (thrown) {
      return err(toFailure(thrown, this.#place.clock.now())); // a getter that throws, a proxy that was revoked
    }
  }
}

/** The value of an attempt that gave an answer: not yet a result. */
const drawn = (answer: AnswerState, { latency, cost }: Measured): TaskValue => ({
  metrics: { ...(latency === undefined ? {} : { latency }), ...(cost === undefined ? {} : { cost }) },
  scored: false,
  answer,
});

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof (value as PromiseLike<unknown> | null | undefined)?.then === "function";
