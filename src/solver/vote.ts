import { answerIn } from "#src/backends/backend";
import { ConfigError } from "#src/kernel/errors";
import { markedAnswer } from "#src/text/answer";
import { lastNumber } from "#src/text/number";
import { show } from "#src/text/rational";
import type { Steps } from "./chain.ts";
import { described } from "./describe.ts";
import { fork, join } from "./fork.ts";
import type { Solver } from "./solver.ts";
import type { TaskState } from "./state.ts";

export interface VoteOptions {
  /** How often one solver is asked; 5 when absent. Of no use with a list of solvers, which are asked once each. */
  readonly n?: number;
  /**
   * What a state votes for; equal texts are the same vote. `"text"` when absent: the marked choices, else the text after the last `ANSWER:`,
   * else all of it. `"number"` is the last number there, so that `#### 18` and `It is $18.00.` are one vote, and a reply without a number
   * that can be read has none.
   */
  readonly by?: "text" | "number" | ((state: TaskState) => string | undefined);
}

/**
 * Self-consistency and ensembles: asks a solver `n` times, or several solvers once each, all at once, and continues with the most common
 * answer. Of equally common answers the one that came first wins. What all of them spent is accounted for; the count is left in
 * `store.votes`.
 *
 * @param solvers one solver, or a list with a vote each; a way of several steps is a `chain`
 * @see Wang et al. 2023, Self-Consistency Improves Chain of Thought Reasoning in Language Models
 * @example chain([chainOfThought(), vote(generate({ temperature: 0.7 }), { n: 5 })])
 */
export function vote(solvers: Solver | readonly Steps[], { n = 5, by = "text" }: VoteOptions = {}): Solver {
  const ballot = typeof by === "function" ? by : ballots[by];
  if (ballot === undefined) throw new ConfigError("vote.by", `must be "text", "number" or a function`, by);
  const ways = typeof solvers === "function" ? Array.from({ length: n }, () => solvers) : solvers;
  const solve: Solver = async (state, callModel) => {
    const branches = await fork(state, ways, callModel);
    const cast = branches.map(ballot);
    const votes = countVotes(cast);
    const chosen = branches[cast.indexOf(mostCommon(votes))] ?? branches[0] ?? state;
    return join(state, chosen, branches).put("votes", Object.fromEntries(votes));
  };
  return described(solve, "vote", { ways, by: ballot });
}

/** Counts equal ballots, in the order in which each first came. */
function countVotes(ballots: readonly (string | undefined)[]): ReadonlyMap<string, number> {
  const votes = new Map<string, number>();
  for (const ballot of ballots) if (ballot !== undefined) votes.set(ballot, (votes.get(ballot) ?? 0) + 1);
  return votes;
}

function mostCommon(votes: ReadonlyMap<string, number>): string | undefined {
  const most = Math.max(...votes.values());
  return [...votes].find(([, count]) => count === most)?.[0];
}

/**
 * What a state's answer says: its marked choices, else the text after the last `ANSWER:`, else all of it; without case and edge punctuation.
 * Nothing where there is no answer.
 */
export function ballotOf(state: TaskState): string | undefined {
  if (state.choices.marked.length > 0) return state.choices.marked.join(",");
  return state.output === undefined ? undefined : answerIn(state.output.content);
}

/** The last number of a state's answer, exactly; nothing where there is none, or the last one cannot be read. */
function numberBallot({ output }: TaskState): string | undefined {
  const said = output && lastNumber(markedAnswer(output.content) ?? output.content);
  return said?.value && show(said.value);
}

const ballots: { readonly [K in "text" | "number"]: (state: TaskState) => string | undefined } = {
  text: ballotOf,
  number: numberBallot,
};
