import type { AnyActorRef } from "xstate";
import { lineageIn } from "#actors/worker-attempt";
import { type Answer, type FailedAttempt, failedAttemptOf, lostOutcome, nextAttempt } from "#src/experiment/attempts";
import type { Outcome } from "#src/experiment/outcome";
import type { Task } from "#src/experiment/task";
import { ChurnMap } from "#src/kernel/churn-map";
import { crash, type Exit } from "#src/kernel/exit";
import { type Feeding, hasEnded, mayFeed, STORING_MOST, wantsRows } from "#src/policy/feeding";
import { scoredAtOnce } from "./at-once.ts";
import { type PoolFact, spawn } from "./otp/dynamic.ts";
import { isExit } from "./otp/exit.ts";
import { isEnding, reclaim } from "./reclaim.ts";
import type { PoolFeeder, RunScope } from "./run-scope.ts";

/** What a worker is started with, over all its incarnations. */
export interface TaskSlot {
  readonly task: Task;
  readonly earlier: FailedAttempt[];
  /** How the last worker that broke on its way up did so. */
  broke?: Exit;
  /** What the attempt of the last worker that died counts as spent. */
  paid?: number | undefined;
  /** Outcome of a worker that crashed before storing it; the next worker stores it. */
  done?: Outcome | undefined;
  /** Whether it was begun before and its pool broke. */
  readonly isRefed: boolean;
}

/**
 * Feeds one condition's tasks, in the order of the plan, to a pool of workers: as many at a time as the run may have in parallel.
 * Its counters are plain numbers: a task costs the machine no event.
 */
export class Feeder implements PoolFeeder {
  readonly #scope: RunScope;
  readonly #index: number;
  #pool: AnyActorRef | undefined;
  #position = 0;
  /** Highest plan position reached by any earlier pool. */
  #furthest = 0;
  /** Workers without an attempt ahead of them: deciding, storing. */
  readonly #withoutSlot = new Set<number>();
  /** Workers by ordinal; nothing yet for one that is being started. */
  readonly #live = new ChurnMap<number, AnyActorRef | undefined>();
  /** Outcomes without a worker that waits for them, until they are stored: of tasks whose worker broke permanently, or with its pool while it stored, and of those scored at once. */
  readonly #lost = new ChurnMap<number, Outcome>();
  /** Workers that died with their pool as their attempts ended: nothing is fed until what they left is taken back. */
  readonly #ending: AnyActorRef[] = [];
  #backingOff = 0;
  #feeding = false;
  /** Whether the condition's money is spent: what was not started stays planned. */
  #refused = false;
  #ended: () => void = () => {};

  constructor(scope: RunScope, condition: string) {
    this.#scope = scope;
    this.#index = scope.plan.conditions.indexOf(condition);
  }

  /** Begins, or begins again after the pool broke: what is stored is not done twice. */
  feedTo(pool: AnyActorRef, ended: () => void): void {
    this.stop();
    this.#pool = pool;
    this.#ended = ended;
    this.#furthest = Math.max(this.#furthest, this.#position);
    this.#position = 0;
    this.#backingOff = 0;
    this.#withoutSlot.clear();
    this.#scope.pools.set(pool, this);
    this.storeAgain(); // a collector that was restarted while there was no pool did not ask for it
    this.feed();
  }

