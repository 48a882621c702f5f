import { ConfigFault, show } from "#src/kernel/fault";
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
 * @throws ConfigFault for an expression without a group, or with a flag g or y that would count for nothing
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
    throw new ConfigFault("pattern", "must have a group that captures the answer", show(String(expression)));
  }
  const everywhere = new RegExp(search.source, `${search.flags}g`);
  const findIn = (text: string): RegExpExecArray | null =>
    which === "last" ? lastOf(text, everywhere) : search.exec(text);
  return targetScorer(
    "pattern",
    ({ output }, target) => judge(findIn(output!.content), target, output!.content, ignoreCase, matchAll),
    { expression: search, matchAll, ...(which === "last" ? { which } : {}) },
  );
}

function checkWhich({ flags }: RegExp, which: PatternOptions["which"]): void {
  if (which !== undefined && which !== "first" && which !== "last")
    throw new ConfigFault("pattern.which", 'must be "first" or "last"', which);
  if (flags.includes("y"))
    throw new ConfigFault("pattern", "must look at the whole reply", "flag y", "Leave the y out");
  if (flags.includes("g") && which === undefined)
    throw new ConfigFault(
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
  found: RegExpExecArray | null,
  target: readonly string[],
  explanation: string,
  ignoreCase: boolean,
  matchAll: boolean,
): Score {
  if (!found) return scored("N", { explanation: `The pattern is not in the reply: ${explanation}` });
  const fold = (text: string): string => (ignoreCase ? text.toLowerCase() : text);
  const right = new Set(target.map(fold));
  const groups = found.slice(1).filter((group) => group !== undefined);
  const correct = groups.filter((group) => right.has(fold(group)));
  if (matchAll)
    return verdict(groups.length > 0 && correct.length === groups.length, { answer: groups.join(", "), explanation });
  return verdict(correct.length > 0, { answer: correct[0] ?? groups[0], explanation });
}

const answers = {
  letter: /ANSWER\s*:[\s*]*([A-Za-z])(?!\w)/gi,
  word: /ANSWER\s*:[\s*]*(\w+)/gi,
  line: /ANSWER\s*:[\s*]*([^\n]+?)[\s*]*$/gim,
};

/**
 * Correct where the last `ANSWER:` is followed by a right answer: a letter, a word, or the rest of the line.
 *
 * @example answer("letter")(state, ["B"]) // "ANSWER: B" is correct
 */
export function answer(kind: keyof typeof answers): Scorer {
  const search = answers[kind];
  if (!search) throw new ConfigFault("answer", `must be one of ${Object.keys(answers).join(", ")}`, kind);
  return targetScorer(
    "answer",
    ({ output }, target) => {
      const found = [...output!.content.matchAll(search)].at(-1);
      return judge((found as RegExpExecArray | undefined) ?? null, target, output!.content, true, false);
    },
    { kind },
  );
}
