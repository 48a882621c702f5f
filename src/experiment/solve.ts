import type { Backend, Message, Reply } from "#src/backends/backend";
import { toSample } from "#src/dataset/sample";
import type { TaskFaults } from "#src/faults/task-faults";
import { show } from "#src/kernel/errors";
import { FailureError } from "#src/kernel/failure";
import type { Random } from "#src/kernel/random";
import { checkNames, freeName, scorerNames } from "#src/scoring/names";
import { isScoreValue, type Score, type Scorer, toScore, unscored } from "#src/scoring/scorer";
import { type Generate, generateWith, type SolverContext } from "#src/solver/solver";
import { TaskState, type Tool } from "#src/solver/state";
import {
  type AnswerState,
  answerStateOf,
  type Beginning,
  beginningOf,
  givenState,
  isScoredApart,
  restoredState,
  type ScoreFound,
  type SolverState,
  solverStateOf,
} from "./answer.ts";
import type { Condition, TaskContext } from "./condition.ts";
import { type Named, numbersOf, numeric } from "./score-numbers.ts";
import { byScorer, withReason } from "./scorer-failure.ts";
import type { Task } from "./task.ts";

/** An answer that is to be scored in a stage of its own. */
export class Drawn {
  readonly state: AnswerState;
  constructor(state: AnswerState) {
    this.state = state;
  }
}

/** What a task by solver and scorers asks of its attempt. */
export interface SolveContext
  extends Pick<TaskContext, "signal" | "random">,
    Pick<SolverContext, "onWait" | "admission" | "onCall"> {
  /** What goes wrong to order, at the levels of a factor of faults that have rules. */
  readonly faults?: TaskFaults | undefined;
  /** Seeded uniform numbers of one scorer: scorers work side by side, and which draws first is chance. */
  randomOf(scorer: string): Random;
  /** Called with every reply, so that its tokens and its price count even when the attempt fails later. */
  onReply(reply: Reply): void;
  /** Called with every score: where another scorer fails, it need not be found out again. */
  onScore(found: ScoreFound): void;
}

/**
 * Does one stage of a task by solver and scorers. A task without an answer is answered: the row becomes a sample, and the solver works on it
 * through the backend. One with an answer is scored, by all scorers side by side.
 *
 * Every scorer's value is a metric under the scorer's name, and the first is `accuracy` too; what solvers left by `setScore` are metrics
 * besides. Of several of one name all but the first are numbered. A score that could not be found out is not a metric; its reason stands in
 * the output.
 *
 * @returns the answer; or the result of the task, for an answer that is scored, and for one that cannot be stored and is scored at once. No
 * promise where all scorers of an answer answer at once
 * @throws what backend, solver or scorer throw
 */
export function solveTask(
  condition: Condition,
  { item, repeat, answer }: Task,
  context: SolveContext,
  defaultBackend: Backend | undefined,
): AtOnceOrLater<Record<string, unknown> | Drawn> {
  const backend = condition.backend ?? defaultBackend;
  if (!backend) throw new FailureError("invalid_query", `condition ${condition.name} has a solver and no backend`);
  const { random, onWait, admission, onReply, faults } = context;
  const accepts = async (state: TaskState): Promise<boolean> => isAccepted(condition, state, generate, onCall);
  const onCall: SolverContext["onCall"] = context.onCall && ((kind, name) => context.onCall!(kind, name));
  const asks = withDefaults(backend, condition.model, repeat);
  const surroundings = {
    get signal() {
      return context.signal; // made when it is asked for: most scorers never do
    },
    random,
    onWait,
    admission,
    onCall,
    onReply: (reply: Reply) => onReply.call(context, reply),
    accepts,
  };
  const generate: Generate = generateWith(asks, surroundings);
  const generateFor = (scorer: string): Generate =>
    generateWith(asks, { ...surroundings, random: lazily(() => context.randomOf(scorer)) });
  const grading: Grading = { condition, generate, generateFor, context };
  const given = answer && givenState(answer.state);
  if (given) return graded(given, grading, solverStateOf(answer.state), answer.scores);
  const { model, messageLimit, tokenLimit, costLimit } = condition;
  const sample = toSample(item.row, condition.fields, item.id);
  const start = TaskState.ofSample(sample, { model, epoch: repeat + 1, messageLimit, tokenLimit, costLimit });
  const beginning = beginningOf(start);
  if (answer)
    return graded(restoredState(answer.state, beginning), grading, solverStateOf(answer.state), answer.scores);
  const solving = faults ? faultedGenerate(asks, faults, surroundings) : generate;
  const isLimited = tokenLimit !== undefined || costLimit !== undefined;
  return answered(isLimited ? start.sharingLimits() : start, beginning, solving, grading);
}

