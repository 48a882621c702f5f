/** One answer of a run that another program made. */
export interface ForeignAnswer {
  readonly id: string;
  /** Counted from 0. */
  readonly repeat: number;
  readonly input: unknown;
  readonly target: unknown;
  readonly completion: string;
  /** Scores by name as the other program gave them: numbers, yes or no, inspect's letters, or records of these. */
  readonly scores: Readonly<Record<string, unknown>>;
  /** Why there is no answer, where the other program failed at it. */
  readonly error?: string;
  /** Milliseconds that the answer took there. */
  readonly latency?: number;
  /** Tokens that all its model calls used. */
  readonly tokens?: number;
}

/** A record of a foreign file, as JSON has it. */
export type ForeignRecord = Readonly<Record<string, unknown>>;

export const isRecord = (value: unknown): value is ForeignRecord =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * JSON as Python writes it: `NaN` and `Infinity`, which JSON does not have, become null.
 *
 * @example withoutNaN('{"a": NaN, "b": "NaN", "c": -Infinity}') // => '{"a": null, "b": "NaN", "c": null}'
 */
export const withoutNaN = (text: string): string =>
  /NaN|Infinity/.test(text)
    ? text.replace(/"(?:[^"\\]|\\.)*"|-?\bInfinity\b|\bNaN\b/g, (found) => (found.startsWith('"') ? found : "null"))
    : text;

/** The value where it is a finite number. */
export const finite = (value: unknown): number | undefined =>
  typeof value === "number" && Number.isFinite(value) ? value : undefined;
