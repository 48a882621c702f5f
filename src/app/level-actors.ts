import type { AnyActorLogic, AnyActorRef, AnyEventObject } from "xstate";
import type { WorkerContext } from "#actors/worker-scope";
import { nextAttempt } from "#src/experiment/attempts";
import type { Experiment } from "#src/experiment/define";
import type { AttemptResult } from "#src/experiment/execute";
import { aimOf, type LevelRule, toldOf } from "#src/faults/level";
import { aimedActor, type LevelActor } from "#src/faults/level-actor";
import { pathMatches } from "#src/faults/rule";
import { addMet, type FaultMet } from "#src/faults/task-faults";
import { stream } from "#src/kernel/random";
import { parentOf } from "#src/xstate-internals";
import { type RunScope, segment } from "#supervisors/run-scope";
import { InjectedFault } from "./fault-actors.ts";
import type { ArmedFaults } from "./fault-injection.ts";

type Tap = NonNullable<RunScope["tap"]>;

/** Where an actor of a condition stands in the tree: itself, its pool, or a worker by its item and repeat. */
const OF_CONDITION = /^conditions\/([^/]+)(\/tasks(?:\/(.+))?)?$/s;
/** Attempts in which a worker crashes, and the ended attempt at which a condition or its pool does. */
const ONCE = 1;

interface ActorRule {
  readonly rule: LevelRule;
  readonly number: number;
  readonly actor: LevelActor;
  readonly path: string;
}

/**
 * What goes around actors before they start: faults that were injected, and the crashes of levels of faults. A worker crashes when one of its first attempts has
 * ended, so that what that did is lost. Whether it does is drawn by level, item and repeat, the same in each condition, and nothing is counted, so that
 * a run that is resumed meets the same crashes. A condition or its pool crashes as the n-th attempt ends in it, counted in this session, and every task whose
 * attempt is lost with it says so.
 */
export function tapOf({ conditions, config }: Experiment, injected: ArmedFaults | undefined): Tap | undefined {
  const levels = new Map(
    conditions.flatMap(({ name, faults }) => {
      const rules = faults?.rules.flatMap((rule, number): ActorRule[] => {
        const { kind, pattern } = aimOf(rule.target);
        const aimed = kind === "actor" ? aimedActor(pattern) : undefined;
        return aimed && !("refused" in aimed) ? [{ rule, number, ...aimed }] : [];
      });
      return rules && rules.length > 0
        ? [[segment(name), new FaultedCondition(faults!.level, rules, config.randomSeed)] as const]
        : [];
    }),
  );
  if (levels.size === 0) return injected?.tap;
  return <L extends AnyActorLogic>(path: string, logic: L): L => {
    const inner = injected ? injected.tap(path, logic) : logic;
    const [, condition = "", pool, task] = OF_CONDITION.exec(path) ?? [];
    const level = levels.get(condition);
    if (!level) return inner;
    if (task !== undefined) return level.worker(path, task, inner);
    return pool === undefined ? level.supervisor("condition", path, inner) : level.supervisor("tasks", path, inner);
  };
}

/** To a condition or its pool: crash, as the level asks for. */
const CRASH = "level.crash";

type Transition = AnyActorLogic["transition"];
const withTransition = <L extends AnyActorLogic>(logic: L, transition: Transition): L =>
  Object.create(logic, { transition: { value: transition } }) as L; // machines keep their methods in their class

/** The actors of one condition at a level that makes them crash. */
class FaultedCondition {
  readonly #level: string;
  readonly #rules: readonly ActorRule[];
  readonly #seed: number;
  /** Workers that are up, by task. */
  readonly #workers = new Map<string, AnyActorRef>();
  /** What tasks met whose attempt was lost with their pool: the next attempt takes it to the row. */
  readonly #lost = new Map<string, readonly FaultMet[]>();
  #ended = 0;

  constructor(level: string, rules: readonly ActorRule[], seed: number) {
    this.#level = level;
    this.#rules = rules;
    this.#seed = seed;
  }

  /** A condition or its pool, which crashes where it is told to. */
  supervisor<L extends AnyActorLogic>(actor: "condition" | "tasks", path: string, logic: L): L {
    if (!this.#rules.some((rule) => rule.actor === actor)) return logic;
    return withTransition(logic, (snapshot, event: AnyEventObject, scope) => {
      if (event.type !== CRASH) return logic.transition(snapshot, event, scope);
      this.#noteLost({ rule: event.rule as number, on: `actor:${actor}`, calls: 1, struck: 1 });
      throw new InjectedFault(`injected into ${path} at attempt.ended${toldOf(this.#level)}`);
    });
  }

  /** A worker that crashes when an attempt up to the last that is meant has ended, and whose ended attempts are counted for those above it. */
  worker<L extends AnyActorLogic>(path: string, task: string, logic: L): L {
    const own = this.#rules.filter((rule) => rule.actor === "worker" && pathMatches(rule.path, path));
    const above = this.#rules.filter((rule) => rule.actor !== "worker");
    const last = Math.max(0, ...own.map((rule) => this.#crashesOf(rule, task)));
    if (last === 0 && above.length === 0) return logic;
    return withTransition(logic, (snapshot, event: AnyEventObject, scope) => {
      if (above.length > 0) this.#workers.set(task, scope.self);
      if (event.type !== "attempt.ended") return this.#after(task, logic.transition(snapshot, event, scope));
      const { earlier, answer } = (snapshot as unknown as { readonly context: WorkerContext }).context;
      if (nextAttempt(earlier, answer).attempt <= last)
        throw new InjectedFault(`injected into ${path} at attempt.ended${toldOf(this.#level)}`);
      if (above.length > 0 && this.#crashesAbove(above, scope.self)) return snapshot; // what it did is lost with its pool
      return this.#after(task, logic.transition(snapshot, this.#withMet(event, task), scope));
    });
  }

  /** Attempts of a task in which its worker crashes. */
  #crashesOf({ rule: { probability = 1, attempts = ONCE }, number }: ActorRule, task: string): number {
    return stream(this.#seed, "crash", this.#level, number, task)() < probability ? attempts : 0;
  }

  /** Counts an attempt that has ended. @returns whether a condition or its pool crashes with it */
  #crashesAbove(rules: readonly ActorRule[], worker: AnyActorRef): boolean {
    this.#ended += 1;
    const struck = rules.find(({ rule: { at = ONCE } }) => [at].flat().includes(this.#ended));
    const pool = struck && parentOf(worker);
    const supervisor = pool && struck.actor === "condition" ? parentOf(pool) : pool;
    supervisor?.send({ type: CRASH, rule: struck?.number });
    return supervisor !== undefined;
  }

  /** Tasks whose attempt is under way: one that has ended is stored, whatever becomes of its pool. */
  #noteLost(met: FaultMet): void {
    for (const [task, worker] of this.#workers) {
      const { context } = worker.getSnapshot() as { readonly context: WorkerContext };
      if (context.call.running && !context.attempt && !context.outcome)
        this.#lost.set(task, addMet(this.#lost.get(task), [met])!);
    }
    this.#workers.clear();
  }

  #withMet(event: AnyEventObject, task: string): AnyEventObject {
    const met = this.#lost.get(task);
    if (!met) return event;
    this.#lost.delete(task);
    const attempt = event.attempt as AttemptResult;
    return { ...event, attempt: { ...attempt, faults: addMet(attempt.faults, met) } };
  }

  #after<S extends { readonly status: string }>(task: string, next: S): S {
    if (next.status !== "active") this.#workers.delete(task);
    return next;
  }
}
