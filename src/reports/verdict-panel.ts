import type { GateResult } from "#src/analysis/gates";
import type { LabelAnalysis } from "#src/analysis/label-agreement";
import type { Accounting } from "#src/experiment/outcome";
import type { SpentByCondition } from "#src/experiment/spent";
import type { IntervalRow } from "./chart.ts";

/** The answer to the question of a run, before it has a format: which condition is best, by how much, how sure, at what cost, and what was lost. */
export interface VerdictPanel {
  /** The primary metric: `accuracy (%) ↑`. */
  readonly metric: string;
  /** `higher is better`. */
  readonly better: string;
  /** The levels and the lead of the primary metric corrected by people's labels, with the raw ones beside them; none without labels. They come first. */
  readonly corrected: readonly string[];
  /** One for each group within which pairs were compared; none where the run says nothing about its conditions. */
  readonly lines: readonly VerdictLine[];
  /** Whether one condition loses more than another under the same faults, a sentence each; none where faults are no factor. */
  readonly losses: readonly string[];
  /** Groups that are left out. */
  readonly omitted: number;
  /** What the intervals of leads are: `95 % simultaneous over 30 pairs`. */
  readonly intervals?: string;
  /** What a reader of the lines has to know: what a best group is, and the levels with failed tasks counted the other way. */
  readonly notes: readonly string[];
  /** The other metrics, a sentence each. */
  readonly others: readonly string[];
  /** Items, what was lost, cost, time, gates. */
  readonly facts: readonly VerdictFact[];
  /** Levels with intervals, the best observed first within each group. */
  readonly ranks: readonly IntervalRow[];
  /** Of the levels: `%`, `ms`. */
  readonly unit: string;
}

export interface VerdictFact {
  readonly text: string;
  /** Something that a reader must not overlook. */
  readonly warning?: true;
}

/** The result of one group of conditions. Says no more than the findings do. */
export interface VerdictLine {
  /** `length = 20`. */
  readonly group?: string;
  /** `Best`, `Best group`, `No condition stands out`, `Better than plain`, `Not tested`. */
  readonly heading: string;
  /** Conditions that the heading is about. */
  readonly names: readonly string[];
  /** The best observed, its level and its interval. */
  readonly level?: VerdictLevel;
  /** Its lead over the one that comes next, or over the baseline. */
  readonly lead?: string;
  /** What else there is to say of it. */
  readonly detail?: string;
  /** Amount a task of the best observed costs. */
  readonly cost?: string;
  /** Mean time of the last attempts of its tasks. */
  readonly time?: string;
}

export interface VerdictLevel {
  readonly condition: string;
  readonly text: string;
  /** `best observed`; `highest observed` where neither way is better. */
  readonly word: string;
}

/** What the decision is made of besides the analysis. */
export interface VerdictContext {
  /** What was injected into the run; such a run has no verdict. */
  readonly faults?: string | undefined;
  readonly accounting: Accounting;
  readonly spent?: SpentByCondition;
  readonly currency?: string;
  /** Amount of all tasks, and milliseconds of all sessions. */
  readonly cost?: number;
  readonly wallMs?: number | undefined;
  readonly gates?: readonly GateResult[];
  readonly labels?: LabelAnalysis | undefined;
  readonly stoppedEarly?: boolean;
}
