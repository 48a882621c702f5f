import type { Estimate } from "./quantity.ts";

/** Evidence that stays valid however often one looks. */
export interface WatchedMetric {
  readonly metric: string;
  /** Chance of any false alarm, over all pairs and looks. */
  readonly alpha: number;
  readonly alphaOfPair: number;
  readonly method: "confidence_sequence" | "e_value";
  /** Values are known to lie within. */
  readonly range: readonly [number, number];
  /** Then p-values for a fixed number of items are invalid: each is absent with that reason. */
  readonly stoppedEarly: boolean;
  /** Why sequential monitoring stopped: a value that broke its assumptions. */
  readonly unfit?: string;
  readonly pairs: readonly WatchedPair[];
}

export interface WatchedPair {
  readonly condition: string;
  readonly against: string;
  readonly group?: string;
  /** Items with a value in both. */
  readonly n: number;
  /** Mean difference and its confidence sequence. */
  readonly difference: Estimate;
  /** Natural logarithm of the e-value after the last item. */
  readonly logE: number;
  /** Smallest anytime-valid p so far, not adjusted: compare it with `alphaOfPair`. */
  readonly p: number;
  readonly decision: "different" | "equivalent" | "open";
}
