import { z } from "zod";
import { parseOptions } from "#src/kernel/parse";
import { remembered } from "#src/kernel/remember";
import { isBlank } from "#src/text/blank";
import { type Scorer, scored, targetScorer, verdict } from "./scorer.ts";
import { type Grams, gramsOf, sharedGrams } from "./words.ts";

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
  const { ignoreCase, threshold, n } = resolved;
  const tokens = (text: string): string[] => tokensOf(ignoreCase ? text.toLowerCase() : text);
  const referencesOf = remembered((targets) => bleuReferences(targets.split("\0").map(tokens), n), 100, 4000);
  return targetScorer(
    "bleu",
    ({ output }, target) => {
      const reply = output!.content;
      const said = tokens(reply);
      if (said.length === 0) return scored("N", { explanation: "The reply is blank" });
      const score = bleuOf(said, referencesOf(target.join("\0")), resolved);
      return threshold === undefined
        ? scored(score, { answer: reply })
        : verdict(score >= threshold, { answer: reply, explanation: `BLEU ${score}` });
    },
    resolved,
  );
}

/** References of which BLEU is taken, counted once. */
export interface BleuReferences {
  readonly lengths: readonly number[];
  readonly grams: Grams;
}

/** @param n length of the longest n-grams */
export function bleuReferences(references: readonly (readonly string[])[], n: number): BleuReferences {
  const said = references.filter(({ length }) => length > 0);
  return { lengths: said.map(({ length }) => length), grams: gramsOf(said, n) };
}

/** BLEU of tokens against references: the geometric mean of clipped precisions, times the penalty for being short. */
export function bleuOf(
  said: readonly string[],
  { lengths, grams }: BleuReferences,
  { n, smoothing }: Pick<z.output<typeof bleuOptions>, "n" | "smoothing">,
): number {
  const most = Math.min(n, said.length);
  const shared = sharedGrams(said, grams);
  let [logs, smooth] = [0, 1];
  for (let size = 1; size <= most; size++) {
    const found = shared[size - 1]!;
    if (found === 0 && (smoothing === "none" || size === 1)) return 0;
    if (found === 0) smooth *= 2;
    logs += Math.log((found === 0 ? 1 / smooth : found) / (said.length - size + 1));
  }
  const near = nearest(said.length, lengths);
  return Math.exp(logs / most + Math.min(0, 1 - near / said.length));
}

/** The length nearest to the reply's, the shorter of two. */
const nearest = (length: number, lengths: readonly number[]): number =>
  lengths.reduce((best, each) => {
    const [a, b] = [Math.abs(each - length), Math.abs(best - length)];
    return a < b || (a === b && each < best) ? each : best;
  });

/**
 * Tokens as `mteval-v13a` has them: marks stand alone, but for a full stop or comma between digits, hyphens and apostrophes.
 *
 * @example tokensOf("It's 3.5, isn't it?") // => ["It's", "3.5", ",", "isn't", "it", "?"]
 */
export function tokensOf(text: string): string[] {
  const plain = text.includes("&") ? text.replaceAll(/&(?:quot|amp|lt|gt);/g, (name) => entities[name]!) : text;
  const line = plain.includes("-\n") ? plain.replaceAll("-\n", "") : plain;
  const tokens: string[] = [];
  let start = 0;
  let point = -1; // the first of the word
  for (let at = 0; at <= line.length; at++) {
    const code = at < line.length ? line.charCodeAt(at) : 32;
    const kind = code < 128 ? kindOf[code]! : isBlank(code) ? BLANK : LETTER;
    if (kind === LETTER) continue;
    if (kind === POINT) {
      if (point < 0) point = at;
      continue;
    }
    if (at > start) {
      if (point < 0) tokens.push(line.slice(start, at));
      else if (point === at - 1 && point > start && line[point] !== "-")
        tokens.push(line.slice(start, point), line[point]!); // a word, and what ends its sentence
      else pushParts(tokens, line.slice(start, at));
    }
    if (kind === MARK) tokens.push(line[at]!);
    start = at + 1;
    point = -1;
  }
  return tokens;
}

const entities: Readonly<Record<string, string>> = { "&quot;": '"', "&amp;": "&", "&lt;": "<", "&gt;": ">" };
const LETTER = 0;
const BLANK = 1;
const MARK = 2;
const POINT = 3;
const kindOf = Uint8Array.from({ length: 128 }, (_, code) => {
  const sign = String.fromCharCode(code);
  return /\s/.test(sign) ? BLANK : /[{-~[-`!-&(-+:-@/]/.test(sign) ? MARK : /[.,-]/.test(sign) ? POINT : LETTER;
});

/** A word with full stops, commas or hyphens in it. */
function pushParts(tokens: string[], word: string): void {
  if (!/[.,]|\d-/.test(word)) {
    tokens.push(word);
    return;
  }
  const parts = ` ${word} `
    .replace(/([^0-9])([.,])/g, "$1 $2 ")
    .replace(/([.,])([^0-9])/g, " $1 $2")
    .replace(/([0-9])(-)/g, "$1 $2 ");
  for (const part of parts.split(" ")) if (part !== "") tokens.push(part);
}
