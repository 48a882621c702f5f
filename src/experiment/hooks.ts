import type { Failure } from "#src/kernel/failure";
import type { ErrorVerdict } from "#src/policy/retry";
import type { TaskResult } from "./outcome.ts";

/** What hooks see of a condition. */
export interface HookCondition {
  readonly name: string;
  readonly description?: string | undefined;
}

/** What `beforeExperiment` sees, and may return changed: only `config` and `metadata` are taken over. */
export interface HookConfig {
  readonly experimentId: string;
  readonly name: string;
  /** Whether this is the continuation of a stopped run. */
  readonly resumed: boolean;
  /** Anything that hooks want to hand on to each other. */
  readonly metadata?: Readonly<Record<string, unknown>>;
}

type MaybePromise<T> = T | Promise<T>;

/**
 * Functions that the run calls at fixed points. All optional, sync or async, each with a time limit; one that throws is logged as a
 * fact with its name and never ends the run, but for `beforeExperiment`, whose config would be unknown.
 */
export interface Hooks<Row = unknown> {
  readonly beforeExperiment?: ((config: HookConfig) => MaybePromise<HookConfig | undefined>) | undefined;
  readonly afterExperiment?:
    | ((config: HookConfig, results: AsyncIterable<TaskResult>) => MaybePromise<unknown>)
    | undefined;
  readonly beforeCondition?: ((condition: HookCondition, item: Row) => MaybePromise<unknown>) | undefined;
  readonly afterCondition?:
    | ((condition: HookCondition, item: Row, result: TaskResult) => MaybePromise<unknown>)
    | undefined;
  readonly onError?:
    | ((condition: HookCondition, item: Row, error: Failure) => MaybePromise<ErrorVerdict | undefined>)
    | undefined;
}

export const hookNames = [
  "beforeExperiment",
  "afterExperiment",
  "beforeCondition",
  "afterCondition",
  "onError",
] as const;
