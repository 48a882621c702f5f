import { type Actor, type AnyActorLogic, createActor, type InspectionEvent } from "xstate";
import type { FactSink } from "#actors/messages";
import { admission } from "#src/backends/admission";
import type { Backend, Prices } from "#src/backends/backend";
import type { Executor } from "#src/execute/executor";
import { inline } from "#src/execute/inline";
import type { ExecutorFactory, ExecutorScope } from "#src/execute/scope";
import type { Experiment } from "#src/experiment/define";
import { hasBudget, limitsOf } from "#src/experiment/limits";
import type { Plan } from "#src/experiment/plan";
import type { StopRequest } from "#src/experiment/session";
import type { Tally } from "#src/experiment/tally";
import type { Task } from "#src/experiment/task";
import type { Clock } from "#src/kernel/clock";
import { emptyLedger, type Ledger, settle } from "#src/policy/budget";
import type { RetryOptions } from "#src/policy/retry";
import type { RunStore } from "#src/store/store";
import { experimentSupervisor } from "#supervisors/experiment";
import type { RunScope } from "#supervisors/run-scope";
import { chargeLate, closeFormerLife } from "#supervisors/services";
import { withBackends, withPrices } from "./around-backends.ts";
import type { Telemetry } from "./bridges/telemetry.ts";
import type { ArmedFaults } from "./fault-injection.ts";
import { type CommitListeners, onCommit } from "./on-commit.ts";
import type { Inspect } from "./prepare.ts";
import { taskHooks } from "./run-hooks.ts";

export interface Wiring {
  readonly experimentId: string;
  readonly experiment: Experiment;
  readonly plan: Plan;
  readonly store: RunStore;
  readonly tally: Tally;
  readonly clock: Clock;
  /** The experiment file and its parameters, where the run knows them. */
  readonly file: string | undefined;
  readonly parameters: Readonly<Record<string, string>> | undefined;
  readonly executor: ExecutorFactory | undefined;
  readonly backend: Backend | undefined;
  readonly prices: Prices | undefined;
  readonly faults: ArmedFaults | undefined;
  /** Whether the circuit breaker ended the session before: it begins half-open. */
  readonly breakerHalfOpen: boolean;
  /** Told that a limit of the budget refused a task. */
  readonly exhausted: (limit: "run" | "condition", condition: string) => void;
  readonly facts: FactSink;
  readonly requestStop: (request: StopRequest) => void;
  readonly inspect: Inspect | undefined;
  readonly telemetry: Telemetry | undefined;
  readonly listeners: Omit<CommitListeners, "telemetry">;
}

/** A run put together and not yet started. */
export interface Wired {
  readonly root: Actor<AnyActorLogic>;
  readonly scope: RunScope;
  readonly executor: Executor;
}

/** Puts a run together: executor, hooks, scope, and the root of the supervision tree. */
export function wire(wiring: Wiring): Wired {
  const { experiment, clock, facts } = wiring;
  const { config } = experiment;
  const factory = wiring.executor ?? (config.executor as ExecutorFactory | undefined) ?? inline();
  const log = (task: Task, message: string): void => facts({ type: "task.logged", ordinal: task.ordinal, message });
  const limits = limitsOf(experiment);
  const isFinished = (ordinal: number): boolean => wiring.tally.finished.has(ordinal);
  const place = withPrices(
    {
      experimentId: wiring.experimentId,
      experiment,
      planHash: wiring.plan.hash,
      clock,
      backend: wiring.backend,
      admission: admission(clock),
      file: wiring.file,
      parameters: wiring.parameters,
      log,
      notice: (message) => facts({ type: "executor.notice", message }),
      isFinished,
      limits,
    },
    wiring.prices,
  );
  const executor = executorOf(factory, place, wiring);
  let root: Actor<AnyActorLogic> | undefined;
  const scope: RunScope = {
    experiment,
    plan: wiring.plan,
    store: wiring.store,
    tally: wiring.tally,
    executor,
    clock,
    facts,
    retry: retryOptionsOf(experiment),
    seed: config.randomSeed,
    limits,
    books: { ledger: ledgerOf(wiring.tally), open: new Map(), closed: false },
    isFinished,
    exhausted: wiring.exhausted,
    chargedLate: (task, amount) => chargeLate(scope, task, amount),
    beganAnew: (task) => closeFormerLife(scope, task),
    ...(hasBudget(limits) ? { reservationOf: reservationsOf(experiment, wiring.tally) } : {}),
    intake: { draining: false, paused: false, circuit: wiring.breakerHalfOpen ? "halfOpen" : "closed" },
    pools: new Map(),
    requestStop: wiring.requestStop,
    ...(wiring.faults ? { tap: wiring.faults.tap } : {}),
    get onCommit() {
      return listeners;
    },
    service: (name) => root?.system.get(name as never),
    ...taskHooks(experiment, wiring),
    ...lineage(experiment),
  };
  const listeners = onCommit(scope, { ...wiring.listeners, telemetry: wiring.telemetry });
  root = createActor(experimentSupervisor(scope) as AnyActorLogic, {
    id: "experiment",
    clock,
    ...(wiring.inspect ? { inspect: contained(wiring.inspect) } : {}),
  });
  return { root, scope, executor };
}

/** What was spent before this session, on ended tasks and on lost attempts. */
const ledgerOf = (tally: Tally): Ledger =>
  [...tally.conditions].reduce((ledger, [condition, { cost }]) => settle(ledger, condition, 0, cost), emptyLedger);

/** What an attempt is expected to cost: as the condition says, else as the dearest task so far. */
export function reservationsOf({ conditions }: Pick<Experiment, "conditions">, tally: Tally): (task: Task) => number {
  const stated = new Map(conditions.map(({ name, estimatedCost }) => [name, estimatedCost]));
  return ({ condition }) => stated.get(condition) ?? tally.conditions.get(condition)!.dearest;
}

/** The executor; where faults are injected, they go around it and around every backend it knows, and telemetry around them. */
function executorOf(factory: ExecutorFactory, place: ExecutorScope, { faults, telemetry }: Wiring): Executor {
  const faulty = faults ? withBackends(place, (backend) => faults.backend(backend)) : place;
  const executor = factory(telemetry ? withBackends(faulty, (backend) => telemetry.backend(backend)) : faulty);
  const misbehaving = faults ? faults.executor(executor) : executor;
  return telemetry ? telemetry.executor(misbehaving) : misbehaving;
}

/** With `onInvalid: "log_and_retry"` an invalid metric is worth another attempt. */
function retryOptionsOf({ config: { errorHandling, metricValidation } }: Experiment): RetryOptions {
  if (metricValidation.onInvalid !== "log_and_retry") return errorHandling;
  return { ...errorHandling, retryable: [...errorHandling.retryable, "invalid_metric"] };
}

/** An observer that throws would lose the event it was shown (XState inspects before it delivers). */
const contained =
  (inspect: Inspect) =>
  (event: InspectionEvent): void => {
    try {
      if (typeof inspect === "function") inspect(event);
      else inspect.next?.(event);
    } catch {
      // the observer's problem
    }
  };

function lineage({ lineage: given }: Experiment): Pick<RunScope, "lineageOf"> {
  if (!given) return {};
  return {
    lineageOf: ({ item, condition, repeat }) =>
      typeof given === "function" ? given({ itemId: item.id, condition, repeat }) : given,
  };
}
