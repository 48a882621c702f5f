import { described } from "#src/solver/describe";
import { mode, type Reducer } from "./reducers.ts";
import { refusesOf } from "./refuses.ts";
import { nameOf, type Scorer } from "./scorer.ts";

/** Asks several scorers and reduces their scores to one: the most common, unless another reducer is given. */
export function multiScorer(scorers: readonly Scorer[], reducer: Reducer = mode): Scorer {
  const grade: Scorer = async (state, target, generate) =>
    reducer(await Promise.all(scorers.map((each) => each(state, target, generate))));
  const scorerName = scorers.map(nameOf).join("+");
  return Object.assign(described(grade, scorerName, { scorers, reducer }), { scorerName, ...refusesOf(scorers) });
}
