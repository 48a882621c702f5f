import { type Depth, depthOf, eachWord, wordsOf } from "#src/text/words";
import { type Scorer, scored, targetScorer, verdict } from "./scorer.ts";

/** Correct where the reply has the words of a right answer, in their order and number, without case, punctuation and articles. */
export const exact = (): Scorer =>
  targetScorer("exact", ({ output }, target) => {
    const right = target.map((text) => {
      const depth = depthOf(text);
      return hasWords(output!.content, wordsOf(text, depth), depth);
    });
    return verdict(right.includes(true), { answer: output!.content });
  });

/** Whether a text has these words and no other; stops at the first that differs. */
function hasWords(text: string, wanted: readonly string[], depth: Depth): boolean {
  let found = 0;
  let differs = false;
  eachWord(text, depth, "inspect", (word) => {
    differs = word !== wanted[found++];
    return !differs;
  });
  return !differs && found === wanted.length;
}

export interface F1Options {
  /** Takes the answer out of the reply. */
  readonly answerFn?: (reply: string) => string;
  /** Words that do not count. */
  readonly stopWords?: readonly string[];
}

/**
 * F1 of the reply's words against the best right answer, to two decimals: words are counted as often as they stand there, without case,
 * punctuation and articles. Unlike in the SQuAD script, the sign and the decimal point of a number stay.
 *
 * @see Rajpurkar et al. 2016, SQuAD
 */
export const f1 = ({ answerFn = (reply) => reply, stopWords = [] }: F1Options = {}): Scorer => {
  const dropped = new Set(stopWords.flatMap((word) => wordsOf(word, "articles", "squad")));
  return targetScorer(
    "f1",
    ({ output }, target) => {
      const answer = answerFn(output!.content);
      const of = target.map((text) => {
        const depth = depthOf(text);
        const counted = (words: readonly string[]): readonly string[] =>
          dropped.size === 0 ? words : words.filter((word) => !dropped.has(word));
        return overlap(counted(wordsOf(answer, depth, "squad")), counted(wordsOf(text, depth, "squad")));
      });
      return scored(toHundredths(Math.max(0, ...of)), { answer });
    },
    { answerFn, stopWords },
  );
};

function overlap(said: readonly string[], wanted: readonly string[]): number {
  const left = new Map<string, number>();
  for (const word of wanted) left.set(word, (left.get(word) ?? 0) + 1);
  let common = 0;
  for (const word of said) {
    const count = left.get(word) ?? 0;
    if (count > 0) {
      left.set(word, count - 1);
      common += 1;
    }
  }
  return common === 0 ? 0 : (2 * common) / (said.length + wanted.length);
}

/** Rounds as Python does: a true tie goes to the even digit. */
function toHundredths(value: number): number {
  const isTie = Number.isInteger(value * 8) && (value * 8) % 2 !== 0;
  if (!isTie) return Number(value.toFixed(2));
  const below = Math.floor(value * 100);
  return (below % 2 === 0 ? below : below + 1) / 100;
}
