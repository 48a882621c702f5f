/** What a picture shows, before it is drawn: numbers as they are plotted (percentages where the metric is a share). */
export type Chart =
  | {
      readonly type: "intervals";
      readonly unit: string;
      readonly rows: readonly IntervalRow[];
      /** A line to compare with: 0 for differences. */
      readonly reference?: number;
      /** Drawn to stand beside a text: half as wide. */
      readonly narrow?: boolean;
    }
  | { readonly type: "distribution"; readonly unit: string; readonly rows: readonly DistributionRow[] }
  | { readonly type: "heatmap"; readonly labels: readonly string[]; readonly cells: readonly HeatCell[] }
  | { readonly type: "scatter"; readonly x: Axis; readonly y: Axis; readonly points: readonly ScatterPoint[] }
  | { readonly type: "lines"; readonly x: Axis; readonly y: Axis; readonly lines: readonly ChartLine[] }
  | {
      readonly type: "progress";
      readonly unit: string;
      readonly points: readonly { readonly x: number; readonly y: number }[];
    };

export interface IntervalRow {
  readonly label: string;
  readonly group?: string;
  readonly value: number;
  readonly low: number;
  readonly high: number;
  /** A second, narrower interval: that of the row by itself. */
  readonly alone?: { readonly low: number; readonly high: number };
  /** The text of the cell it stands for. */
  readonly text: string;
  /** `up` and `down` stand out; `none` stays grey. */
  readonly tone?: "up" | "down" | "none";
}

export interface DistributionRow {
  readonly label: string;
  readonly group?: string;
  readonly min: number;
  readonly median: number;
  readonly max: number;
  /** Where dots stand, in ascending order: each value, or the middle of each twentieth of the values. */
  readonly dots: readonly number[];
}

export interface HeatCell {
  readonly row: number;
  readonly column: number;
  /** Adjusted p. */
  readonly p: number;
  /** -1 the row is worse than the column, 1 better, 0 not distinguishable. */
  readonly sign: -1 | 0 | 1;
  readonly text: string;
}

export interface Axis {
  readonly label: string;
  readonly log: boolean;
  /** No value lies below. */
  readonly least?: number;
  /** No value lies beyond. */
  readonly most?: number;
  /** What stands at 0, 1, 2 and so on instead of these numbers. */
  readonly names?: readonly string[];
}

/** Values over a number. */
export interface ChartLine {
  readonly label: string;
  /** From left to right, at least one. */
  readonly points: readonly LinePoint[];
  /** Which of eight colours and marks; lines that belong together share one. */
  readonly colour: number;
  readonly isDashed?: boolean;
  /** A level that depends on nothing: a line without marks. */
  readonly isFlat?: boolean;
}

export interface LinePoint {
  readonly x: number;
  readonly y: number;
  readonly low?: number;
  readonly high?: number;
}

export interface ScatterPoint {
  readonly label: string;
  /** Whether no other point is at least as good in both and better in one. */
  readonly isFront?: boolean;
  readonly x: number;
  readonly y: number;
  readonly xLow?: number;
  readonly xHigh?: number;
  readonly yLow?: number;
  readonly yHigh?: number;
}
