import type { ForeignAnswer } from "#src/dataset/foreign";
import { FailureError } from "#src/kernel/failure";
import { ConfigFault, show } from "#src/kernel/fault";
import { toNumber } from "#src/scoring/scorer";
import type { Condition } from "./condition.ts";

/** What `defineExperiment` takes of a replay. */
export interface Replay {
  readonly dataset: readonly { readonly id: string; readonly input: unknown; readonly target: unknown }[];
  readonly conditions: readonly Condition<{ readonly id: string }>[];
  /** Answers that each run gives to an item. */
  readonly repeat: number;
}

/**
 * Runs of other programs as conditions: their answers are replayed and compared here, item by item. Scores become metrics by their
 * names, and a run that has no answer to an item has failed at it.
 *
 * @param runs answers by the name of the condition
 * @throws ConfigFault for a run without answers, or with two to one item
 * @example replay({ "model a": lmEvalSamples(a), "model b": lmEvalSamples(b) })
 */
export function replay(runs: Readonly<Record<string, readonly ForeignAnswer[]>>): Replay {
  const items = new Map<string, Replay["dataset"][number]>();
  let repeat = 1;
  const conditions = Object.entries(runs).map(([name, answers]): Condition<{ readonly id: string }> => {
    if (answers.length === 0) throw new ConfigFault(`replay.${name}`, "must have at least one answer");
    const known = new Map<string, ForeignAnswer>();
    for (const answer of answers) {
      const key = JSON.stringify([answer.id, answer.repeat]);
      if (known.has(key)) throw new ConfigFault(`replay.${name}`, `answers ${show(answer.id)} twice`);
      known.set(key, answer);
      repeat = Math.max(repeat, answer.repeat + 1);
      if (!items.has(answer.id)) items.set(answer.id, { id: answer.id, input: answer.input, target: answer.target });
    }
    return {
      name,
      description: `replayed: ${answers.length} answers`,
      run: ({ id }, { repeat: epoch }) => {
        const answer = known.get(JSON.stringify([id, epoch]));
        if (!answer) throw new FailureError("not_found", `${name} has no answer to ${id}`);
        return { completion: answer.completion, ...numbersOf(answer.scores) };
      },
    };
  });
  return { dataset: [...items.values()], conditions, repeat };
}

const numbersOf = (scores: ForeignAnswer["scores"]): Record<string, number> =>
  Object.fromEntries(
    Object.entries(scores).flatMap(([name, value]) => {
      const number = toNumber(value as Parameters<typeof toNumber>[0]);
      return number === undefined ? [] : [[name, number]];
    }),
  );
