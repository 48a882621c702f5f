import { described } from "#src/solver/describe";
import { type ScalarScore, type Score, scored, toNumber, unscored } from "./scorer.ts";

/** Several scores of one sample, one per epoch, as one. Unscored ones are left out; where all are, so is the result. */
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
    for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
    const most = Math.max(...counts.values());
    return [...counts].find(([, count]) => count === most)![0];
  }),
  "mode",
);

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

/** All scores as a list. */
export const collect: Reducer = (scores) => {
  const values = scores.flatMap(({ value }) => (value === null ? [] : [value as ScalarScore]));
  return values.length === 0 ? noScore(scores) : scored(values, common(scores));
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

/** Folds scalars, lists place by place, and records name by name. The first scored one says which it is. */
function reduceWith(fold: Fold<ScalarScore>): Reducer {
  return (scores) => {
    const values = scores.map(({ value }) => value).filter((value) => value !== null);
    const [first] = values;
    if (first === undefined) return noScore(scores);
    if (typeof first !== "object") {
      const folded = fold(values.filter((value) => typeof value !== "object"));
      return folded === undefined ? noScore(scores) : scored(folded, common(scores));
    }
    const folded = Object.keys(first).flatMap((key) => {
      const members = values.flatMap((value) => memberOf(value, key));
      const member = members.length === 0 ? undefined : fold(members);
      return member === undefined ? [] : [[key, member] as const];
    });
    return scored(
      Array.isArray(first) ? folded.map(([, member]) => member) : Object.fromEntries(folded),
      common(scores),
    );
  };
}

const memberOf = (value: NonNullable<Score["value"]>, key: string): ScalarScore[] => {
  const member = typeof value === "object" ? (value as Readonly<Record<string, ScalarScore>>)[key] : undefined;
  return member === undefined || (typeof member === "number" && Number.isNaN(member)) ? [] : [member];
};

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