async function answered(
  start: TaskState,
  beginning: Beginning,
  generate: Generate,
  grading: Grading,
): Promise<Record<string, unknown> | Drawn> {
  const { condition } = grading;
  const final = await condition.solver!(start, generate);
  const state = isScoredApart(condition) ? answerStateOf(final, beginning) : undefined;
  return state ? new Drawn(state) : graded(final, grading, isScoredApart(condition) ? null : undefined);
}

/** A promise costs more than most scorers: what is there at once has none. */
type AtOnceOrLater<T> = T | Promise<T>;
const isLater = <T>(given: AtOnceOrLater<T>): given is Promise<T> =>
  typeof (given as PromiseLike<T> | undefined)?.then === "function";

/** The calls of a solver, at a level of faults: those of judges are left alone, whose scorers have faults of their own. */
const faultedGenerate = (
  backend: Backend,
  faults: TaskFaults,
  surroundings: Parameters<typeof generateWith>[1] & Pick<SolveContext, "onReply">,
): Generate =>
  generateWith(faults.backend(backend, surroundings.onReply), {
    ...surroundings,
    aroundTool: (tool: Tool) => faults.tool(tool),
  });

/** What scoring needs beside the answer. */
interface Grading {
  readonly condition: Condition;
  readonly generate: Generate;
  readonly generateFor: (scorer: string) => Generate;
  readonly context: Pick<SolveContext, "faults" | "signal" | "onScore" | "onCall">;
}

function graded(
  final: TaskState,
  grading: Grading,
  solverState: SolverState | undefined,
  known: readonly ScoreFound[] = [],
): AtOnceOrLater<Record<string, unknown>> {
  const { output } = final;
  const { scorers = [], truncated } = grading.condition;
  const isTruncated = truncated === "unscored" && output?.finishReason === "length";
  const scores = isTruncated
    ? scorerNames(scorers).map((name): Named => [name, unscored("the reply was cut off at its limit")])
    : scoresOf(final, grading, known);
  if (isLater(scores)) return scores.then((found) => resultOf(final, found, solverState));
  return resultOf(final, scores, solverState);
}

function resultOf(
  final: TaskState,
  scores: readonly Named[],
  solverState: SolverState | undefined,
): Record<string, unknown> {
  const { output } = final;
  // one member after the other, not spread: V8 11 gives each such object a hidden class of its own
  const result = numbersOf(scores);
  if (final.usage) result.tokens = final.usage.totalTokens;
  result.completion = output?.content ?? "";
  if (output) {
    result.finishReason = output.finishReason;
    if (output.finishWord !== undefined) result.finishWord = output.finishWord;
    if (output.reasoning) result.reasoning = output.reasoning; // what was thought before it
  }
  if (final.target.length > 0) result.target = final.target;
  result.scores = new Scores(scores);
  result.messages = final.messages.map(withoutEcho);
  if (final.limit) result.limit = final.limit;
  if (solverState !== undefined) result.solverState = new Kept(solverState);
  return result;
}

/** A generator that is made when it is first asked. */
function lazily(make: () => Random): Random {
  let made: Random | undefined;
  return () => {
    made ??= make();
    return made();
  };
}

/** All scores by name, with their reasons. An instance of a class is output, never metrics. */
class Scores {
  constructor(scores: readonly Named[]) {
    for (const [name, score] of scores) Object.defineProperty(this, name, { value: score, enumerable: true }); // also one called constructor
  }
}

/** What else the solver left. An instance of a class is output, never metrics. */
class Kept {
  constructor(state: SolverState) {
    Object.assign(this, state ?? { notStored: true });
  }
}

