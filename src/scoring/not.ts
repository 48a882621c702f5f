import { show } from "#src/kernel/errors";
import { described } from "#src/solver/describe";
import { isBlankText } from "#src/text/blank";
import { refusesOf } from "./refuses.ts";
import { nameOf, type Score, type Scorer, scored, toNumber, unscored } from "./scorer.ts";

/**
 * The opposite of a scorer: C becomes I, and a number from 0 to 1 its distance to 1.
 *
 * Nothing said is never right: a blank reply, and a scorer's "no answer" (N), stay N; what is unscored stays unscored.
 *
 * @example not(contains("as an AI"))
 */
export function not(of: Scorer): Scorer {
  const scorerName = `not_${nameOf(of)}`;
  const grade: Scorer = async (state, target, generate) => {
    const score = await of(state, target, generate);
    if (score.value === null || score.value === "N") return score;
    const { value: _, unscored: __, ...details } = score;
    if (state.output && isBlankText(state.output.content))
      return scored("N", { ...details, explanation: "The reply is blank" });
    const opposite = opposed(score.value);
    return opposite === undefined
      ? unscored(`${nameOf(of)} gave ${show(score.value)}, which has no opposite`, details)
      : scored(opposite, details);
  };
  return Object.assign(described(grade, "not", { of }), { scorerName, ...refusesOf([of]) });
}

function opposed(value: Exclude<Score["value"], null>): (Score["value"] & (string | number | boolean)) | undefined {
  if (typeof value === "boolean") return !value;
  if (value === "C") return "I";
  if (value === "I") return "C";
  if (value === "P") return "P";
  const number = typeof value === "object" ? undefined : toNumber(value);
  return number === undefined || number < 0 || number > 1 ? undefined : 1 - number;
}
