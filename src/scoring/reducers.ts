import { ConfigError } from "#src/kernel/errors";
import { described } from "#src/solver/describe";
import { type ScalarScore, type Score, type ScoreValue, scored, toNumber, unscored } from "./scorer.ts";

/**
 * Several scores of one sample, one per epoch, as one. Unscored ones, and those that are NaN, are left out; where all are, so is the result.
 * Lists are reduced place by place and records name by name, a NaN in them left out of its place.
 *
 * @throws ConfigError for scores of unequal shape: a number beside a list, lists of unequal length, records of unequal names
 */
export type Reducer = (scores: readonly Score[]) => Score;

/** Mean of the scores as numbers. */
export const mean: Reducer = described(
  reduceNumbers((values) => values.reduce((sum, value) => sum + value, 0) / values.length),
  "mean",
);

/** Median of the scores as numbers; of two in the middle their mean. */
export const median: Reducer = described(
  reduceNumbers((values) => {
    const sorted = values.toSorted((a, b) => a - b);
    const middle = sorted.length >> 1;
    return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
  }),
  "median",
);

/** The most common score; of equally common ones the first. */
export const mode: Reducer = described(
  reduceWith((values) => {
    const counts = new Map<ScalarScore, number>();
    let best = values[0]!;
    for (const value of values) counts.set(asKey(value), (counts.get(asKey(value)) ?? 0) + 1);
    for (const value of values) if (counts.get(asKey(value))! > counts.get(asKey(best))!) best = value;
    return best;
  }),
  "mode",
);

/** Yes and 1 are one answer, as are no and 0. */
const asKey = (value: ScalarScore): ScalarScore => (typeof value === "boolean" ? Number(value) : value);

/** The highest score, as it was given; of equally high ones the first. */
export const max: Reducer = described(
  reduceWith((values) => {
    const readable = values.filter((value) => toNumber(value) !== undefined);
    if (readable.length === 0) return undefined;
    return readable.reduce((best, value) => (toNumber(value)! > toNumber(best)! ? value : best));
  }),
  "max",
);

/** 1 where at least k scores reach the threshold, else 0. */
export const atLeast = (k: number, threshold = 1): Reducer =>
  described(
    reduceWith((values) => (values.filter((value) => (toNumber(value) ?? 0) >= threshold).length >= k ? 1 : 0)),
    "atLeast",
    { k, threshold },
  );

/**
 * Chance that at least one of k tries is right: 1 - C(n - c, k) / C(n, k). Unscored with fewer than k scores.
 *
 * @see Chen et al. 2021, Evaluating Large Language Models Trained on Code, equation 1
 */
export const passAt = (k: number, threshold = 1): Reducer =>
  described(
    reduceNumbers((values) => {
      const wrong = values.filter((value) => value < threshold).length;
      return values.length < k ? undefined : 1 - shareOfDraws(wrong, values.length, k);
    }),
    "passAt",
    { k, threshold },
  );

/**
 * Chance that all of k tries are right: C(c, k) / C(n, k). Unscored with fewer than k scores.
 *
 * @see Yao et al. 2024, tau-bench
 */
export const passK = (k: number, threshold = 1): Reducer =>
  described(
    reduceNumbers((values) => {
      const right = values.filter((value) => value >= threshold).length;
      return values.length < k ? undefined : shareOfDraws(right, values.length, k);
    }),
    "passK",
    { k, threshold },
  );

/**
 * A reducer by its name: `mean`, `median`, `mode`, `max`, `at_least_2`, `pass_at_3`, `pass_k_3`.
 *
 * @returns it, and how many scores it needs; nothing for other names
 * @example reducerNamed("pass_at_1")?.reduce([{ value: 1 }, { value: 0 }]) // => { value: 0.5 }
 */
