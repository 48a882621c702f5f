import { err, ok, type Result } from "#src/kernel/result";

/** A number, or the reason why there is none: `{ ok: false, error: "one item has no variance" }`. Never NaN. */
export type Quantity = Result<number>;

/** Where a number may well lie, at a level such as 0.95, and how that was found. */
export interface Interval {
  readonly low: number;
  readonly high: number;
  readonly level: number;
  readonly method: string;
}

/** A number with its interval; either may be missing for a reason. */
export interface Estimate {
  readonly value: Quantity;
  readonly interval: Result<Interval>;
}

/** An estimate of which neither the number nor the interval exists. */
export const noEstimate = (reason: string): Estimate => ({ value: err(reason), interval: err(reason) });

/** @example quantity(Number.NaN, "no value") // => { ok: false, error: "no value" } */
export const quantity = (value: number | undefined, reason: string): Quantity =>
  value !== undefined && Number.isFinite(value) ? ok(value) : err(reason);

/** An interval, refused for the reason when an end is not a number. An end may be infinite. */
export const interval = (
  low: number,
  high: number,
  level: number,
  method: string,
  reason = "has no interval",
): Result<Interval> => (Number.isNaN(low) || Number.isNaN(high) ? err(reason) : ok({ low, high, level, method }));
