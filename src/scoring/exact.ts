import { type Scorer, scored, targetScorer, verdict } from "./scorer.ts";

/** Correct where the reply has exactly the words of a right answer, without case, punctuation, articles and order. */
export const exact = (): Scorer =>
  targetScorer("exact", ({ output }, target) => {
    const said = wordsOf(output!.content);
    return verdict(
      target.some((text) => text.trim() !== "" && sameSet(wordsOf(text), said)),
      { answer: output!.content },
    );
  });

export interface F1Options {
  /** Takes the answer out of the reply. */
  readonly answerFn?: (reply: string) => string;
  /** Words that do not count. */
  readonly stopWords?: readonly string[];
}

/**
 * F1 of the reply's words against the best right answer, by sets of normalised words, to two decimals.
 *
 * @see Rajpurkar et al. 2016, SQuAD
 */
export const f1 = ({ answerFn = (reply) => reply, stopWords = [] }: F1Options = {}): Scorer =>
  targetScorer(
    "f1",
    ({ output }, target) => {
      const answer = answerFn(output!.content);
      const said = wordsOf(answer, stopWords);
      const best = Math.max(
        0,
        ...target.filter((text) => text.trim() !== "").map((text) => overlap(said, wordsOf(text, stopWords))),
      );
      return scored(toHundredths(best), { answer });
    },
    { answerFn, stopWords },
  );

function overlap(said: ReadonlySet<string>, wanted: ReadonlySet<string>): number {
  const common = [...said].filter((word) => wanted.has(word)).length;
  const precision = said.size === 0 ? 1 : common / said.size;
  const recall = wanted.size === 0 ? 1 : common / wanted.size;
  return precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall);
}

/** Rounds as Python does: a true tie goes to the even digit. */
function toHundredths(value: number): number {
  const isTie = Number.isInteger(value * 8) && (value * 8) % 2 !== 0;
  if (!isTie) return Number(value.toFixed(2));
  const below = Math.floor(value * 100);
  return (below % 2 === 0 ? below : below + 1) / 100;
}

const sameSet = (a: ReadonlySet<string>, b: ReadonlySet<string>): boolean =>
  a.size === b.size && [...a].every((word) => b.has(word));

/** The set of normalised words. */
function wordsOf(text: string, stopWords: readonly string[] = []): ReadonlySet<string> {
  const dropped = new Set(stopWords.map(normaliseWord));
  const kept = text
    .split(/ |-/)
    .map(normaliseWord)
    .filter((word) => !dropped.has(word));
  return new Set(
    kept
      .join(" ")
      .split(/\s+/)
      .filter((word) => word !== ""),
  );
}

function normaliseWord(word: string): string {
  const folded = word.toLowerCase();
  if (folded.trim() !== "" && Number.isFinite(Number(folded))) return String(Number(folded));
  const bare = folded.replace(/[!-/:-@[-`{-~]/g, "");
  const number = bare.trim() !== "" && Number.isFinite(Number(bare)) ? String(Number(bare)) : bare;
  return number.replace(/\b(?:a|an|the)\b/g, " ").trim();
}
