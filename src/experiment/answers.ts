import { ChurnMap } from "#src/kernel/churn-map";
import type { ScoreFound } from "./answer.ts";
import { type Answer, paidFor } from "./attempts.ts";
import { addAmounts } from "./outcome.ts";

/**
 * The answers of a run that wait to be scored: those that the store has, and those on their way there. One for a task, the first: an answer
 * is never drawn twice. As many as tasks in flight, and none where conditions are functions.
 */
export class Answers {
  /** Whether the store keeps answers: else they live as long as this process. */
  readonly areStored: boolean;
  readonly #conditions: ReadonlySet<string>;
  readonly #answers = new ChurnMap<number, Answer>();
  readonly #kept = new Set<number>();
  readonly #recall: ((ordinal: number) => Answer | undefined) | undefined;

  /**
   * @param conditions names of those whose tasks are scored apart
   * @param recall gives an answer of an earlier run when its task begins
   */
  constructor(conditions: Iterable<string>, areStored: boolean, recall?: (ordinal: number) => Answer | undefined) {
    this.#recall = recall;
    this.#conditions = new Set(conditions);
    this.areStored = areStored;
  }

  /** Whether they were paid for by an earlier run: what is spent now is for scoring alone. */
  get areRecalled(): boolean {
    return this.#recall !== undefined;
  }

  /** Whether the tasks of a condition have a stage of their own for scoring. */
  isApart(condition: string): boolean {
    return this.#conditions.has(condition);
  }

  get(ordinal: number): Answer | undefined {
    return this.#answers.get(ordinal) ?? this.#recalled(ordinal);
  }

  #recalled(ordinal: number): Answer | undefined {
    const answer = this.#recall?.(ordinal);
    if (!answer) return undefined;
    this.#answers.set(ordinal, answer);
    this.#kept.add(ordinal);
    return answer;
  }

  /** An answer that was just given. @returns the one that counts */
  add(answer: Answer): Answer {
    const first = this.#answers.get(answer.ordinal);
    if (!first) this.#answers.set(answer.ordinal, answer);
    return first ?? answer;
  }

  /** Scores that were found before another scorer failed, and what that attempt cost: they need not be found out again. */
  addScores(ordinal: number, scores: readonly ScoreFound[], paid: number | undefined): void {
    const answer = this.#answers.get(ordinal);
    if (!answer || scores.length === 0) return;
    const cost = addAmounts(answer.metrics.cost, paid);
    const metrics = { ...answer.metrics, ...(cost === undefined ? {} : { cost }) };
    this.#answers.set(ordinal, { ...answer, scores, metrics });
  }

  /** The store has it. */
  keep(ordinal: number): void {
    if (this.#answers.has(ordinal)) this.#kept.add(ordinal);
  }

  /** Whether its scoring may begin. */
  isKept(ordinal: number): boolean {
    return !this.areStored || this.#kept.has(ordinal);
  }

  /** Its task has a row, or begins again. */
  delete(ordinal: number): void {
    if (this.#answers.delete(ordinal)) this.#kept.delete(ordinal);
  }

  /** What an answer counts as spent while its task has no row; absent where no answer is stored. */
  paidFor(ordinal: number): number {
    const answer = this.#answers.get(ordinal);
    return answer ? paidFor(answer) : 0;
  }
}