export function reducerNamed(name: string): { readonly reduce: Reducer; readonly needs: number } | undefined {
  const plain = new Map(Object.entries({ mean, median, mode, max })).get(name);
  if (plain) return { reduce: plain, needs: 1 };
  const [, made, k] = /^(at_least|pass_at|pass_k)_([1-9]\d*)$/.exec(name) ?? [];
  if (made === undefined) return undefined;
  const maker = made === "at_least" ? atLeast : made === "pass_at" ? passAt : passK;
  return { reduce: maker(Number(k)), needs: Number(k) };
}

/** All scores as a list. @throws ConfigError for lists and records, which do not go into one */
export const collect: Reducer = (scores) => {
  const values = scores.map(({ value }) => value).filter(isScored);
  const place = values.findIndex((value) => typeof value === "object");
  if (place >= 0) throw new ConfigError("collect", "must have scores of one value each", shapeOf(values[place]!));
  return values.length === 0 ? noScore(scores) : scored(values as ScalarScore[], common(scores));
};

/** C(chosen, k) / C(all, k), factor by factor, so that it never overflows. */
function shareOfDraws(chosen: number, all: number, k: number): number {
  let share = 1;
  for (let i = 0; i < k; i++) share *= Math.max(0, chosen - i) / (all - i);
  return share;
}

type Fold<T> = (values: readonly T[]) => ScalarScore | undefined;

function reduceNumbers(fold: Fold<number>): Reducer {
  return reduceWith((values) => {
    const numbers = values.map((value) => toNumber(value)).filter((value) => value !== undefined);
    return numbers.length === 0 ? undefined : fold(numbers);
  });
}

/** Folds scalars, lists place by place, and records name by name. */
function reduceWith(fold: Fold<ScalarScore>): Reducer {
  return (scores) => {
    const values = scores.map(({ value }) => value).filter(isScored);
    const [first] = values;
    if (first === undefined) return noScore(scores);
    checkShapes(values);
    if (typeof first !== "object") {
      const folded = fold(values as ScalarScore[]);
      return folded === undefined ? noScore(scores) : scored(folded, common(scores));
    }
    const folded = Object.keys(first).map((key) => {
      const members = values.map((value) => (value as Readonly<Record<string, ScalarScore>>)[key]!).filter(isScored);
      return [key, members.length === 0 ? undefined : fold(members)] as const;
    });
    if (Array.isArray(first))
      return scored(
        folded.map(([, member]) => member ?? Number.NaN),
        common(scores),
      ); // a NaN keeps the other places
    return scored(
      Object.fromEntries(folded.filter(([, member]) => member !== undefined)) as Record<string, ScalarScore>,
      common(scores),
    );
  };
}

const isScored = <T extends ScoreValue>(value: T | null): value is T =>
  value !== null && !(typeof value === "number" && Number.isNaN(value));

function checkShapes(values: readonly ScoreValue[]): void {
  const shape = shapeOf(values[0]!);
  const other = values.findIndex((value) => shapeOf(value) !== shape);
  if (other < 0) return;
  throw new ConfigError(
    "scores",
    `must have one shape to be reduced to one; the first is ${shape}, another ${shapeOf(values[other]!)}`,
  );
}

function shapeOf(value: ScoreValue): string {
  if (typeof value !== "object") return "one value";
  if (Array.isArray(value)) return `a list of ${value.length}`;
  return `a record of ${Object.keys(value).sort().join(", ")}`;
}

const noScore = (scores: readonly Score[]): Score =>
  unscored(
    scores.find((score) => score.unscored !== undefined)?.unscored ?? "there are too few scores",
    common(scores),
  );

/** Answer and explanation where all epochs agree, and the metadata of the first. */
function common(scores: readonly Score[]): Pick<Score, "answer" | "explanation" | "metadata"> {
  const [first] = scores;
  const agreed = (key: "answer" | "explanation"): object =>
    first?.[key] !== undefined && scores.every((score) => score[key] === first[key]) ? { [key]: first[key] } : {};
  return { ...agreed("answer"), ...agreed("explanation"), ...(first?.metadata ? { metadata: first.metadata } : {}) };
}
