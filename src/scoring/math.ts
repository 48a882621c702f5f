import { show } from "#src/kernel/errors";
import { remembered } from "#src/kernel/remember";
import { finalAnswer } from "./math-answer.ts";
import { sameMath } from "./math-same.ts";
import { readMath } from "./math-value.ts";
import { type Scorer, scored, targetScorer, unscored, verdict } from "./scorer.ts";

/**
 * Correct where the final answer of the reply is, as mathematics, that of a target: fractions, decimals, percent, degrees and units, roots,
 * polynomials in any form, points, intervals with their brackets, sets and lists in any order, matrices, words.
 *
 * The last `\boxed{...}` is the answer; else what follows the last `ANSWER:`, the last formula, the last number. A reply without an answer that
 * can be read is N; a target that cannot be read leaves the sample unscored. Equality is exact for fractions, else tested at random points.
 * Nothing of reply or target is executed.
 *
 * @see Schwartz, "Fast Probabilistic Algorithms for Verification of Polynomial Identities", JACM 27 (1980)
 * @example math()(state, ["\\frac{1}{2}"]) // "so \\boxed{0.5}" is correct
 */
export const math = (): Scorer => {
  const wantedOf = remembered((text) => readMath(inner(text)));
  return targetScorer(
    "math",
    ({ output }, target) => {
      const wanted = target.filter((text) => text.trim() !== "").map((text) => ({ text, value: wantedOf(text) }));
      const broken = wanted.find(({ value }) => value === undefined);
      if (broken) return unscored(`the target ${show(broken.text)} cannot be read as mathematics`);
      const answer = finalAnswer(output!.content);
      if (answer === undefined) return scored("N", { explanation: "The reply has no final answer" });
      const value = readMath(answer);
      if (!value) return scored("N", { answer, explanation: "The final answer cannot be read as mathematics" });
      const told = wanted.map((each) => sameMath(value, each.value!));
      if (told.includes(true)) return verdict(true, { answer });
      return told.includes(undefined)
        ? unscored(
            `whether ${show(answer)} equals the target cannot be decided: the numbers are too large, or defined nowhere`,
            { answer },
          )
        : verdict(false, { answer });
    },
    {},
  );
};

/** A target is often written as the solution has it, in a box. */
const inner = (target: string): string => (/\\f?box(?:ed)?\b/.test(target) ? (finalAnswer(target) ?? "") : target);
