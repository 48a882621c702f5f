import { z } from "zod";
import type { AnswerToScore, ScoreFound } from "#src/experiment/answer";
import { type CallSpan, type CallsMade, MOST_CALLS, MOST_NAME } from "#src/experiment/calls";
import type { AttemptResult } from "#src/experiment/execute";
import type { MetricValue } from "#src/experiment/metrics";
import type { TokenUsage } from "#src/experiment/outcome";
import type { TaskValue } from "#src/experiment/return-value";
import type { Task } from "#src/experiment/task";
import type { FaultMet } from "#src/faults/task-faults";
import { type Failure, failureKinds } from "#src/kernel/failure";
import { effectiveOptions } from "./remote-options.ts";

/** What goes through the queue: data, checked where it is written and where it is read. Nothing in it names code, a path or a secret. */

/** Keys in Redis begin with it. */
export const PREFIX = "crucible";
/** The queue of an experiment's code: a worker with other code does not even see the jobs. */
export const queueNameOf = (code: string): string => `code-${code}`;
/** Characters above which rows and results go beside the queue. */
export const INLINE_MOST = 64 * 1024;

/** Lines that one attempt may leave in the facts of the run, and their length. */
export const LOGS_MOST = 100;
export const LOG_MOST = 1000;

const digest = z.string().regex(/^[0-9a-f]{16,64}$/);
const text = z.string().max(10_000);
const amount = z.number().nonnegative();

/** A value that is written here, or beside the queue under its digest. */
const carried = z.union([z.strictObject({ json: z.unknown() }), z.strictObject({ blob: digest })]);
export type Carried = z.output<typeof carried>;

export const jobSchema = z.strictObject({
  format: z.literal("crucible-job/1"),
  runId: z.string().regex(/^[\w-]{1,80}$/),
  code: digest,
  plan: digest,
  options: effectiveOptions,
  /** Task starts per second, over all workers. */
  rateLimit: z.number().positive().optional(),
  task: z.strictObject({
    ordinal: z.int().nonnegative(),
    condition: text,
    itemId: text,
    cluster: text.optional(),
    repeat: z.int().nonnegative(),
  }),
  row: carried,
  /** An answer that is to be scored. */
  answer: carried.optional(),
  /** What calls cost, where the run was given prices: a price table. */
  prices: carried.optional(),
  attempt: z.int().min(1),
});
export type Job = z.output<typeof jobSchema>;

/** Unique for an attempt of a plan: the same attempt is never queued twice. No colon, no whole number: BullMQ's laws. */
export const jobIdOf = (runId: string, plan: string, ordinal: number, attempt: number): string =>
  `${runId}.${ordinal}.${attempt}.${plan.slice(0, 8)}`;

const metricValue: z.ZodType<MetricValue> = z.lazy(() =>
  z.union([z.number(), z.boolean(), z.record(z.string(), metricValue)]),
) as z.ZodType<MetricValue>;

/** Every field of a type, so that a field added later does not make results invalid. */
type FieldsOf<T> = Record<keyof T, z.ZodType>;

const failureSchema = z.strictObject({
  kind: z.enum(failureKinds),
  message: text,
  status: z.int().optional(),
  retryAfterMs: amount.optional(),
  code: text.optional(),
} satisfies FieldsOf<Failure>);

const usageSchema = z.strictObject({
  promptTokens: amount,
  completionTokens: amount,
  totalTokens: amount,
  calls: amount,
  unpriced: amount.optional(),
  cached: amount.optional(),
} satisfies FieldsOf<TokenUsage>);

/** Read by the run as it is by a scorer: what it holds is of the experiment's own making. */
const answerState = z.looseObject({ messages: z.array(z.unknown()) });
const scoreFound = z.strictObject({
  scorer: z.int().nonnegative(),
  score: z.looseObject({ value: z.unknown() }),
} satisfies FieldsOf<ScoreFound>);

const faultMet = z.strictObject({
  rule: z.int().nonnegative(),
  on: z.string().max(1000),
  calls: z.int().nonnegative(),
  struck: z.int().nonnegative(),
} satisfies FieldsOf<FaultMet>);

const callSpan = z.strictObject({
  kind: z.enum(["model", "tool", "scorer"]),
  name: z.string().max(MOST_NAME),
  startedMs: amount,
  elapsedMs: amount,
  failed: z.literal(true).optional(),
} satisfies FieldsOf<CallSpan>);

const callsMade = z.strictObject({
  spans: z.array(callSpan).max(MOST_CALLS),
  leftOut: z.int().positive().optional(),
} satisfies FieldsOf<CallsMade>);

/** The last moment that a date can name, in milliseconds since 1970: one beyond it is nothing that could be exported. */
const LATEST_MS = 8.64e15;

const attemptSchema = z.strictObject({
  result: z.union([
    z.strictObject({
      ok: z.literal(true),
      value: z.strictObject({
        metrics: z.record(z.string(), metricValue),
        output: z.record(z.string(), z.unknown()).optional(),
        invalidMetrics: z.array(text).optional(),
        scored: z.boolean(),
        answer: answerState.optional(),
      } satisfies FieldsOf<TaskValue>),
    }),
    z.strictObject({ ok: z.literal(false), error: failureSchema }),
  ]),
  startedAt: z.number().min(0).max(LATEST_MS),
  elapsedMs: amount,
  cost: amount.optional(),
  usage: usageSchema.optional(),
  scores: z.array(scoreFound).optional(),
  begun: z.literal(false).optional(),
  faults: z.array(faultMet).optional(),
  calls: callsMade.optional(),
  worker: z.string().min(1).max(200),
} satisfies FieldsOf<Omit<AttemptResult, "redone">>);

export const resultSchema = z.strictObject({
  format: z.literal("crucible-result/1"),
  /** Of which job: an answer to another one is not an answer. */
  job: z.string(),
  code: digest,
  attempt: attemptSchema,
  logs: z.array(z.string().max(LOG_MOST)).max(LOGS_MOST),
});

/** What stands in the queue for a result. */
export const returnSchema = carried;

/** Reads what a worker says came of a job. @throws ZodError for what is not a result, or that of another job */
export function readResult(
  value: unknown,
  job: string,
  code: string,
): { attempt: AttemptResult; logs: readonly string[] } {
  const found = resultSchema.parse(value);
  z.literal(job).parse(found.job, { error: () => `is the result of another job, ${found.job.slice(0, 100)}` });
  z.literal(code).parse(found.code, { error: () => "was made by other code" });
  return { attempt: found.attempt as AttemptResult, logs: found.logs };
}

/** A task as a worker does it. */
export const taskOf = ({ task: { itemId, cluster, ...task } }: Job, row: unknown, answer?: unknown): Task => ({
  ...task,
  item: { id: itemId, row, ...(cluster === undefined ? {} : { cluster }) },
  ...(answer === undefined ? {} : { answer: answer as AnswerToScore }),
});

/** A text of several lines as one. */
export const oneLine = (text: string): string =>
  text
    .split("\n")
    .map((line) => line.trim())
    .join(" ");
