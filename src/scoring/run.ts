import { addUsage, type Backend, type Reply, type Usage } from "#src/backends/backend";
import { type SampleFields, toSample } from "#src/dataset/sample";
import { InvariantFault } from "#src/kernel/fault";
import { generateWith, type Solver } from "#src/solver/solver";
import { type LimitReached, TaskState } from "#src/solver/state";
import { nameOf, type Score, type Scorer, toNumber } from "./scorer.ts";

/** A condition that is a solver with scorers and a backend. */
export interface SolverCondition {
  readonly solver: Solver;
  readonly scorers: readonly Scorer[];
  readonly backend?: Backend | undefined;
  /** Model to ask where no step says otherwise. */
  readonly model?: string | undefined;
  /** Which field of a row holds what. */
  readonly fields?: SampleFields | undefined;
  readonly messageLimit?: number | undefined;
  readonly tokenLimit?: number | undefined;
  readonly costLimit?: number | undefined;
}

/** What a run gives to each task; the experiment's `ctx` will do. */
export interface SolverRunContext {
  readonly itemId?: string;
  readonly repeat?: number;
  readonly signal?: AbortSignal;
  random?(): number;
  charge?(amount: number): void;
}

/** What a task returns: metrics by the scorers' names, tokens, and the answer. */
export interface SolverOutcome {
  /** The first scorer's value, when it is one number. */
  readonly accuracy?: number;
  readonly [metric: string]: unknown;
}

/**
 * A condition's `run` function out of a solver, scorers and a backend.
 *
 * Every scorer is a metric by its name; the first is also `accuracy`. What could not be scored has no metric, and `unscored` says why.
 * Every call is charged at its own price, a cached one at nothing; a task with a cached call has no latency. A solver or backend that
 * fails fails the attempt.
 *
 * @example const run = solverRun({ solver: generate(), scorers: [match()], backend: scripted({ "2 + 2": "4" }) });
 */
export function solverRun(
  condition: SolverCondition,
): (row: unknown, context?: SolverRunContext) => Promise<SolverOutcome> {
  const { solver, scorers, backend = noBackend, model, fields, messageLimit, tokenLimit, costLimit } = condition;
  return async (row, context = {}) => {
    const spent: Spent = { usage: undefined, calls: 0, cached: false };
    const onReply = (reply: Reply): void => account(spent, reply, context);
    const generate = generateWith(backend, {
      signal: context.signal,
      random: context.random && (() => context.random!()),
      onReply,
    });
    const sample = toSample(row, fields);
    const id = context.itemId ?? sample.id;
    const fresh = TaskState.from({
      ...sample,
      id,
      model,
      epoch: (context.repeat ?? 0) + 1,
      messageLimit,
      tokenLimit,
      costLimit,
    });
    const state = await solver(fresh, generate);
    if (!(state instanceof TaskState)) throw new InvariantFault("a solver must return a TaskState");
    const scores: Record<string, Score> = {};
    for (const scorer of scorers) scores[nameOf(scorer)] = await scorer(state, sample.target, generate);
    return {
      ...metricsOf(scores),
      ...tokensOf(spent),
      ...(spent.cached ? { latency: undefined } : {}),
      ...outputOf(state, scores),
    };
  };
}

interface Spent {
  usage: Usage | undefined;
  calls: number;
  cached: boolean;
}

function account(spent: Spent, reply: Reply, context: SolverRunContext): void {
  spent.usage = addUsage(spent.usage, reply.usage);
  spent.calls += reply.calls ?? 1;
  spent.cached ||= reply.cached === true;
  const cost = reply.cached ? 0 : reply.cost;
  if (cost !== undefined) context.charge?.(cost);
}

const noBackend: Backend = {
  name: "none",
  generate: () =>
    Promise.reject(new InvariantFault("the condition's solver asks a model, and the condition has no backend")),
};

function metricsOf(scores: Readonly<Record<string, Score>>): Record<string, unknown> {
  const metrics: Record<string, unknown> = {};
  for (const [name, { value }] of Object.entries(scores)) {
    const metric = value === null ? undefined : toMetric(value);
    if (metric !== undefined) metrics[name] = metric;
  }
  const [first] = Object.keys(scores);
  const accuracy = first === undefined ? undefined : metrics[first];
  return typeof accuracy === "number" && !("accuracy" in scores) ? { accuracy, ...metrics } : metrics;
}

function toMetric(value: NonNullable<Score["value"]>): unknown {
  if (typeof value !== "object") return toNumber(value);
  if (Array.isArray(value)) return undefined;
  const numbers = Object.entries(value).flatMap(([name, member]) => {
    const number = toNumber(member as string | number | boolean);
    return number === undefined ? [] : [[name, number] as const];
  });
  return numbers.length === 0 ? undefined : Object.fromEntries(numbers);
}

const tokensOf = ({ usage, calls }: Spent): Record<string, number> => ({
  model_calls: calls,
  ...(usage && {
    prompt_tokens: usage.promptTokens,
    completion_tokens: usage.completionTokens,
    total_tokens: usage.totalTokens,
  }),
});

interface Output {
  readonly answer?: string;
  readonly completion?: string;
  readonly explanation?: string;
  readonly finishReason?: string;
  readonly limit?: LimitReached;
  readonly unscored?: Readonly<Record<string, string>>;
}

function outputOf({ output, limit }: TaskState, scores: Readonly<Record<string, Score>>): Output {
  const [first] = Object.values(scores);
  const missing = Object.entries(scores).flatMap(([name, { unscored }]) =>
    unscored === undefined ? [] : [[name, unscored] as const],
  );
  return {
    ...(first?.answer === undefined ? {} : { answer: first.answer }),
    ...(output && { completion: output.content, finishReason: output.finishReason }),
    ...(first?.explanation === undefined || first.explanation === output?.content
      ? {}
      : { explanation: first.explanation }),
    ...(limit && { limit }),
    ...(missing.length > 0 ? { unscored: Object.fromEntries(missing) } : {}),
  };
}
