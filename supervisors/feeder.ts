import type { AnyActorRef } from "xstate";
import { type FailedAttempt, failedAttemptOf, lostOutcome } from "#actors/worker";
import type { Task } from "#src/experiment/task";
import type { Exit } from "#src/kernel/exit";
import { type PoolFact, spawn } from "./otp/dynamic.ts";
import type { RunScope } from "./run-scope.ts";

/** Tasks that wait for a retry before feeding stops: a bound on memory, not on speed. */
const BACKING_OFF_MOST = 10_000;
/** Tasks that wait for their commit before feeding stops. */
const STORING_MOST = 512;

/** What a worker is started with, over all its incarnations. */
export interface TaskSlot {
  readonly task: Task;
  readonly earlier: FailedAttempt[];
}

/**
 * Feeds one condition's tasks, in the order of the plan, to a pool of workers: as many at a time as the run may have in parallel.
 * Its counters are plain numbers: a task costs the machine no event.
 */
export class Feeder {
  readonly #scope: RunScope;
  readonly #index: number;
  #pool: AnyActorRef | undefined;
  #position = 0;
  /** Workers without an attempt ahead of them: deciding, storing. */
  readonly #withoutSlot = new Set<number>();
  #live = 0;
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
    this.#pool = pool;
    this.#ended = ended;
    this.#position = 0;
    this.#live = 0;
    this.#backingOff = 0;
    this.#withoutSlot.clear();
    this.#scope.pools.set(pool, () => this.feed());
    this.feed();
  }

  stop(): void {
    if (this.#pool) this.#scope.pools.delete(this.#pool);
    this.#pool = undefined;
  }

  readonly leftSlot = (ordinal: number): void => {
    this.#withoutSlot.add(ordinal);
    this.feed();
  };

  /** Keeps count of the pool's children. */
  readonly heard = (fact: PoolFact<TaskSlot>): void => {
    if (fact.type === "child.started" && fact.restarts > 0) {
      this.#backingOff -= 1;
      this.#live += 1;
    }
    if (fact.type !== "child.exited") return;
    const slot = fact.args;
    const { ordinal } = slot.task;
    this.#live -= 1;
    this.#withoutSlot.delete(ordinal);
    if (fact.exit.kind === "shutdown" && fact.exit.reason === "refused") this.#refused = true;
    if (fact.willRestart) {
      this.#backingOff += 1;
      this.#reportRetry(slot, fact.exit, fact.delayMs);
    }
    if (fact.exit.kind === "crash" || fact.exit.kind === "killed") {
      this.#scope.service("limiter")?.send({ type: "call.settle", ordinal });
      if (!fact.willRestart) this.#recordLost(slot, fact.exit);
    }
    this.feed();
  };

  feed(): void {
    if (this.#feeding || !this.#pool) return; // spawning reports to us, and that feeds
    this.#feeding = true;
    const { plan, tally, gate, limits } = this.#scope;
    while (
      !gate.draining &&
      !this.#refused &&
      this.#position < plan.perCondition &&
      this.#live - this.#withoutSlot.size < limits.maxParallel &&
      this.#withoutSlot.size < STORING_MOST &&
      this.#backingOff < BACKING_OFF_MOST
    ) {
      const ordinal = plan.ordinalOf(this.#index, this.#position);
      this.#position += 1;
      if (tally.finished.has(ordinal)) continue;
      this.#live += 1;
      spawn<TaskSlot>(this.#pool, { task: plan.task(ordinal), earlier: [] });
    }
    this.#feeding = false;
    const isStopping = gate.draining || this.#refused;
    const fed = isStopping || this.#position >= plan.perCondition;
    if (fed && this.#live === 0 && (this.#backingOff === 0 || isStopping)) this.#ended();
  }

  #reportRetry(slot: TaskSlot, exit: Exit, delayMs: number): void {
    const { failure } = failedAttemptOf(exit, this.#scope.clock);
    this.#scope.facts({
      type: "task.retried",
      ordinal: slot.task.ordinal,
      attempt: slot.earlier.length + 1,
      delayMs,
      error: failure,
    });
  }

  #recordLost(slot: TaskSlot, exit: Exit): void {
    const outcome = lostOutcome({ scope: this.#scope, leftSlot: this.leftSlot, ...slot }, exit);
    this.#scope.service("collector")?.send({ type: "outcome.store", outcome });
  }
}
