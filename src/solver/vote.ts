import { answerIn } from "#src/backends/backend";
import type { Steps } from "./chain.ts";
import { described } from "./describe.ts";
import { fork, join } from "./fork.ts";
import type { Solver } from "./solver.ts";
import type { TaskState } from "./state.ts";

export interface VoteOptions {
  /** How often one solver is asked; 5 when absent. Of no use with a list of solvers, which are asked once each. */
  readonly n?: number;
  /** What a state votes for; equal texts are the same vote. `ballotOf` when absent. */
  readonly by?: (state: TaskState) => string | undefined;
}

/**
 * Self-consistency and ensembles: asks a solver `n` times, or several solvers once each, all at once, and goes on with the most common
 * answer. Of equally common answers the one that came first wins. What all of them spent is accounted for; the count is left in
 * `store.votes`.
 *
 * @param solvers one solver, or a list with a vote each; a way of several steps is a `chain`
 * @see Wang et al. 2023, Self-Consistency Improves Chain of Thought Reasoning in Language Models
 * @example chain([chainOfThought(), vote(generate({ temperature: 0.7 }), { n: 5 })])
 */
export function vote(solvers: Solver | readonly Steps[], { n = 5, by = ballotOf }: VoteOptions = {}): Solver {
  const ways = typeof solvers === "function" ? Array.from({ length: n }, () => solvers) : solvers;
  const solve: Solver = async (state, callModel) => {
    const branches = await fork(state, ways, callModel);
    const ballots = branches.map(by);
    const votes = countVotes(ballots);
    const chosen = branches[ballots.indexOf(mostCommon(votes))] ?? branches[0] ?? state;
    return join(state, chosen, branches).put("votes", Object.fromEntries(votes));
  };
  return described(solve, "vote", { ways, by });
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
