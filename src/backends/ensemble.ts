import { ConfigError } from "#src/kernel/errors";
import { addUsage, answerIn, type Backend, type Reply } from "./backend.ts";

export interface EnsembleOptions {
  /** Chooses among the replies; the first of the most common answers when absent. */
  readonly vote?: (replies: readonly Reply[]) => Reply;
  /** Replies that are enough to vote; all when absent. */
  readonly minimum?: number;
}

/**
 * Asks several backends at once and continues with one of their answers. What all of them used and cost is added up.
 *
 * When too many fail for the minimum, the rest is cancelled and the first failure thrown.
 *
 * @example ensemble([aiSdk(a), aiSdk(b), aiSdk(c)], { minimum: 2 })
 */
export function ensemble(
  backends: readonly Backend[],
  { vote = majority, minimum = backends.length }: EnsembleOptions = {},
): Backend {
  if (backends.length === 0) throw new ConfigError("ensemble", "must have at least one backend");
  if (!Number.isInteger(minimum) || minimum < 1 || minimum > backends.length) {
    throw new ConfigError("ensemble.minimum", `must be a whole number from 1 to ${backends.length}`, minimum);
  }
  return {
    name: `ensemble of ${backends.map(({ name }) => name).join(", ")}`,
    generate: async (messages, config = {}, { signal } = {}) => {
      const rest = new AbortController();
      const shared = signal ? AbortSignal.any([signal, rest.signal]) : rest.signal;
      const failures: unknown[] = [];
      const asked = backends.map(async (backend): Promise<Reply | undefined> => {
        try {
          return await backend.generate(messages, config, { signal: shared });
        } catch (failure) {
          failures.push(failure);
          if (failures.length > backends.length - minimum) rest.abort(failures[0]);
          return undefined;
        }
      });
      const replies = (await Promise.all(asked)).filter((reply) => reply !== undefined);
      if (replies.length < minimum) throw failures[0];
      return together(vote(replies), replies);
    },
  };
}

/** The first of the most common answers; answers are compared as `answerIn` reads them. */
export function majority(replies: readonly Reply[]): Reply {
  const votes = new Map<string, Reply[]>();
  for (const reply of replies) {
    const answer = answerIn(reply.content);
    votes.set(answer, [...(votes.get(answer) ?? []), reply]);
  }
  return [...votes.values()].reduce((most, each) => (each.length > most.length ? each : most))[0]!;
}

/** The chosen reply with the bill of all: a sum with an unknown part is unknown, and what was cached costs nothing beside what was not. */
function together(chosen: Reply, replies: readonly Reply[]): Reply {
  const { usage: _, cost: __, cached: ___, ...rest } = chosen;
  const cached = replies.every((reply) => reply.cached);
  const costs = replies.map((reply) => (reply.cached && !cached ? 0 : reply.cost));
  const cost = costs.reduce((sum, each) => (sum === undefined || each === undefined ? undefined : sum + each), 0);
  const usage = replies.map((reply) => reply.usage).reduce(addUsage, undefined);
  return {
    ...rest,
    calls: replies.reduce((sum, { calls = 1 }) => sum + calls, 0),
    ...(usage ? { usage } : {}),
    ...(cost === undefined ? {} : { cost }),
    ...(cached ? { cached } : {}),
  };
}
