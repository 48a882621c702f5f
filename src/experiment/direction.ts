import { ConfigError } from "#src/kernel/errors";

/** Which way is better: `higher`, `lower`, or `none`, where neither is, or it is unknown. Given in the definition, else inferred from the name. */
export type Direction = "higher" | "lower" | "none";

/** Names, as words, of which more is better. A name holds one of them as whole words: `f1` in `macroF1`, not in `f10`. */
export const higherNames: readonly string[] = (
  "accuracy, acc, correct, correctness, exact, exact match, f1, f-score, precision, recall, specificity, auc, auroc, auprc, bleu, rouge, chrf, " +
  "meteor, bertscore, ndcg, mrr, hit rate, kappa, mcc, r2, iou, pass, passed, success, succeeded, solved, resolved, win, wins, reward, " +
  "faithfulness, groundedness, helpfulness, truthfulness, true positive, true positives, true negative, true negatives, tpr, tnr, " +
  "throughput, tokens per second, speedup, efficiency, effectiveness"
).split(", ");

/** Names, as words, of which less is better. */
export const lowerNames: readonly string[] = (
  "latency, duration, response time, run time, runtime, wall time, execution time, elapsed, time to first token, ttft, cost, costs, " +
  "error, errors, loss, losses, perplexity, ppl, nll, cross entropy, brier, ece, wer, cer, mae, mse, rmse, mape, regret, " +
  "toxicity, hallucination, hallucinations, failure, failures, failed, crash, crashes, timeout, timeouts, violation, violations, " +
  "false positive, false positives, false negative, false negatives, fpr, fnr, edit distance, incorrect, wrong"
).split(", ");

/**
 * Names of the scorers that come with the library: a metric that bears one of them, and nothing else but `not_` before it or a number behind, is
 * better when higher.
 */
export const scorerNames: readonly string[] = (
  "answer, bleu, called, calledInOrder, choice, contains, containsAll, containsAny, containsJson, endsWith, equals, equalsJson, exact, f1, fewRetries, fewSteps, includes, isJson, levenshtein, " +
  "match, math, modelGraded, modelGradedFact, notCalled, numeric, pairwise, pattern, recovers, rouge, rowAssertions, startsWith, weighted"
).split(", ");

/** Words that turn a name round or make it another quantity: `latency_saved`, `neg_mean_squared_error`, `accuracy_std`. With one of them nothing is known. */
export const turningWords: readonly string[] = (
  "neg, negative, minus, inverse, inverted, non, no, not, without, free, anti, saved, saving, savings, reduction, reduced, reducing, improvement, " +
  "improved, gain, drop, decrease, increase, decline, delta, diff, difference, change, gap, lift, benefit, avoided, avoidance, prevented, prevention, " +
  "detection, detected, detector, caught, recovery, recovered, correction, corrected, handling, handled, tolerance, robustness, resistance, " +
  "std, stddev, sd, stderr, sem, standard, deviation, variance, var, iqr, range, spread, weight, threshold, target, budget, limit, predicted, prediction"
).split(", ");

/**
 * The words of a name, lower case: split at everything that is not a letter or digit, between letters and digits, and where a capital begins a word.
 *
 * @example wordsOf("macroF1@k_RMSEScore") // => ["macro", "f", "1", "k", "rmse", "score"]
 */
export const wordsOf = (name: string): string[] =>
  name
    .normalize("NFKC")
    .replace(/(?<=\p{Ll})(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})|(?<=\p{L})(?=\p{N})|(?<=\p{N})(?=\p{L})/gu, " ")
    .toLowerCase()
    .split(/[^\p{L}\p{M}\p{N}]+/u)
    .filter((word) => word !== "");

const phrases = (names: readonly string[]): string[][] => names.map(wordsOf).sort((a, b) => b.length - a.length);
const higher = phrases(higherNames);
const lower = phrases(lowerNames);
const turning = new Set(turningWords);
const oneScorer = `(?:not_)?(?:${scorerNames.join("|")})`;
const scorers = new RegExp(`^${oneScorer}(?:\\+${oneScorer})*(?:[1-9]\\d*)?$`); // several of multiScorer with a + between

const asked = new Map<string, Direction>(); // by the few names of definitions; rows are read one by one

/**
 * Which way is better by a name alone; what stands behind `per` does not count. Names of both kinds in one, turning words, and unknown names say nothing.
 *
 * @example directionOfName("latency_p99") // => "lower"
 * @example directionOfName("sentiment") // => "none"
 * @example directionOfName("toxicity_detection_accuracy") // => "none"
 * @example directionOfName("cost_per_correct") // => "lower"
 */
export function directionOfName(name: string): Direction {
  const known = asked.get(name) ?? readName(name);
  asked.set(name, known);
  return known;
}

/** Characters beyond which a name is none that a person reads. */
const LONGEST = 200;

const readName = (name: string): Direction =>
  name.length > LONGEST ? "none" : scorers.test(name) ? "higher" : readWords(wordsOf(name));

function readWords(words: readonly string[]): Direction {
  const taken = words.map(() => false);
  const isUp = take(words, higher, taken);
  const isDown = take(words, lower, taken);
  const per = words.findIndex((word, i) => i > 0 && word === "per" && !taken[i]);
  if (per > 0) return readWords(words.slice(0, per));
  const isTurned = words.some((word, i) => !taken[i] && turning.has(word));
  if (isTurned || isUp === isDown) return "none";
  return isUp ? "higher" : "lower";
}

/** Whether one of the phrases stands in the words; their places are then taken. */
function take(words: readonly string[], known: readonly (readonly string[])[], taken: boolean[]): boolean {
  let found = false;
  for (const phrase of known) {
    for (let at = 0; at + phrase.length <= words.length; at++) {
      if (!phrase.every((word, i) => words[at + i] === word)) continue;
      taken.fill(true, at, at + phrase.length);
      found = true;
    }
  }
  return found;
}

/** @throws ConfigError where a decision about better and worse is asked for a metric whose direction is unknown */
export function mustSayDirection(metric: string, direction: Direction, place: string): void {
  if (direction !== "none") return;
  const name = JSON.stringify(metric);
  const suggestion = `Write metrics: [{ name: ${name}, direction: "lower" }], or "higher"`;
  throw new ConfigError(place, `needs to know which way ${name} is better`, undefined, suggestion);
}
