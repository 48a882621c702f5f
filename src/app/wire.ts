import type { AnyActorRef } from "xstate";
import type { BreakerEvent, FactSink } from "#actors/messages";
import { lineageIn } from "#actors/worker-attempt";
import { admission } from "#src/backends/admission";
import type { Executor } from "#src/execute/executor";
import { inline } from "#src/execute/inline";
import type { ExecutorFactory, ExecutorScope } from "#src/execute/scope";
import { outside } from "#src/execute/strays";
import { wrapExecutor } from "#src/execute/wrap-executor";
import { isScoredApart } from "#src/experiment/answer";
import { Answers } from "#src/experiment/answers";
import { type Answer, paidFor } from "#src/experiment/attempts";
import type { Experiment } from "#src/experiment/define";
import { hasBudget, type Limits, limitsOf } from "#src/experiment/limits";
import { lineageSchema } from "#src/experiment/lineage";
import type { Tally } from "#src/experiment/tally";
import type { Task } from "#src/experiment/task";
import { toFailure } from "#src/kernel/failure";
import { parseOptions } from "#src/kernel/parse";
import { openBook, spend } from "#src/policy/book";
import type { RetryOptions } from "#src/policy/retry";
import type { RunStore } from "#src/store/store";
import { chargeLate, settleAtOnce, writeOff } from "#supervisors/money";
import type { RunScope } from "#supervisors/run-scope";
import type { ArmedFaults } from "./fault-injection.ts";
import { tapOf } from "./level-actors.ts";
import { type CommitListeners, onCommit } from "./on-commit.ts";
import type { Prepared } from "./prepare.ts";
import { taskHooks } from "./run-hooks.ts";
import type { RunOptions } from "./run-options.ts";
import { withBackends, withPrices, withReplies } from "./wrap-backends.ts";

const { queueMicrotask } = globalThis; // a task may put another in its place

/** What a run is put together from. */
export interface RunParts {
  readonly prepared: Prepared;
  readonly options: RunOptions;
  readonly store: RunStore;
  readonly tally: Tally;
  readonly faults: ArmedFaults | undefined;
  readonly facts: FactSink;
  /** Answers that the store has of tasks without a row. */
  readonly answered: readonly Answer[];
  /** The run's machine: events that stop the run are sent to it, and its system holds the services. */
  readonly run: AnyActorRef;
  /** Whether the circuit begins half-open. */
  readonly halfOpen: boolean;
  readonly listeners: CommitListeners;
}

/** Puts together what the supervision tree of a run shares: executor, hooks, limits, money. Nothing is started yet. */
export function wire(parts: RunParts): RunScope {
  const { prepared, store, tally, faults, facts, run, halfOpen, listeners } = parts;
  const { share } = parts.options;
  const { experimentId, experiment, plan, clock } = prepared;
  const limits = limitsOf(experiment);
  const isFinished = (ordinal: number): boolean => tally.finished.has(ordinal);
  const lineage = lineageOf(experiment, facts);
  const tap = tapOf(experiment, faults);
  const plain = executorOf(parts, limits, isFinished, lineage);
  // faults of a worker strike at its attempts: each is one of its own, and nothing is scored at once
  const executor = tap ? wrapExecutor(plain, (...attempt) => plain.run(...attempt)) : plain;
  const book = openBook(tally);
  for (const { ordinal, attempts, condition, ...answer } of parts.answered) {
    const amount = paidFor(answer);
    if (amount > 0) spend(book, { ordinal, attempt: attempts, condition, amount });
  }
  const scope: RunScope = {
    experiment,
    plan,
    store,
    tally,
    executor,
    clock,
    facts,
    run,
    retry: retryOptionsOf(experiment),
    seed: experiment.config.randomSeed,
    limits,
    book,
    answers: answersOf(experiment, store, parts.answered),
    isFinished,
    money: {
      settle: (spent) => settleAtOnce(scope, spent),
      chargedLate: (task, amount) => chargeLate(scope, task, amount),
      writeOff: (task) => writeOff(scope, task),
      ...(hasBudget(limits) || share?.hasBudget ? { reservationOf: reservationsOf(experiment, tally) } : {}),
    },
    intake: { draining: false, paused: false, circuit: halfOpen ? "halfOpen" : "closed" },
    pools: new Map(),
    ...(share ? { share } : {}),
    ...(listeners.rows ? { rows: listeners.rows } : {}),
    ...(tap ? { tap } : {}),
    noteAttempt: noteUntilSuccess(tally, (event) => scope.service("breaker")?.send(event)),
    committed: (rows) => committed(rows),
    service: (name) => run.system.get(name),
    hooks: taskHooks(experiment, { experimentId, clock, facts }),
    ...lineage,
  };
  share?.join(book, {
    slotFreed: () => scope.service("limiter")?.send({ type: "slot.freed" }),
    moneyChanged: () => scope.service("budget")?.send({ type: "budget.review" }),
  });
  const committed = onCommit(scope, listeners);
  return scope;
}

