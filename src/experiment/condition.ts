import type { Backend } from "#src/backends/backend";
import type { SampleFields } from "#src/dataset/options";
import type { OwnFaults } from "#src/faults/level";
import type { Scorer } from "#src/scoring/scorer";
import type { Solver } from "#src/solver/solver";

/** Values that distinguish a condition in a sweep. */
export type Factors = Readonly<Record<string, string | number | boolean>>;

/** What a condition's function may ask of the run. */
export interface TaskContext {
  readonly itemId: string;
  readonly condition: string;
  /** Counted from 0. */
  readonly repeat: number;
  /** Counted from 1. */
  readonly attempt: number;
  readonly factors: Factors;
  /** Aborted at the timeout, and when the run is stopped. Pass it on to whatever you await. */
  readonly signal: AbortSignal;
  readonly limits: { readonly timeoutMs: number };
  /** Seeded uniform numbers in [0, 1), the same for this task and attempt in every run. */
  random(): number;
  /** Adds to the cost of this task, in the budget's currency. */
  charge(amount: number): void;
  /** Leaves a line in the facts of the run. */
  log(message: string): void;
}

/** What a condition's function returns: numbers, booleans and nested objects of them are metrics, the rest is output. */
export type TaskReturn = Readonly<Record<string, unknown>> | number | boolean;

export type RunFunction<Row = unknown> = (item: Row, context: TaskContext) => TaskReturn | Promise<TaskReturn>;

/** One way of doing the task: a function, or a solver with scorers and a backend. */
export interface Condition<Row = unknown> {
  readonly name: string;
  readonly description?: string | undefined;
  /** Model that its calls are priced by. */
  readonly model?: string | undefined;
  readonly run?: RunFunction<Row> | undefined;
  readonly solver?: Solver | undefined;
  readonly scorers?: readonly Scorer[] | undefined;
  readonly backend?: Backend | undefined;
  /** Which field of a row is the question, the answer, the choices: for a solver. */
  readonly fields?: SampleFields | undefined;
  /** Messages that one conversation may have; what was answered by then is scored. */
  readonly messageLimit?: number | undefined;
  /** Tokens that the calls of one task may use together; what was answered by then is scored. */
  readonly tokenLimit?: number | undefined;
  /** Amount that the calls of one task may cost together; what was answered by then is scored. */
  readonly costLimit?: number | undefined;
  /** Whether a last reply that was cut off at its limit of tokens is scored as it stands; `config.truncated` where absent. */
  readonly truncated?: "score" | "unscored" | undefined;
  readonly factors?: Factors | undefined;
  /** Its level of a factor of faults; made from `faults` of the experiment. */
  readonly faults?: OwnFaults | undefined;
  /** Expected amount per task, in the budget's currency: what is reserved before a task starts. */
  readonly estimatedCost?: number | undefined;
}
