import { type Fact, serviceNames } from "#actors/messages";
import type { FaultInjection } from "#src/app/fault-injection";
import { startResumed } from "#src/app/resume";
import { start } from "#src/app/run";
import type { RunHandle } from "#src/app/run-handle";
import type { RunOptions } from "#src/app/run-options";
import type { RunReport } from "#src/app/run-report";
import { inline } from "#src/execute/inline";
import type { ExecutorFactory } from "#src/execute/scope";
import { wrapExecutor } from "#src/execute/wrap-executor";
import type { Experiment } from "#src/experiment/define";
import { nameOf, type Task } from "#src/experiment/task";
import { mayBeBilled } from "#src/kernel/failure";
import { isAlive } from "#supervisors/otp/index";
import { recordingOf } from "./facts.ts";

/** One call of a condition, as the executor saw it. */
export interface AttemptRecord {
  readonly ordinal: number;
  /** `condition/item/repeat` */
  readonly task: string;
  readonly condition: string;
  /** Counted from 1. */
  readonly attempt: number;
  /** Present where a stored answer was scored. */
  readonly stage?: "scoring";
  /** By the run's monotonic clock. */
  readonly startedMs: number;
  /** When the run asked for it: before `startedMs` where a fault delayed it on its way. */
  readonly askedMs: number;
  /** Absent while it runs. */
  endedMs?: number;
  cost?: number;
  /** Whether it was given up, or its result was never received: its server may have billed it, and what was promised to it counts as spent. */
  isBillOut?: boolean;
}

/** Everything that `checkInvariants` looks at. */
export interface RunRecord {
  readonly report: RunReport;
  readonly facts: readonly Fact[];
  readonly attempts: readonly AttemptRecord[];
  /** With the limits that were in force; absent where nothing was left to run. */
  readonly experiment: Experiment | undefined;
  /** What of the supervision tree was still there after the end. */
  readonly alive: readonly string[];
  readonly resumed: boolean;
}

/** A run under observation. */
export interface ObservedRun {
  readonly handle: RunHandle;
  /** Settles when the run has ended. */
  readonly record: Promise<RunRecord>;
}

/**
 * Starts a run and writes down what it does: its facts, every call of a condition, what is left of its tree.
 *
 * @param resumeId resumes this run instead of starting one
 * @param onFact called with every fact as it comes
 * @example
 * const { record } = observe(experiment, { faults: faults([{ target: "store", fault: "delay", probability: 0.2 }]) });
 * checkInvariants(await record); // []
 */
export function observe(
  experiment: Experiment,
  options: RunOptions = {},
  resumeId?: string,
  onFact: (fact: Fact) => void = () => {},
): ObservedRun {
  const attempts: AttemptRecord[] = [];
  const effective: { experiment: Experiment | undefined } = { experiment: undefined };
  const given = options.executor ?? (experiment.config.executor as ExecutorFactory | undefined) ?? inline();
  const asked: Asked = new Map();
  const executor = recording(given, attempts, effective, asked);
  const resumed = resumeId !== undefined;
  const observed: RunOptions = {
    ...options,
    executor,
    ...(options.faults ? { faults: hearing(options.faults, attempts, asked) } : {}),
  };
  const handle = resumed ? startResumed(resumeId, { ...observed, experiment }) : start(experiment, observed);
  const facts = recordingOf(handle.facts, onFact);
  const record = handle.done.then(async (report) => ({
    report,
    facts: await facts.done,
    attempts,
    experiment: effective.experiment,
    alive: aliveIn(handle.actor),
    resumed,
  }));
  return { handle, record };
}

/** An executor that writes down when each attempt starts and ends, and what it cost. */
const recording =
  (
    given: ExecutorFactory,
    attempts: AttemptRecord[],
    effective: { experiment: Experiment | undefined },
    asked: Asked,
  ) =>
  (scope: Parameters<ExecutorFactory>[0]) => {
    effective.experiment = scope.experiment;
    const inner = given(scope);
    return wrapExecutor(inner, (task, attempt, late) => {
      const record = recordOf(task, attempt, scope.clock.monotonic(), asked);
      attempts.push(record);
      const running = inner.run(task, attempt, (amount) => {
        record.cost = (record.cost ?? 0) + amount;
        late?.(amount);
      });
      const result = running.result.then((ended) => {
        record.endedMs ??= scope.clock.monotonic();
        if (ended.cost !== undefined) record.cost = ended.cost;
        if (!ended.result.ok && mayBeBilled(ended.result.error)) record.isBillOut = true;
        return ended;
      });
      const cancel = (): void => {
        record.endedMs ??= scope.clock.monotonic(); // its slot is free from now on; its promise is heard a little later
        record.isBillOut = true; // also where it has ended and the result was lost on its way: the run cannot know
        running.cancel();
      };
      return { result, cancel };
    });
  };

/** When the run asked for an attempt, by `ordinal#attempt`. */
type Asked = Map<string, number>;

const recordOf = (task: Task, attempt: number, startedMs: number, asked: Asked): AttemptRecord => ({
  ordinal: task.ordinal,
  task: nameOf(task),
  condition: task.condition,
  attempt,
  ...(task.answer ? { stage: "scoring" } : {}),
  startedMs,
  askedMs: asked.get(`${task.ordinal}#${attempt}`) ?? startedMs,
});

/**
 * Faults around whose executor is written down when the run asks for an attempt, and what it is told: of an attempt whose result was lost, or that it
 * gave up, it cannot know what it cost, also where a fault has kept it from being started.
 */
const hearing = (faults: FaultInjection, attempts: AttemptRecord[], asked: Asked): FaultInjection => ({
  ...faults,
  arm: (scope) => {
    const armed = faults.arm(scope);
    return {
      ...armed,
      executor: (executor) => {
        const inner = armed.executor(executor);
        return wrapExecutor(inner, (task, attempt, late) => {
          asked.set(`${task.ordinal}#${attempt}`, scope.clock.monotonic());
          const { result, cancel } = inner.run(task, attempt, late);
          const told = result.then((ended) => {
            if (ended.result.ok || ended.begun === false || !mayBeBilled(ended.result.error)) return ended;
            for (const record of attempts)
              if (record.ordinal === task.ordinal && record.attempt === attempt) record.isBillOut = true;
            return ended;
          });
          return {
            result: told,
            cancel: () => {
              const nowMs = scope.clock.monotonic();
              if (!attempts.some((record) => record.ordinal === task.ordinal && record.attempt === attempt))
                attempts.push({ ...recordOf(task, attempt, nowMs, asked), endedMs: nowMs, isBillOut: true });
              cancel();
            },
          };
        });
      },
    };
  },
});

function aliveIn(root: RunHandle["actor"]): string[] {
  if (!root) return [];
  const services = serviceNames.filter((name) => root.system.get(name) !== undefined);
  return [...(isAlive(root) ? ["experiment"] : []), ...services];
}
