import type { Manifest, RunSession } from "#src/experiment/manifest";
import type { Outcome } from "#src/experiment/outcome";
import type { OrdinalSet } from "#src/experiment/plan";

type Awaitable<T> = T | Promise<T>;

/** What a condition has cost so far: where the budget's ledger starts after a restart. */
export interface Spending {
  readonly condition: string;
  readonly cost: number;
  readonly tasks: number;
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
  /** Commits, then returns the ordinals that were new. */
  append(outcomes: readonly Outcome[]): Awaitable<readonly number[]>;
  /** Adds the ordinals of all stored rows to `finished`. */
  readFinished(finished: OrdinalSet): Awaitable<void>;
  /** All rows by ordinal, in constant memory. */
  outcomes(): Iterable<Outcome> | AsyncIterable<Outcome>;
  spending(): Awaitable<readonly Spending[]>;
  sessions(): Awaitable<readonly RunSession[]>;
  /** Writes the session of this number, counted from 0. */
  putSession(number: number, session: RunSession): Awaitable<void>;
  close(): Awaitable<void>;
}
