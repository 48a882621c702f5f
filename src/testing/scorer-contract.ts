import { deepEqual, equal, notEqual, ok } from "node:assert/strict";
import type { Scorer } from "#src/scoring/scorer";
import { toNumber } from "#src/scoring/scorer";
import { TaskState } from "#src/solver/state";
import type { Law } from "./backend-contract.ts";

/** What a scorer needs to show that it keeps the contract: a state it holds for right, one it holds for wrong, and their target. */
export interface ScorerUnderTest {
  readonly scorer: Scorer;
  readonly target: readonly string[];
  readonly right: TaskState;
  readonly wrong: TaskState;
}

/**
 * The laws of a Scorer.
 *
 * @example scorerContract({ scorer: mine(), target: ["4"], right: answered("4"), wrong: answered("5") })
 */
export function scorerContract({ scorer, target, right, wrong }: ScorerUnderTest): Law[] {
  const numberOf = async (state: TaskState): Promise<number | undefined> => {
    const { value } = await scorer(state, target);
    return typeof value === "object" && value !== null ? undefined : toNumber(value);
  };
  return [
    {
      name: "gives 1 for what is right and less for what is wrong",
      check: async () => ok((await numberOf(right)) === 1 && Number(await numberOf(wrong)) < 1),
    },
    {
      name: "stays in [0, 1]",
      check: async () =>
        ok([await numberOf(right), await numberOf(wrong)].every((value) => Number(value) >= 0 && Number(value) <= 1)),
    },
    {
      name: "says the same of the same",
      check: async () => deepEqual(await scorer(right, target), await scorer(right, target)),
    },
    {
      name: "changes nothing",
      check: async () => {
        const before = JSON.stringify(right);
        await scorer(right, target);
        equal(JSON.stringify(right), before);
      },
    },
    {
      name: "leaves unscored, with a reason, what was never answered",
      check: async () => {
        const score = await scorer(TaskState.from({ id: right.sampleId, input: right.input }), target);
        equal(score.value, null);
        notEqual(score.unscored ?? "", "");
      },
    },
    {
      name: "has a name, and scores that survive JSON",
      check: async () => {
        notEqual(scorer.scorerName ?? scorer.name, "");
        const score = await scorer(wrong, target);
        deepEqual(JSON.parse(JSON.stringify(score)), score);
      },
    },
  ];
}
