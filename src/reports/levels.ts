import type { MetricLevels } from "#src/analysis/levels";
import { levelText, scaleOf } from "./cell.ts";
import { ordered } from "./verdict-lines.ts";

/** The best observed condition of a run on one metric, without a word on whether it is really the best: that is the report's. */
export interface BestLevel {
  readonly metric: string;
  readonly condition: string;
  /** Conditions that have a value, this one among them. */
  readonly conditions: number;
  /** With interval and unit: `90.71 % [89.08, 92.12]`. */
  readonly text: string;
  readonly value: number;
  /** Absent where there is no interval. */
  readonly low?: number;
  readonly high?: number;
}

/** @returns nothing where no condition has a value */
export function bestLevel(levels: MetricLevels | undefined): BestLevel | undefined {
  if (!levels) return undefined;
  const all = ordered(levels);
  const [best] = all;
  if (!best?.estimate.value.ok) return undefined;
  const { interval, value } = best.estimate;
  return {
    metric: levels.metric.name,
    condition: best.condition,
    conditions: all.length,
    text: levelText(best, scaleOf(levels)),
    value: value.value,
    ...(interval.ok ? { low: interval.value.low, high: interval.value.high } : {}),
  };
}
