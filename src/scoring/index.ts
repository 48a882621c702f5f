/** Scorers and epoch reducers: whether an answer is right, and how several tries at one sample become one score. */
export { choice } from "./choice.ts";
export { exact, type F1Options, f1 } from "./exact.ts";
export { includes, match, numeric } from "./match.ts";
export { type Grader, type ModelGradedOptions, modelGraded, modelGradedFact } from "./model-graded.ts";
export { multiScorer } from "./multi.ts";
export { scorerNames } from "./names.ts";
export { answer, type PatternOptions, pattern } from "./pattern.ts";
export { atLeast, collect, max, mean, median, mode, passAt, passK, type Reducer } from "./reducers.ts";
export {
  named,
  nameOf,
  type ScalarScore,
  type Score,
  type Scorer,
  type ScoreValue,
  scored,
  scorer,
  targetScorer,
  toNumber,
  toScore,
  unanswered,
  unscored,
  verdict,
} from "./scorer.ts";
