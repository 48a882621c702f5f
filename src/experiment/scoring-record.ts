/** By the name of the condition, then of the scorer. */
export type ScorerDigests = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** How answers of a run came by other scores. */
export interface ScoringRecord {
  readonly name: string;
  /** Tasks of the run that had an answer when the scoring began. */
  readonly answers: number;
  /** Absolute path of the file that the scorers came from, and the digest of its code; absent where they were given in code. */
  readonly file?: string;
  readonly code?: string;
  /** Digests of the data set, where targets were taken from another one than the run had. */
  readonly dataset?: { readonly ofRun: string; readonly now: string };
}