/** The answers that wait to be scored, from those that the store has. */
function answersOf({ conditions }: Experiment, store: RunStore, stored: readonly Answer[]): Answers {
  const apart = conditions.filter(isScoredApart).map(({ name }) => name);
  const answers = new Answers(apart, store.putAnswers !== undefined, store.recall?.bind(store));
  for (const answer of stored) {
    answers.add(answer);
    answers.keep(answer.ordinal);
  }
  return answers;
}

/** Tells the breaker how attempts end until the first that succeeds: from then on it learns from stored rows alone. */
function noteUntilSuccess(tally: Tally, tell: (event: BreakerEvent) => void): RunScope["noteAttempt"] {
  let hasSucceeded = [...tally.conditions.values()].some(({ succeeded, unscored }) => succeeded + unscored > 0);
  return (error) => {
    if (hasSucceeded) return;
    hasSucceeded = error === undefined;
    // later: a run that is aborted would stop the worker at once, before it hands over its row
    queueMicrotask(() => tell(error === undefined ? { type: "attempt.succeeded" } : { type: "attempt.failed", error }));
  };
}

/** What an attempt is expected to cost: as the condition says, else as the most expensive attempt so far. */
export function reservationsOf({ conditions }: Pick<Experiment, "conditions">, tally: Tally): (task: Task) => number {
  const stated = new Map(conditions.map(({ name, estimatedCost }) => [name, estimatedCost]));
  return ({ condition }) => stated.get(condition) ?? tally.conditions.get(condition)!.maxCostPerAttempt;
}

/** The executor; where faults are injected, they go around it and around every backend it knows, and telemetry around them. */
function executorOf(
  { prepared, options, faults, facts, run, listeners: { telemetry } }: RunParts,
  limits: Limits,
  isFinished: (ordinal: number) => boolean,
  lineage: Pick<RunScope, "lineageOf">,
): Executor {
  const { experimentId, experiment, plan, clock, manifest, parameters, backend, prices, settings } = prepared;
  const stopFor = (reason: string): void =>
    run.send({ type: "run.stop", request: { status: "aborted", reason, cause: "stray", quotesTask: true } });
  const scope: ExecutorScope = {
    experimentId,
    experiment,
    planHash: plan.hash,
    clock,
    backend,
    admission: admission(clock),
    file: options.file ?? manifest.file,
    parameters,
    log: (task, message) => facts({ type: "task.logged", ordinal: task.ordinal, message, ...lineageIn(lineage, task) }),
    notice: (message) => facts({ type: "executor.notice", message }),
    stray: (thrown) => stopFor(`${outside(thrown)}. Resume when it is mended`),
    replaced: (sentence) => stopFor(`${sentence}. Resume when that is mended, or with --executor threads`),
    isFinished,
    limits,
  };
  const priced = withPrices(withReplies(scope, settings.keepReplies), prices);
  const faulty = faults ? withBackends(priced, (each) => faults.backend(each)) : priced;
  const factory = prepared.executor ?? (experiment.config.executor as ExecutorFactory | undefined) ?? inline();
  const executor = factory(telemetry ? withBackends(faulty, (each) => telemetry.backend(each)) : faulty);
  const misbehaving = faults ? faults.executor(executor) : executor;
  return telemetry ? telemetry.executor(misbehaving) : misbehaving;
}

/** With `onInvalid: "log_and_retry"` an invalid metric is worth another attempt. */
function retryOptionsOf({ config: { errorHandling, metricValidation } }: Experiment): RetryOptions {
  if (metricValidation.onInvalid !== "log_and_retry") return errorHandling;
  return { ...errorHandling, retryable: [...errorHandling.retryable, "invalid_metric"] };
}

/** Asks the experiment where tasks belong in a surrounding system. A function that throws or returns something else leaves them without, and is told. */
function lineageOf({ lineage: given }: Experiment, facts: FactSink): Pick<RunScope, "lineageOf"> {
  if (!given) return {};
  if (typeof given !== "function") return { lineageOf: () => given };
  return {
    lineageOf: ({ item, condition, repeat }) => {
      try {
        return parseOptions(lineageSchema, given({ itemId: item.id, condition, repeat }), "what lineage() returns");
      } catch (error) {
        facts({ type: "hook.failed", hook: "lineage", error: toFailure(error, 0).message });
        return undefined;
      }
    },
  };
}