async function isAccepted(
  { scorers = [] }: Condition,
  state: TaskState,
  generate: Generate,
  onCall: SolverContext["onCall"],
): Promise<boolean> {
  if (scorers.length === 0) return false;
  const ended = onCall?.("scorer", scorerNames(scorers)[0]!);
  try {
    const score = await scorers[0]!(state, state.target, generate);
    ended?.();
    return score !== undefined && numeric(score.value) === 1;
  } finally {
    ended?.(true); // it threw, where it has not ended
  }
}

/** What a server wanted back says the thoughts again. */
function withoutEcho(message: Message): Message {
  if (message.role !== "assistant" || !message.echo) return message;
  const { echo: _, ...said } = message;
  return said;
}

/** The backend with what every call of this task has in common. */
const withDefaults = (backend: Backend, model: string | undefined, repeat: number): Backend => ({
  name: backend.name,
  ...((model ?? backend.model) ? { model: model ?? backend.model! } : {}),
  generate: (messages, config, context) =>
    backend.generate(messages, { ...(model ? { model } : {}), repeat, ...config }, context),
});

/** Told that a call has ended, and whether it failed. */
type Ended = ReturnType<NonNullable<SolverContext["onCall"]>> | undefined;

/** All scorers side by side. Where some fail, the others end first: what they found is kept, and the first of the failures is thrown. */
function scoresOf(
  final: TaskState,
  { condition: { scorers = [] }, generate, generateFor, context }: Grading,
  known: readonly ScoreFound[],
): AtOnceOrLater<readonly Named[]> {
  const names = scorerNames(scorers);
  const isAlone = scorers.length === 1;
  const noted = (score: Score, i: number, ended: Ended): Score => {
    const isScore = typeof score === "object" && score !== null && "value" in score;
    ended?.(!isScore);
    if (!isScore)
      throw new FailureError(
        "invalid_metric",
        `the scorer ${names[i]} returned ${show(score)}; a scorer returns a score, such as scored("C")`,
      );
    if (!isScoreValue(score.value))
      throw new FailureError(
        "invalid_metric",
        `the scorer ${names[i]} gave ${show(score.value)} as its value; a value is C, I, P, N, a number, true or false, a text, or a list or record of these`,
      );
    const said = withReason(score);
    if (!isAlone) context.onScore({ scorer: i, score: said });
    return said;
  };
  const ask = (scorer: Scorer, i: number): AtOnceOrLater<Score> | Thrown => {
    const before = known.find((found) => found.scorer === i);
    if (before) return before.score;
    const ended = context.onCall?.("scorer", names[i]!);
    try {
      const grade = context.faults?.scorer(names[i]!, scorer, () => context.signal) ?? scorer;
      const given = grade(final, final.target, isAlone ? generate : generateFor(names[i]!));
      if (!isLater(given)) return noted(given, i, ended);
      return Promise.resolve(given).then(
        (score) => noted(score, i, ended),
        (thrown) => {
          ended?.(true);
          throw byScorer(names[i]!, thrown);
        },
      );
    } catch (thrown) {
      ended?.(true);
      return new Thrown(byScorer(names[i]!, thrown));
    }
  };
  const found = scorers.map(ask);
  if (found.some(isLater)) return allOf(found).then((scores) => withLeft(final, names, scores));
  const failed = found.find((each) => each instanceof Thrown);
  if (failed) throw failed.thrown;
  return withLeft(final, names, found as Score[]);
}

/** The scores by name, with those that the solver left. */
function withLeft(final: TaskState, names: readonly string[], found: readonly Score[]): readonly Named[] {
  const scores = found.map((score, i): Named => [names[i]!, score]);
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

/** What a scorer threw at once: the others are asked all the same. */
class Thrown {
  readonly thrown: unknown;
  constructor(thrown: unknown) {
    this.thrown = thrown;
  }
}

/** What all give, once all have ended. @throws what the first of them in order throws */
async function allOf<T>(work: readonly (AtOnceOrLater<T> | Thrown)[]): Promise<T[]> {
  const ended = await Promise.allSettled(
    work.map((each) => (each instanceof Thrown ? Promise.reject(each.thrown) : each)),
  );
  return ended.map((each) => {
    if (each.status === "rejected") throw each.reason;
    return each.value;
  });
}
