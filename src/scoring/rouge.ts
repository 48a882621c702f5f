import { z } from "zod";
import { parseOptions } from "#src/kernel/parse";
import { remembered } from "#src/kernel/remember";
import { type Scorer, scored, targetScorer, unscored, verdict } from "./scorer.ts";
import { tooLong } from "./too-long.ts";
import { commonSubsequence, gramsOf, sharedGrams } from "./words.ts";

export const rougeOptions = z.strictObject({
  n: z
    .union([z.int().min(1).max(9), z.literal("L")])
    .default("L")
    .describe("length of the n-grams; L for the longest common subsequence"),
  measure: z
    .enum(["f", "precision", "recall"])
    .default("f")
    .describe("share of the reply's words (precision), of the reference's (recall), or their harmonic mean"),
  threshold: z.number().gt(0).max(1).optional().describe("score from which the reply is correct (C, else I)"),
});

/**
 * ROUGE-N or ROUGE-L of the reply against the target, from 0 to 1; the best of several targets. Words are runs of ASCII letters and digits in
 * lower case, without stemming. N where the reply has no word.
 *
 * @see Lin, "ROUGE: A Package for Automatic Evaluation of Summaries" (2004); Google's `rouge_score`, which gives the same numbers
 * @example rouge({ n: 2 })
 */
export function rouge(options: z.input<typeof rougeOptions> = {}): Scorer {
  const resolved = parseOptions(rougeOptions, options, "rouge");
  const { n, measure, threshold } = resolved;
  const referenceOf = remembered(wordsOf, 100);
  return targetScorer(
    "rouge",
    ({ output }, target) => {
      const reply = output!.content;
      const said = wordsOf(reply);
      const references = target.map(referenceOf).filter((words) => words.length > 0);
      if (references.length === 0) return unscored("the target has no word of ASCII letters or digits");
      if (said.length === 0) return scored("N", { explanation: "The reply has no word of ASCII letters or digits" });
      const long = n === "L" ? references.map((words) => tooLong(said.length, words.length)).find(Boolean) : undefined;
      if (long) return unscored(long);
      const best = Math.max(...references.map((words) => rougeOf(said, words, n)[measure]));
      return threshold === undefined
        ? scored(best, { answer: reply })
        : verdict(best >= threshold, { answer: reply, explanation: `ROUGE-${n} ${best}` });
    },
    resolved,
  );
}

interface Rouge {
  readonly precision: number;
  readonly recall: number;
  readonly f: number;
}

/** ROUGE of words against the words of a reference. A text shorter than n words has no n-gram and shares none. */
export function rougeOf(said: readonly string[], reference: readonly string[], n: number | "L"): Rouge {
  const size = n === "L" ? 1 : n;
  const shared = n === "L" ? commonSubsequence(said, reference) : sharedGrams(said, gramsOf([reference], n))[n - 1]!;
  const precision = shared / Math.max(1, said.length - size + 1);
  const recall = shared / Math.max(1, reference.length - size + 1);
  return { precision, recall, f: shared === 0 ? 0 : (2 * precision * recall) / (precision + recall) };
}

/** @example wordsOf("Don't stop, 2 go!") // => ["don", "t", "stop", "2", "go"] */
export function wordsOf(text: string): string[] {
  const lower = text.toLowerCase();
  const words: string[] = [];
  let start = -1;
  for (let at = 0; at <= lower.length; at++) {
    const code = lower.charCodeAt(at);
    const isWord = (code >= 97 && code <= 122) || (code >= 48 && code <= 57);
    if (isWord === start >= 0) continue;
    if (!isWord) words.push(lower.slice(start, at));
    start = isWord ? at : -1;
  }
  return words;
}
