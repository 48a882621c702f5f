import type { Failure } from "#src/kernel/failure";
import type { ErrorVerdict } from "#src/policy/retry";
import type { BudgetOptions, Config } from "./options.ts";
import type { TaskResult } from "./outcome.ts";

/** What hooks see of a condition. */
export interface HookCondition {
  readonly name: string;
  readonly description?: string | undefined;
}

/**
 * What `beforeExperiment` sees, frozen. It may return it changed: in `config` parallelism, rate, timeout, error handling and what a failed
 * condition means, and all amounts of `costBudget`. What it leaves out stays; `null` lifts a limit. `metadata` is handed to
 * `afterExperiment`.
 */
export interface HookConfig {
  readonly experimentId: string;
  readonly name: string;
  /** Whether this is the continuation of a stopped run. */
  readonly resumed: boolean;
  /** How tasks run, as defined. */
  readonly config: Omit<Config, "executor">;
  /** What the run may cost, as defined. */
  readonly costBudget: BudgetOptions;
  /** Anything that hooks want to hand on to each other. */
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** What `beforeExperiment` returns: all of its config or what it changes. */
export interface HookAnswer extends Partial<Pick<HookConfig, "experimentId" | "name" | "resumed" | "metadata">> {
  readonly config?: {
    readonly [Name in keyof Config]?:
      | (Config[Name] extends object ? Partial<Config[Name]> : Config[Name])
      | null
      | undefined;
  };
  readonly costBudget?: { readonly [Name in keyof BudgetOptions]?: BudgetOptions[Name] | null | undefined };
}

type MaybePromise<T> = T | Promise<T>;

/**
 * Functions that the run calls at fixed points. All optional, sync or async, each with a time limit; one that throws is logged as a
 * fact with its name and never ends the run, but for `beforeExperiment`, whose config would be unknown.
 */
export interface Hooks<Row = unknown> {
  readonly beforeExperiment?: ((config: HookConfig) => MaybePromise<HookAnswer | undefined>) | undefined;
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

/** When each hook is called. */
export const hookSentences = {
  beforeExperiment: "called before the first task, also of a resumed run, with what is about to run",
  afterExperiment: "called once the run has ended, with every stored result",
  beforeCondition: "called before each task, with its condition and item",
  afterCondition: "called after each task that has a result, with its condition, item and result",
  onError: "called after each failed attempt, and may decide whether it is retried",
} as const;

export const hookNames = Object.keys(hookSentences) as readonly (keyof typeof hookSentences)[];