  stop(): void {
    if (this.#pool) this.#scope.pools.delete(this.#pool);
    this.#pool = undefined;
    for (const worker of this.#live.values()) {
      if (worker && isEnding(worker)) this.#ending.push(worker);
      else if (worker) this.#takeOver(worker);
    }
    this.#live.clear();
    if (this.#ending.length === 0) return;
    queueMicrotask(() => {
      for (const worker of this.#ending.splice(0)) this.#takeOver(worker);
      this.feed();
    });
  }

  /** Takes back what a worker left that died with its pool. An outcome that it was storing may be in the collector: it is stored, and not made again. */
  #takeOver(worker: AnyActorRef): void {
    const { done } = reclaim(worker);
    if (done && !this.#scope.tally.finished.has(done.ordinal)) this.#storeWithoutWorker(done);
  }

  readonly leftSlot = (ordinal: number): void => {
    this.#withoutSlot.add(ordinal);
    this.feed();
  };

  /** Keeps count of the pool's children. */
  readonly heard = (fact: PoolFact<TaskSlot>): void => {
    if (fact.type === "child.started") {
      if (fact.restarts > 0) this.#backingOff -= 1;
      this.#live.set(fact.args.task.ordinal, fact.actor);
    }
    if (fact.type === "child.failed") this.#brokeOnTheWay(fact.args, fact.reason);
    if (fact.type === "child.abandoned") {
      this.#backingOff -= 1;
      this.#recordLost(fact.args, fact.args.broke!);
      this.feed();
    }
    if (fact.type !== "child.exited") return;
    const slot = fact.args;
    const { ordinal } = slot.task;
    this.#live.delete(ordinal);
    this.#withoutSlot.delete(ordinal);
    if (fact.exit.kind === "shutdown" && fact.exit.reason === "refused") this.#refused = true;
    if (fact.willRestart) {
      this.#backingOff += 1;
      this.#reportRetry(slot, fact.exit, fact.delayMs);
    }
    if (fact.exit.kind === "crash" || fact.exit.kind === "killed") {
      Object.assign(slot, reclaim(fact.actor));
      if (!fact.willRestart) this.#recordLost(slot, fact.exit);
    }
    this.feed();
  };

  feed(): void {
    if (this.#feeding || this.#ending.length > 0 || !this.#pool) return; // spawning reports to us, and that feeds
    this.#feeding = true;
    const { plan, tally } = this.#scope;
    while (mayFeed(this.#now())) {
      const ordinal = plan.ordinalOf(this.#index, this.#position);
      const isRefed = this.#position < this.#furthest;
      this.#position += 1;
      if (tally.finished.has(ordinal) || this.#lost.has(ordinal)) continue;
      const answer = this.#answerOf(ordinal, isRefed);
      const task = plan.task(ordinal);
      const scored = isRefed ? undefined : scoredAtOnce(this.#scope, task, answer);
      if (scored === "later" && this.#live.size > 0) {
        this.#position -= 1; // the end of a worker feeds again, in another turn
        break;
      }
      if (scored === undefined || scored === "later")
        this.#start({ task, earlier: answer ? [...answer.earlier] : [], isRefed });
      else this.#storeWithoutWorker(scored);
      if (this.#lost.size >= STORING_MOST) this.#forgetStored();
    }
    this.#feeding = false;
    this.#forgetStored();
    const now = this.#now();
    if (wantsRows(now)) this.#scope.rows?.want();
    if (!hasEnded(now)) return;
    this.leave();
    this.#ended();
  }

  /** The condition has ended, or has given up: no items are held for its tasks. */
  leave(): void {
    this.#scope.rows?.left(this.#index);
  }

  #forgetStored(): void {
    const { finished } = this.#scope.tally;
    for (const ordinal of this.#lost.keys()) if (finished.has(ordinal)) this.#lost.delete(ordinal);
  }

  /** The answer that waits to be scored. One that no store has goes with the pool: what it cost is written off. */
  #answerOf(ordinal: number, isRefed: boolean): Answer | undefined {
    const { answers } = this.#scope;
    if (isRefed && !answers.areStored) answers.delete(ordinal);
    return answers.get(ordinal);
  }

  #now(): Feeding {
    const { plan, limits, intake, rows } = this.#scope;
    return {
      planned: plan.ready,
      isOpen: rows?.isOpen === true,
      position: this.#position,
      maxParallel: limits.maxParallel,
      live: this.#live.size,
      withoutSlot: this.#withoutSlot.size,
      backingOff: this.#backingOff,
      lost: this.#lost.size,
      isStopping: intake.draining || this.#refused,
    };
  }

  /** Starts a worker. One that breaks on its way up has made an attempt, too. */
  #start(slot: TaskSlot): void {
    const { ordinal } = slot.task;
    const { retry } = this.#scope;
    while (this.#pool) {
      this.#live.set(ordinal, undefined);
      const started = spawn<TaskSlot>(this.#pool, slot);
      if (started.ok) return;
      this.#live.delete(ordinal);
      this.#withoutSlot.delete(ordinal);
      if (typeof started.error !== "object" || !("start_failed" in started.error)) return; // the pool is dead, and its tasks are fed again
      if (this.#next(slot).inStage <= retry.maxRetries) continue;
      this.#recordLost(slot, slot.broke!);
      return;
    }
  }

  /** Nothing was sent out yet: slot and promise are free again. */
  #brokeOnTheWay(slot: TaskSlot, reason: unknown): void {
    const { ordinal, condition } = slot.task;
    const { attempt, inStage } = this.#next(slot);
    this.#scope.service("limiter")?.send({ type: "call.settle", ordinal });
    this.#scope.service("budget")?.send({ type: "budget.settle", ordinal, attempt, condition, amount: 0, cost: 0 });
    slot.broke = isExit(reason) ? reason : crash(reason);
    if (inStage <= this.#scope.retry.maxRetries) this.#reportRetry(slot, slot.broke, 0);
  }

  #reportRetry(slot: TaskSlot, exit: Exit, delayMs: number): void {
    const { failure } = failedAttemptOf(exit, this.#scope.clock);
    this.#scope.facts({
      ...lineageIn(this.#scope, slot.task),
      type: "task.retried",
      ordinal: slot.task.ordinal,
      attempt: this.#next(slot).attempt,
      delayMs,
      error: failure,
      ...(this.#scope.answers.get(slot.task.ordinal) ? { stage: "scoring" } : {}),
    });
  }

  #next({ task, earlier }: TaskSlot): ReturnType<typeof nextAttempt> {
    return nextAttempt(earlier, this.#scope.answers.get(task.ordinal));
  }

  /** The outcome of a task whose worker broke at the last attempt of its stage; nothing before. Its pool counts the attempts of both stages together. */
  endOfStage(slot: TaskSlot, exit: Exit): Outcome | undefined {
    return this.#next(slot).inStage > this.#scope.retry.maxRetries ? this.#lostOutcome(slot, exit) : undefined;
  }

  #lostOutcome(slot: TaskSlot, exit: Exit): Outcome {
    const { clock, executor } = this.#scope;
    const answer = this.#scope.answers.get(slot.task.ordinal);
    const history = { ...slot, answer, ...lineageIn(this.#scope, slot.task) };
    return lostOutcome(history, exit, slot.paid, { clock, worker: executor.name });
  }

  #recordLost(slot: TaskSlot, exit: Exit): void {
    this.#storeWithoutWorker(slot.done ?? this.#lostOutcome(slot, exit));
  }

  #storeWithoutWorker(outcome: Outcome): void {
    this.#lost.set(outcome.ordinal, outcome);
    this.#store(outcome);
  }

  storeAgain(): void {
    for (const outcome of this.#lost.values()) this.#store(outcome);
  }

  committed(): void {
    if (this.#lost.size === 0) return;
    this.#forgetStored(); // as many as feeding waits for may all be stored now: nothing else would feed again
    this.feed();
  }

  #store(outcome: Outcome): void {
    this.#scope.service("collector")?.send({ type: "outcome.store", outcome });
  }
}
