/** Scorers and epoch reducers: whether an answer is right, and how several tries at one sample become one score. */

export type { JsonSchemaInput, StandardSchema } from "#src/schema/schema";
export { bleu } from "./bleu.ts";
export { choice } from "./choice.ts";
export { contains, containsAll, containsAny, endsWith, equals, startsWith, type TextOptions } from "./contains.ts";
export { exact, type F1Options, f1 } from "./exact.ts";
export { containsJson, equalsJson, isJson, type JsonOptions } from "./json.ts";
export type { Grader } from "./judge.ts";
export { levenshtein } from "./levenshtein.ts";
export { includes, match, numeric } from "./match.ts";
export { math } from "./math.ts";
export { type ModelGradedOptions, modelGraded, modelGradedFact } from "./model-graded.ts";
export { multiScorer } from "./multi.ts";
export { scorerNames } from "./names.ts";
export { not } from "./not.ts";
export { on, type ReplyTransform } from "./on.ts";
export { type PairwiseOptions, pairwise } from "./pairwise.ts";
export { answer, type PatternOptions, pattern } from "./pattern.ts";
export { atLeast, collect, max, mean, median, mode, passAt, passK, type Reducer } from "./reducers.ts";
export { rouge } from "./rouge.ts";
export { rowAssertions } from "./row-assertions.ts";
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
export {
  type CalledOptions,
  called,
  calledInOrder,
  type ExpectedArgument,
  type ExpectedCall,
  fewRetries,
  fewSteps,
  notCalled,
  recovers,
  type Trajectory,
  type TrajectoryCall,
  trajectoryOf,
} from "./trajectory.ts";
export { type WeightedMember, weighted } from "./weighted.ts";
