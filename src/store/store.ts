import type { Answer } from "#src/experiment/attempts";
import type { Manifest, RunSession } from "#src/experiment/manifest";
import type { Outcome } from "#src/experiment/outcome";
import type { StoreSummary } from "#src/experiment/store-summary";
import type { Task } from "#src/experiment/task";

type Awaitable<T> = T | Promise<T>;

/** What attempts of a condition have cost whose result was lost. */
export interface Spending {
  readonly condition: string;
  readonly cost: number;
  readonly tasks: number;
}

/** Money promised to one attempt. */
export interface StoredReservation {
  readonly ordinal: number;
  readonly attempt: number;
  readonly condition: string;
  readonly amount: number;
}

/** An item of the data set, by its id. */
export interface StoredItem {
  readonly id: string;
  readonly row: unknown;
}

/** Plain JSON under a number. */
export interface StoredEntry {
  /** A whole number of at least 0. */
  readonly number: number;
  readonly value: unknown;
}

/** An entry that is written, or taken away where it has no value. */
export interface EntryChange {
  readonly list: string;
  readonly number: number;
  readonly value?: unknown;
}

/** Lists of entries that are kept beside the results, each under a name: scorings, labels. They answer at once. */
export interface Entries {
  /** Names of the lists that have entries, sorted. */
  lists(): readonly string[];
  /** By number, in constant memory. */
  all(list: string): Iterable<StoredEntry>;
  one(list: string, number: number): StoredEntry | undefined;
  /** Commits entries that are not there yet. @returns the numbers of those */
  add(list: string, entries: readonly StoredEntry[]): readonly number[];
  /** Commits all changes or none. */
  write(changes: readonly EntryChange[]): void;
}

/**
 * Where one run keeps its rows. Laws, tested for every store by `src/testing/store-contract.ts`: rows appended before the call
 * returned survive a killed process; a second row for an ordinal is ignored; rows come back in order of their ordinals; a reader
 * sees a running run.
 */
export interface RunStore {
  /** Where it is, for messages and reports: a path, or `memory`. */
  readonly location: string;
  /** What ran; nothing in a new store. */
  manifest(): Awaitable<Manifest | undefined>;
  putManifest(manifest: Manifest): Awaitable<void>;
  /** Keeps what the tasks are about, for those who look at one; nothing that a run needs. Absent where a store has no place for it. */
  putItems?(items: readonly Task["item"][]): Awaitable<void>;
  /** The items as `putItems` kept them; none where they are not kept. */
  items?(): Iterable<StoredItem> | AsyncIterable<StoredItem>;
  /** Commits, then returns the ordinals that were new. */
  append(outcomes: readonly Outcome[]): Awaitable<readonly number[]>;
  /**
   * Commits answers that are to be scored; a second one for an ordinal is ignored. Absent where a store has no place for them: after
   * a kill, answers of its runs are asked for again.
   */
  putAnswers?(answers: readonly Answer[]): Awaitable<void>;
  /** Answers of tasks without a row, by ordinal. An answer goes when its task has a row that did not fail. */
  answers?(): Iterable<Answer> | AsyncIterable<Answer>;
  /** The answer of a task, as far as it is kept, whether the task has a row or not. Answers at once. Absent where `answers` is. */
  answerOf?(ordinal: number): Answer | undefined;
  /** The row of a task. Answers at once. Absent where a store cannot: its answers cannot be scored again. */
  outcomeOf?(ordinal: number): Outcome | undefined;
  /** The row of a task and those that follow it of its condition, by ordinal, `most` in all: a batch costs a fraction of as many questions. Answers at once. */
  outcomesFrom?(ordinal: number, most: number): readonly Outcome[];
  /** What is kept beside the results. Absent where a store has no place for it: its answers cannot be scored again. */
  readonly entries?: Entries;
  /** Answers that were given before and are only scored: a task is begun with its own. Answers at once. Present in scorings alone. */
  recall?(ordinal: number): Answer | undefined;
  /**
   * Where its rows leave a run. `summarizeOutcomes` answers for stores that hold their rows in memory; a database computes the sums itself.
   *
   * @param recentRows how many of the tasks that ended last to give
   */
  summary(recentRows: number): Awaitable<StoreSummary>;
  /** All rows by ordinal, in constant memory. */
  outcomes(): Iterable<Outcome> | AsyncIterable<Outcome>;
  /** The rows of tasks that failed, by ordinal; they are looked for among all rows where a store has no faster way. */
  failed?(): Iterable<Outcome> | AsyncIterable<Outcome>;
  /** Commits that an attempt may cost so much, before it is sent out. */
  reserve(promise: StoredReservation): Awaitable<void>;
  /** Writes the cost of an attempt, whatever was promised to it. */
  settle(spent: StoredReservation): Awaitable<void>;
  /** Tasks that are begun again: the cost of their attempts counts as lost from now on, but for what their stored answers account for. @returns how much that was */
  abandon(ordinal: number): Awaitable<number>;
  /** Writes what an attempt charged after its end: spent, and in no row. */
  lose(spent: Omit<StoredReservation, "attempt">): Awaitable<void>;
  /**
   * Called when a session begins: what was promised to tasks without a row counts as spent from now on, since it is unknown what became of
   * it. Attempts up to the one that gave a stored answer are no part of that: the answer says what they cost.
   *
   * @returns everything that was ever lost, by condition; `tasks` are attempts that were under way when a session ended
   */
  closeReservations(): Awaitable<readonly Spending[]>;
  /** Takes rows of these ordinals out of the results, so that their tasks are planned again, and their answers, where there are any, are scored again; their cost stays spent, and the next row of each has what failed as `earlierErrors`. */
  forget(ordinals: readonly number[]): Awaitable<void>;
  /**
   * Keeps every row under the ordinal that its task has in a larger plan, the manifest of that plan, and what becomes of its entries, in one step.
   * Absent where a store cannot: its runs do not grow.
   */
  replan?(manifest: Manifest, ordinals: ReadonlyMap<number, number>, entries?: readonly EntryChange[]): Awaitable<void>;
  sessions(): Awaitable<readonly RunSession[]>;
  /** Writes the session of this number, counted from 0. */
  putSession(number: number, session: RunSession): Awaitable<void>;
  close(): Awaitable<void>;
}
