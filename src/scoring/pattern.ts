import { ConfigError, show } from "#src/kernel/errors";
import { markedAnswer, optionsIn, unwrapped } from "#src/text/answer";
import { numberOf } from "#src/text/number";
import { bare, fold } from "#src/text/words";
import { type Score, type Scorer, scored, targetScorer, verdict } from "./scorer.ts";

export interface PatternOptions {
  readonly ignoreCase?: boolean;
  /** Whether all groups must be right answers, instead of one. */
  readonly matchAll?: boolean;
  /** Which match counts where the expression matches several times; the first when absent. */
  readonly which?: "first" | "last";
}

/**
 * Correct where what a regular expression captures is a right answer; no answer (N) where it does not match.
 *
 * @param expression with at least one group; the flag g goes with `which` only
 * @throws ConfigError for an expression without a group, or with a flag g or y that would count for nothing
 * @example pattern(/RESULT: (\w+)/)(state, ["yes"])
 * @example pattern(/(-?[0-9.,]+)/, { which: "last" }) // the last number, lm-eval's `group_select: -1`
 */
export function pattern(
  expression: RegExp | string,
  { ignoreCase = true, matchAll = false, which }: PatternOptions = {},
): Scorer {
  const given = typeof expression === "string" ? new RegExp(expression) : expression;
  checkWhich(given, which);
  const flags = new Set([...given.flags.replace(/[gy]/g, ""), ...(ignoreCase ? ["i"] : [])]);
  const search = new RegExp(given.source, [...flags].join(""));
  if (new RegExp(`${given.source}|`, [...flags].join("")).exec("")!.length < 2) {
    throw new ConfigError("pattern", "must have a group that captures the answer", show(String(expression)));
  }
  const everywhere = new RegExp(search.source, `${search.flags}g`);
  const findIn = (text: string): RegExpExecArray | null =>
    which === "last" ? lastOf(text, everywhere) : search.exec(text);
  return targetScorer(
    "pattern",
    ({ output }, target) => {
      const found = findIn(output!.content);
      if (!found) return scored("N", { explanation: `The pattern is not in the reply: ${output!.content}` });
      const groups = found.slice(1).filter((group) => group !== undefined);
      return judge(groups, target, output!.content, { ignoreCase, matchAll });
    },
    { expression: search, matchAll, ...(which === "last" ? { which } : {}) },
  );
}

function checkWhich({ flags }: RegExp, which: PatternOptions["which"]): void {
  if (which !== undefined && which !== "first" && which !== "last")
    throw new ConfigError("pattern.which", 'must be "first" or "last"', which);
  if (flags.includes("y"))
    throw new ConfigError("pattern", "must look at the whole reply", "flag y", "Leave the y out");
  if (flags.includes("g") && which === undefined)
    throw new ConfigError(
      "pattern",
      "must say which of all matches counts",
      "flag g",
      'Write which: "last", or leave the g out for the first',
    );
}

function lastOf(text: string, expression: RegExp): RegExpExecArray | null {
  let last: RegExpExecArray | null = null;
  for (const match of text.matchAll(expression)) last = match;
  return last;
}

function judge(
  groups: readonly string[],
  target: readonly string[],
  explanation: string,
  { ignoreCase, matchAll }: { readonly ignoreCase: boolean; readonly matchAll: boolean },
): Score {
  const right = new Set(target.map((text) => fold(text, ignoreCase).trim()));
  const correct = groups.filter((group) => right.has(fold(group, ignoreCase).trim()));
  if (matchAll)
    return verdict(groups.length > 0 && correct.length === groups.length, { answer: groups.join(", "), explanation });
  return verdict(correct.length > 0, { answer: correct[0] ?? groups[0], explanation });
}

const alphabet = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZ"].map((label) => ({ label }));

/** What is read behind the mark: a letter alone or with its text (`B) iron`), a word up to the next blank, the line. */
const readings = {
  letter: (answer: string): string | undefined => {
    const alone = unwrapped(answer);
    return /^\p{L}$/u.test(alone) ? alone : optionsIn(answer, alphabet, false)?.[0];
  },
  word: (answer: string): string | undefined => {
    const first = unwrapped(answer).split(/\s+/)[0]!;
    return first === "" ? undefined : bare(first);
  },
  line: (answer: string): string | undefined => (unwrapped(answer) === "" ? undefined : unwrapped(answer)),
};

/**
 * Correct where the reply's last `ANSWER:` is followed by a right answer: a letter, a word, or the rest of the line. What models put around
 * it (`**ANSWER**: (B)`, `\boxed{}`, quotes, a full stop) is ignored; no answer (N) where there is no mark, or nothing behind it.
 *
 * @example answer("letter")(state, ["B"]) // "ANSWER: B" is correct
 */
export function answer(kind: keyof typeof readings): Scorer {
  const read = readings[kind];
  if (!Object.hasOwn(readings, kind))
    throw new ConfigError("answer", `must be one of ${Object.keys(readings).join(", ")}`, kind);
  return targetScorer(
    "answer",
    ({ output }, target) => {
      const explanation = output!.content;
      const marked = markedAnswer(explanation)?.split("\n", 1)[0];
      const given = marked === undefined ? undefined : read(marked);
      if (given === undefined) return scored("N", { explanation });
      return verdict(
        target.some((text) => sameAnswer(given, text)),
        { answer: given, explanation },
      );
    },
    { kind },
  );
}

/** Whether two answers are equal but for case, punctuation at their ends, and how their number is written. */
function sameAnswer(given: string, wanted: string): boolean {
  if (bare(fold(given)) === bare(fold(unwrapped(wanted)))) return true;
  const [a, b] = [given, wanted].map((text) => numberOf(text, { units: false })?.value);
  return a !== undefined && b !== undefined && a.over === b.over && a.under === b.under;
}
