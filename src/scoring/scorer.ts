import type { Sample } from "#src/dataset/sample";
import { ConfigError, show } from "#src/kernel/errors";
import { redact } from "#src/kernel/failure";
import { isPlainObject } from "#src/kernel/record";
import { described } from "#src/solver/describe";
import type { Generate } from "#src/solver/solver";
import type { TaskState } from "#src/solver/state";
import { isBlankText } from "#src/text/blank";

/** Correct, incorrect, partly correct, no answer; a number, a yes or no; a text; or a list or record of these. */
export type ScoreValue = ScalarScore | readonly ScalarScore[] | { readonly [name: string]: ScalarScore };
export type ScalarScore = "C" | "I" | "P" | "N" | (string & {}) | number | boolean;

/** What a scorer found. `value` is null where nothing could be found out; `unscored` then says why, and it is not a zero. */
export interface Score {
  readonly value: ScoreValue | null;
  /** Why there is no value. */
  readonly unscored?: string;
  /** The answer that was read from the reply. */
  readonly answer?: string;
  readonly explanation?: string;
  /** Numbers besides the value: each is a metric under the scorer's name and its own, `modelGraded_disagreement`. */
  readonly numbers?: Readonly<Record<string, number>>;
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** Compares what a solver left with the right answers. Any function of this shape will do; its name is the metric's. */
export interface Scorer {
  (state: TaskState, target: readonly string[], generate?: Generate): Score | Promise<Score>;
  readonly scorerName?: string;
  /**
   * The law that these targets break, so that no answer could be found right: `must be a number`. Asked when data are loaded.
   * For another part of the sample than its target, it throws a ConfigError with the place within the row.
   */
  readonly refuses?: (target: readonly string[], sample: Sample) => string | undefined;
}

const members: ReadonlySet<string> = new Set(["value", "unscored", "answer", "explanation", "numbers", "metadata"]);
const isScalar = (value: unknown): value is ScalarScore => ["string", "number", "boolean"].includes(typeof value);

const isScalarOrMissing = (value: unknown): boolean => value === null || value === undefined || isScalar(value);

/** Whether something may stand as the value of a score; members of lists and records may be missing. */
export const isScoreValue = (value: unknown): value is Score["value"] =>
  value === null ||
  isScalar(value) ||
  (Array.isArray(value) || isPlainObject(value) ? Object.values(value).every(isScalarOrMissing) : false);

/**
 * A score from a value that a solver left: a score, or only its value.
 *
 * @returns unscored where it is neither
 * @example [toScore("C"), toScore({ value: 0.5, answer: "4" })] // => [{ value: "C" }, { value: 0.5, answer: "4" }]
 */
export function toScore(given: unknown): Score {
  if (isScalar(given)) return { value: given };
  if (Array.isArray(given) && given.every(isScalar)) return { value: given };
  if (typeof given !== "object" || given === null || Array.isArray(given))
    return unscored(`a score must be a value, got ${show(given)}`);
  if (Object.hasOwn(given, "value") && Object.keys(given).every((key) => members.has(key))) {
    const { value, ...more } = given as Score;
    return value === null || value === undefined
      ? unscored(more.unscored ?? "it has no value", more)
      : { ...toScore(value), ...more };
  }
  const isRecord = Object.keys(given).length > 0 && Object.values(given).every(isScalar);
  return isRecord ? { value: given as ScoreValue } : unscored(`a score must be a value, got ${show(given)}`);
}

type Details = { readonly [K in "answer" | "explanation" | "numbers" | "metadata"]?: Score[K] | undefined };

/** @example scored("C", { answer: "4" }) // => { value: "C", answer: "4" } */
export const scored = (value: ScoreValue, more: Details = {}): Score => ({ value, ...present(more) });

/** @example unscored("the grader said nothing") // => { value: null, unscored: "the grader said nothing" } */
export const unscored = (reason: string, more: Details = {}): Score => ({
  value: null,
  unscored: redact(reason),
  ...present(more),
});

/** Correct or incorrect. */
export const verdict = (correct: boolean, more: Details = {}): Score => scored(correct ? "C" : "I", more);

const present = (details: Details): Omit<Score, "value" | "unscored"> =>
  Object.fromEntries(Object.entries(details).filter(([, value]) => value !== undefined));

/**
 * A scorer with a name, which leaves unscored what the model never answered.
 *
 * @param options what it was made of, where its text does not show it; see `describePart`
 * @example scorer("brief", (state) => scored(state.output!.content.length < 100))
 */
export function scorer(scorerName: string, grade: Scorer, options?: unknown): Scorer {
  const named: Scorer = (state, target, generate) => {
    const reason = unanswered(state);
    return reason === undefined ? grade(state, target, generate) : unscored(reason);
  };
  return Object.assign(described(named, scorerName, options ?? grade), { scorerName });
}

/**
 * A scorer that compares with right answers, and leaves a sample that has none unscored. Blank alternatives are none.
 *
 * @param refuses the law that targets break to which it could find no answer right
 */
export const targetScorer = (
  scorerName: string,
  grade: Scorer,
  options?: unknown,
  refuses?: Scorer["refuses"],
): Scorer => {
  const withTarget: Scorer = (state, target, generate) => {
    const right = target.filter((text) => !isBlankText(text));
    return right.length > 0 ? grade(state, right, generate) : unscored("the sample has no target");
  };
  return Object.assign(scorer(scorerName, withTarget, options ?? grade), refuses ? { refuses } : {});
};

/**
 * A scorer under another name: two of one kind, each with a metric that says which it is.
 *
 * @example [named("strict", pattern(/#### (-?\d+)/)), named("flexible", match({ numeric: true }))].map(nameOf) // ["strict", "flexible"]
 */
export function named(scorerName: string, each: Scorer): Scorer {
  if (typeof scorerName !== "string" || scorerName.trim() === "")
    throw new ConfigError("named", "must have a name", scorerName);
  const same: Scorer = (state, target, generate) => each(state, target, generate);
  const { refuses } = each;
  return Object.assign(described(same, scorerName, { scorer: each }), { scorerName, ...(refuses ? { refuses } : {}) });
}

/** The name that a scorer's metric goes by. */
export const nameOf = (each: Scorer): string => each.scorerName ?? (each.name || "score");

/**
 * Why there is no answer to score; nothing where the model answered, were it with an empty text. A reply that a filter stopped or that broke
 * off is none, whatever text came with it, and neither is an empty one without a finish reason.
 */
export function unanswered({ output, limit }: TaskState): string | undefined {
  const early = limit && `the ${limit.type} limit was reached before any answer`;
  if (!output) return early ?? "there is no answer";
  const { finishReason, finishWord, content, toolCalls } = output;
  const isEmpty = isBlankText(content);
  if (limit && isEmpty && toolCalls.length > 0) return early; // cut off while it still called tools
  const blocked =
    finishReason === "content_filter" || finishReason === "error" || (finishReason === "unknown" && isEmpty);
  const word = finishWord === undefined ? "" : ` (${finishWord})`;
  if (!blocked) return undefined;
  return finishReason === "unknown"
    ? `the reply is empty, and has no finish reason${word}`
    : `the reply was cut off by ${finishReason}${word}`;
}

const words: ReadonlyMap<string, number> = new Map(
  Object.entries({ C: 1, P: 0.5, I: 0, N: 0, yes: 1, true: 1, no: 0, false: 0 }),
);

/**
 * A score as a number: C is 1, P is 0.5, I and N are 0, yes and true are 1, no and false are 0, numbers in text are read.
 *
 * @returns nothing for what is not a number; inspect_ai would warn and take 0
 * @example [toNumber("P"), toNumber("0.25"), toNumber(true), toNumber("perhaps")] // => [0.5, 0.25, 1, undefined]
 */
export function toNumber(value: ScalarScore | null | undefined): number | undefined {
  if (typeof value === "boolean") return Number(value);
  if (typeof value === "number") return Number.isFinite(value) ? value : undefined;
  if (value === null || value === undefined) return undefined;
  const known = words.get(value) ?? words.get(value.trim().toLowerCase());
  if (known !== undefined) return known;
  const number = /^\s*[+-]?[\d.]/.test(value) && !/^\s*0[xob]/i.test(value) ? Number(value) : Number.NaN; // 0x10 is text
  return Number.isFinite(number) ? number : undefined;
}
