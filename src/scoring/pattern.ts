import { ConfigFault, show } from "#src/kernel/fault";
import { type Score, type Scorer, scored, targetScorer, verdict } from "./scorer.ts";

export interface PatternOptions {
  readonly ignoreCase?: boolean;
  /** Whether all groups must be right answers, instead of one. */
  readonly matchAll?: boolean;
}

/**
 * Correct where what a regular expression captures is a right answer; no answer (N) where it does not match.
 *
 * @param expression with at least one group
 * @throws ConfigFault for an expression without a group
 * @example pattern(/RESULT: (\w+)/)(state, ["yes"])
 */
export function pattern(
  expression: RegExp | string,
  { ignoreCase = true, matchAll = false }: PatternOptions = {},
): Scorer {
  const given = typeof expression === "string" ? new RegExp(expression) : expression;
  const flags = new Set([...given.flags.replace(/[gy]/g, ""), ...(ignoreCase ? ["i"] : [])]);
  const search = new RegExp(given.source, [...flags].join(""));
  if (new RegExp(`${given.source}|`, [...flags].join("")).exec("")!.length < 2) {
    throw new ConfigFault("pattern", "must have a group that captures the answer", show(String(expression)));
  }
  return targetScorer(
    "pattern",
    ({ output }, target) => judge(search.exec(output!.content), target, output!.content, ignoreCase, matchAll),
    { expression: search, matchAll },
  );
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
