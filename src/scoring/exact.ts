import { remembered } from "#src/kernel/remember";
import { type Depth, depthOf, eachWord, wordsOf } from "#src/text/words";
import { type Scorer, scored, targetScorer, verdict } from "./scorer.ts";
import { type Grams, gramsOf, sharedGrams } from "./words.ts";

/** Correct where the reply has the words of a right answer, in their order and number, without case, punctuation and articles. */
export const exact = (): Scorer => {
  const wantedOf = remembered((text) => {
    const depth = depthOf(text);
    return { depth, words: wordsOf(text, depth) };
  });
  return targetScorer("exact", ({ output }, target) => {
    const right = target.some((text) => {
      const { depth, words } = wantedOf(text);
      return hasWords(output!.content, words, depth);
    });
    return verdict(right, { answer: output!.content });
  });
};

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
  const counted = (words: readonly string[]): readonly string[] =>
    dropped.size === 0 ? words : words.filter((word) => !dropped.has(word));
  const wantedOf = remembered((text) => {
    const depth = depthOf(text);
    return { depth, grams: gramsOf([counted(wordsOf(text, depth, "squad"))], 1) };
  }, 100);
  return targetScorer(
    "f1",
    ({ output }, target) => {
      const answer = answerFn(output!.content);
      const of = target.map((text) => {
        const { depth, grams } = wantedOf(text);
        return overlap(counted(wordsOf(answer, depth, "squad")), grams);
      });
      return scored(toHundredths(Math.max(0, ...of)), { answer });
    },
    { answerFn, stopWords },
  );
};

function overlap(said: readonly string[], wanted: Grams): number {
  const [common] = sharedGrams(said, wanted);
  return common! === 0 ? 0 : (2 * common!) / (said.length + wanted.runs.capacity);
}

/** Rounds as Python does: a true tie goes to the even digit. */
function toHundredths(value: number): number {
  const isTie = Number.isInteger(value * 8) && (value * 8) % 2 !== 0;
  if (!isTie) return Number(value.toFixed(2));
  const below = Math.floor(value * 100);
  return (below % 2 === 0 ? below : below + 1) / 100;
}
