import { z } from "zod";
import { parseOptions } from "#src/kernel/parse";
import { type Scorer, scored, targetScorer, verdict } from "./scorer.ts";
import { gramsOf, sharedGrams } from "./words.ts";

export const bleuOptions = z.strictObject({
  n: z.int().min(1).max(9).default(4).describe("length of the longest n-grams"),
  smoothing: z
    .enum(["exp", "none"])
    .default("exp")
    .describe("what a length without a shared n-gram counts: half, a quarter, ... of one n-gram (exp), or nothing"),
  ignoreCase: z.boolean().default(false).describe("whether a and A are the same"),
  threshold: z.number().gt(0).max(1).optional().describe("score from which the reply is correct (C, else I)"),
});

/**
 * Sentence BLEU of the reply against the targets, all of them references, from 0 to 1. N for a blank reply.
 *
 * Tokens are those of `mteval-v13a`. Lengths of n-grams that the reply is too short for are left out.
 *
 * @see Papineni et al., "BLEU", ACL (2002); Post, "A Call for Clarity in Reporting BLEU Scores" (2018), whose sacreBLEU gives 100 times the same
 * @example bleu({ threshold: 0.5 })
 */
export function bleu(options: z.input<typeof bleuOptions> = {}): Scorer {
  const resolved = parseOptions(bleuOptions, options, "bleu");
  const { ignoreCase, threshold } = resolved;
  const tokens = (text: string): string[] => tokensOf(ignoreCase ? text.toLowerCase() : text);
  return targetScorer(
    "bleu",
    ({ output }, target) => {
      const reply = output!.content;
      const said = tokens(reply);
      if (said.length === 0) return scored("N", { explanation: "The reply is blank" });
      const references = target.map(tokens).filter((words) => words.length > 0);
      const score = bleuOf(said, references, resolved);
      return threshold === undefined
        ? scored(score, { answer: reply })
        : verdict(score >= threshold, { answer: reply, explanation: `BLEU ${score}` });
    },
    resolved,
  );
}

/** BLEU of tokens against references: the geometric mean of clipped precisions, times the penalty for being short. */
export function bleuOf(
  said: readonly string[],
  references: readonly (readonly string[])[],
  { n, smoothing }: Pick<z.output<typeof bleuOptions>, "n" | "smoothing">,
): number {
  let [logs, lengths, smooth] = [0, 0, 1];
  for (let size = 1; size <= n && size <= said.length; size++) {
    const most = mostOf(references.map((words) => gramsOf(words, size)));
    const shared = sharedGrams(gramsOf(said, size), most);
    if (shared === 0 && (smoothing === "none" || size === 1)) return 0;
    if (shared === 0) smooth *= 2;
    logs += Math.log((shared === 0 ? 1 / smooth : shared) / (said.length - size + 1));
    lengths += 1;
  }
  const near = nearest(
    said.length,
    references.map((words) => words.length),
  );
  return Math.exp(logs / lengths + Math.min(0, 1 - near / said.length));
}

/** Each n-gram as often as the reference that has it most often. */
function mostOf(all: readonly ReadonlyMap<string, number>[]): Map<string, number> {
  const most = new Map<string, number>();
  for (const grams of all) for (const [gram, count] of grams) most.set(gram, Math.max(count, most.get(gram) ?? 0));
  return most;
}

/** The length nearest to the reply's, the shorter of two. */
const nearest = (length: number, lengths: readonly number[]): number =>
  lengths.reduce((best, each) => {
    const [a, b] = [Math.abs(each - length), Math.abs(best - length)];
    return a < b || (a === b && each < best) ? each : best;
  });

/** @example tokensOf("It's 3.5, isn't it?") // => ["It's", "3.5", ",", "isn't", "it", "?"] */
export const tokensOf = (text: string): string[] =>
  ` ${text.replaceAll("-\n", "").replaceAll("\n", " ")} `
    .replace(/[{-~[-` -&(-+:-@/]/g, " $& ")
    .replace(/([^0-9])([.,])/g, "$1 $2 ")
    .replace(/([.,])([^0-9])/g, " $1 $2")
    .replace(/([0-9])(-)/g, "$1 $2 ")
    .split(/\s+/)
    .filter((token) => token !== "");
