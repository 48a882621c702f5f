import type { FactSink } from "#actors/messages";
import type { TaskHooks } from "#actors/worker-scope";
import type { Experiment } from "#src/experiment/define";
import { callHook } from "#src/experiment/hook-runner";
import type { HookAnswer, HookConfig, Hooks } from "#src/experiment/hooks";
import { type Outcome, type TaskResult, toTaskResult } from "#src/experiment/outcome";
import type { Task } from "#src/experiment/task";
import type { Clock } from "#src/kernel/clock";
import { copyOf } from "#src/kernel/copy";
import { ConfigError } from "#src/kernel/errors";
import type { Failure } from "#src/kernel/failure";
import type { ErrorVerdict } from "#src/policy/retry";
import type { RunStore } from "#src/store/store";

interface HookScope {
  readonly experimentId: string;
  readonly clock: Clock;
  readonly facts: FactSink;
}

/**
 * Asks `beforeExperiment`, before any task.
 *
 * @returns the hook's configuration, or the given one
 * @throws ConfigError when the hook throws or takes too long: the configuration would be unknown
 */
export async function beforeExperiment({ hooks }: Experiment, config: HookConfig, clock: Clock): Promise<HookAnswer> {
  const hook = hooks.beforeExperiment;
  if (!hook) return config;
  const result = await callHook(() => hook(config), clock);
  if (!result.ok) throw new ConfigError("hooks.beforeExperiment", `failed, so nothing was run (${result.error})`);
  const { value } = result;
  if (value === undefined || value === null) return config;
  if (typeof value === "object" && !Array.isArray(value)) return value;
  throw new ConfigError("hooks.beforeExperiment", "must return its config, or nothing", value);
}

/** Calls `afterExperiment`, which reads the results from the store. @returns what went wrong in the hook, if anything */
export async function afterExperiment(
  { hooks }: Experiment,
  config: HookConfig,
  store: RunStore,
  clock: Clock,
): Promise<string | undefined> {
  const hook = hooks.afterExperiment;
  if (!hook) return undefined;
  const results = async function* (): AsyncGenerator<TaskResult> {
    for await (const outcome of store.outcomes()) yield toTaskResult(config.experimentId, outcome);
  };
  const result = await callHook(() => hook(config, results()), clock);
  return result.ok ? undefined : result.error;
}

/** The hooks around a task, each within its time limit; what goes wrong in one is a fact. */
export function taskHooks(
  { hooks, conditions, config }: Experiment,
  { experimentId, clock, facts }: HookScope,
): TaskHooks {
  const { beforeCondition, afterCondition, onError } = hooks;
  const abortsOnInvalid = config.metricValidation.onInvalid === "abort";
  const byName = new Map(conditions.map(({ name, description }) => [name, { name, description }]));
  const conditionOf = (task: Task) => byName.get(task.condition)!;
  const rowOf = ({ item }: Task): unknown => copyOf(item.row); // what a hook does to it, no condition sees
  const call = async <T>(hook: keyof Hooks, work: () => T | Promise<T>): Promise<T | undefined> => {
    const result = await callHook(work, clock);
    if (result.ok) return result.value;
    facts({ type: "hook.failed", hook, error: result.error });
    return undefined;
  };
  const verdict = async (task: Task, failure: Failure): Promise<ErrorVerdict | undefined> => {
    if (abortsOnInvalid && failure.kind === "invalid_metric") return "abort";
    const answer = onError && (await call("onError", () => onError(conditionOf(task), rowOf(task), failure)));
    if (answer === undefined || isVerdict(answer)) return answer;
    const error = `answered ${JSON.stringify(answer)}, which is not retry, skip or abort`;
    facts({ type: "hook.failed", hook: "onError", error });
    return undefined;
  };
  return {
    ...(beforeCondition
      ? {
          beforeTask: async (task) =>
            void (await call("beforeCondition", () => beforeCondition(conditionOf(task), rowOf(task)))),
        }
      : {}),
    ...(afterCondition
      ? {
          afterTask: async (task: Task, outcome: Outcome) =>
            void (await call("afterCondition", () =>
              afterCondition(conditionOf(task), rowOf(task), toTaskResult(experimentId, outcome)),
            )),
        }
      : {}),
    ...(onError || abortsOnInvalid ? { onError: verdict } : {}),
  };
}

const isVerdict = (value: unknown): value is ErrorVerdict => value === "retry" || value === "skip" || value === "abort";
