import type { Fact } from "#actors/messages";
import type { RunHandle } from "#src/app/run-handle";

/** The facts of a run, as they come. */
export interface FactRecording {
  /** In order. */
  readonly all: readonly Fact[];
  types(): readonly Fact["type"][];
  /** Those of one type. */
  of<T extends Fact["type"]>(type: T): readonly Extract<Fact, { type: T }>[];
  /** Resolves with the last fact. */
  readonly done: Promise<readonly Fact[]>;
}

/**
 * Collects the facts of a run from now on.
 *
 * @example
 * const facts = factsOf(start(experiment));
 * await facts.done;
 * console.log(facts.types()); // [ "run.started", "task.started", ... "run.ended" ]
 */
export const factsOf = ({ facts }: Pick<RunHandle, "facts">): FactRecording => recordingOf(facts, () => {});

/** As `factsOf`. @param each called with every fact as it comes */
export function recordingOf(facts: RunHandle["facts"], each: (fact: Fact) => void): FactRecording {
  const all: Fact[] = [];
  const collect = async (): Promise<readonly Fact[]> => {
    for await (const fact of facts) {
      all.push(fact);
      each(fact);
    }
    return all;
  };
  return {
    all,
    types: () => all.map(({ type }) => type),
    of: <T extends Fact["type"]>(type: T) =>
      all.filter((fact): fact is Extract<Fact, { type: T }> => fact.type === type),
    done: collect(),
  };
}
