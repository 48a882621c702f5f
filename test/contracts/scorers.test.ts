import { describe, expect, it } from "vitest";
import * as scoring from "#src/scoring/index";
import { scorerContract } from "#src/testing/scorer-contract";
import { longReplies } from "../bench/long-replies.ts";
import { everyScorer } from "../scoring/every-scorer.ts";

for (const [name, scorer] of Object.entries(everyScorer)) {
  describe(name, () => {
    for (const law of scorerContract(scorer)) it(law.name, law.check);
  });
}

/** Functions of the index that make no scorer. */
const others = new Set(
  "atLeast collect max mean median mode passAt passK named nameOf scored scorer scorerNames targetScorer toNumber toScore trajectoryOf unanswered unscored verdict".split(
    " ",
  ),
);

it("every scorer of the index keeps the contract, and is timed", () => {
  const exported = Object.keys(scoring).filter((name) => !others.has(name));
  expect(exported.length).toBeGreaterThan(25);
  expect(exported.filter((name) => !Object.hasOwn(everyScorer, name))).toEqual([]);
  const waits = ["modelGraded", "modelGradedFact", "pairwise"]; // for a model
  expect(exported.filter((name) => !Object.hasOwn(longReplies, name))).toEqual(waits);
});
