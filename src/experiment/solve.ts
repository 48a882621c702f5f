import type { Backend, Message, Reply } from "#src/backends/backend";
import { toSample } from "#src/dataset/sample";
import { FailureError } from "#src/kernel/failure";
import { checkNames, freeName, scorerNames } from "#src/scoring/names";
import { type Score, type Scorer, toNumber, toScore, unscored } from "#src/scoring/scorer";
import { type Generate, generateWith, type SolverContext } from "#src/solver/solver";
import { TaskState } from "#src/solver/state";
import type { Condition, TaskContext } from "./condition.ts";
import type { Task } from "./task.ts";

/** Called with every reply, so that its tokens and its price count even when the attempt fails later. */
export type OnReply = (reply: Reply) => void;

/**
 * Does a task by solver and scorers: the row becomes a sample, the solver works on it through the backend, each scorer grades what is left.
 *
 * Every scorer's value is a metric under the scorer's name, and the first is `accuracy` too; what solvers left by `setScore` are metrics
 * besides. Of several of one name all but the first are numbered. A score that could not be found out is not a metric; its reason stands in
 * the output.
 *
 * @throws what backend, solver or scorer throw
 */
export async function solveTask(
  condition: Condition,
  { item, repeat }: Task,
  context: Pick<TaskContext, "signal" | "random"> & Pick<SolverContext, "onWait" | "admission">,
  defaultBackend: Backend | undefined,
  onReply: OnReply,
): Promise<Record<string, unknown>> {
  const backend = condition.backend ?? defaultBackend;
  if (!backend) throw new FailureError("invalid_query", `condition ${condition.name} has a solver and no backend`);
  const { signal, random, onWait, admission } = context;
  const accepts = async (state: TaskState): Promise<boolean> => isAccepted(condition, state, generate);
  const surroundings = { signal, random, onWait, admission, onReply, accepts };
  const generate: Generate = generateWith(withDefaults(backend, condition.model, repeat), surroundings);
  const sample = toSample(item.row, condition.fields, item.id);
  const { model, messageLimit, tokenLimit, costLimit } = condition;
  const start = TaskState.from(sample).with({ model, epoch: repeat + 1, messageLimit, tokenLimit, costLimit });
  const isLimited = tokenLimit !== undefined || costLimit !== undefined;
  const final = await condition.solver!(isLimited ? start.sharingLimits() : start, generate);
  const { output } = final;
  const isTruncated = condition.truncated === "unscored" && output?.finishReason === "length";
  const scores = isTruncated
    ? scorerNames(condition.scorers ?? []).map((name): Named => [name, unscored("the reply was cut off at its limit")])
    : await scoresOf(condition.scorers ?? [], final, generate);
  return {
    ...numbersOf(scores),
    ...(final.usage ? { tokens: final.usage.totalTokens } : {}),
    completion: output?.content ?? "",
    ...(output ? endOf(output) : {}),
    ...(final.target.length > 0 ? { target: final.target } : {}),
    scores: new Scores(scores),
    messages: final.messages.map(withoutEcho),
    ...(final.limit ? { limit: final.limit } : {}),
  };
}

/** All scores by name, with their reasons. An instance of a class is output, never metrics. */
class Scores {
  constructor(scores: readonly Named[]) {
    for (const [name, score] of scores) Object.defineProperty(this, name, { value: score, enumerable: true }); // also one called constructor
  }
}

async function isAccepted({ scorers = [] }: Condition, state: TaskState, generate: Generate): Promise<boolean> {
  const score = await scorers[0]?.(state, state.target, generate);
  return score !== undefined && numeric(score.value) === 1;
}

/** Why the last reply ended and what was thought before it. */
const endOf = ({ finishReason, finishWord, reasoning }: Reply): Record<string, unknown> => ({
  finishReason,
  ...(finishWord === undefined ? {} : { finishWord }),
  ...(reasoning ? { reasoning } : {}),
});

/** What a server wanted back says the thoughts again. */
function withoutEcho(message: Message): Message {
  if (message.role !== "assistant" || !message.echo) return message;
  const { echo: _, ...said } = message;
  return said;
}

/** The backend with what every call of this task has in common. */
const withDefaults = (backend: Backend, model: string | undefined, repeat: number): Backend => ({
  name: backend.name,
  generate: (messages, config, context) =>
    backend.generate(messages, { ...(model ? { model } : {}), repeat, ...config }, context),
});

type Named = readonly [name: string, score: Score];

async function scoresOf(scorers: readonly Scorer[], final: TaskState, generate: Generate): Promise<readonly Named[]> {
  const names = scorerNames(scorers);
  const scores: Named[] = [];
  for (const [i, scorer] of scorers.entries()) scores.push([names[i]!, await scorer(final, final.target, generate)]);
  const left = Object.entries(final.scores);
  for (const [name, given] of left)
    scores.push([
      freeName(
        name,
        scores.map(([taken]) => taken),
      ),
      toScore(given),
    ]);
  if (left.length > 0)
    checkNames(
      scores.map(([name]) => name),
      "scores",
    );
  return scores;
}

function numbersOf(scores: readonly Named[]): Record<string, unknown> {
  const metrics: [string, unknown][] = [];
  for (const [i, [name, { value }]] of scores.entries()) {
    const number = numeric(value);
    if (number === undefined) continue;
    if (i === 0) metrics.push(["accuracy", number]);
    metrics.push([name, number]);
  }
  return Object.fromEntries(metrics);
}

/** A score's number; records of scores keep their names, lists are averaged. */
function numeric(value: Score["value"]): unknown {
  if (value === null || typeof value !== "object") return toNumber(value);
  if (!Array.isArray(value)) {
    const named = Object.entries(value).flatMap(([key, each]) =>
      toNumber(each) === undefined ? [] : [[key, toNumber(each)] as const],
    );
    return named.length > 0 ? Object.fromEntries(named) : undefined;
  }
  const numbers = value.flatMap((each) => toNumber(each) ?? []);
  return numbers.length > 0 ? numbers.reduce((sum, each) => sum + each, 0) / numbers.length : undefined;
}
