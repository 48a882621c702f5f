import { mode, type Reducer } from "./reducers.ts";
import { nameOf, type Scorer } from "./scorer.ts";

/** Asks several scorers and reduces their scores to one: the most common, unless another reducer is given. */
export const multiScorer = (scorers: readonly Scorer[], reducer: Reducer = mode): Scorer =>
  Object.assign(
    async (...[state, target, generate]: Parameters<Scorer>) =>
      reducer(await Promise.all(scorers.map((each) => each(state, target, generate)))),
    { scorerName: scorers.map(nameOf).join("+") },
  );
