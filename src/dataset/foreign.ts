import { outsideStrings, parseJson } from "#src/kernel/json";

/** One answer of a run that another program made. */
export interface ForeignAnswer {
  readonly id: string;
  /** Counted from 0. */
  readonly repeat: number;
  readonly input: unknown;
  readonly target: unknown;
  /** What the other program calls the content of the item; items of one id and two contents are not the same. */
  readonly contentHash?: string;
  readonly completion: string;
  /** Scores by name as the other program gave them: numbers, yes or no, inspect's letters, or records of these. */
  readonly scores: Readonly<Record<string, unknown>>;
  /** Why there is no answer, where the other program failed at it. */
  readonly error?: string;
  /** Milliseconds that the answer took there. */
  readonly latency?: number;
  /** Tokens that all its model calls used. */
  readonly tokens?: number;
  /** What to know of the run that the answer is from, in words: that it was cancelled. */
  readonly note?: string;
}

/** A record of a foreign file, as JSON has it. */
export type ForeignRecord = Readonly<Record<string, unknown>>;

export const isRecord = (value: unknown): value is ForeignRecord =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * The value of JSON as Python writes it: `NaN` and `Infinity`, which JSON does not have, become null. A byte order mark is accepted.
 *
 * @throws SyntaxError for what is not JSON
 * @example parsePython('{"a": NaN, "b": "NaN", "c": [-Infinity]}') // => { a: null, b: "NaN", c: [null] }
 */
export function parsePython(text: string): unknown {
  const bare = text.startsWith("\uFEFF") ? text.slice(1) : text;
  if (!/NaN|Infinity/.test(bare)) return parseJson(bare);
  return parseJson(outsideStrings(bare, (piece) => piece.replace(/-?\bInfinity\b|\bNaN\b/g, "null")));
}

/** The value where it is a finite number. */
export const finite = (value: unknown): number | undefined =>
  typeof value === "number" && Number.isFinite(value) ? value : undefined;
