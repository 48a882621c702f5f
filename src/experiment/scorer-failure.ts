import { ConfigError, show } from "#src/kernel/errors";
import { type FailureKind, toFailure } from "#src/kernel/failure";
import type { Score } from "#src/scoring/scorer";
import { numeric } from "./score-numbers.ts";

/**
 * What a scorer threw, with its name: a key that is wrong may be the judge's or that of the model under test, and one of several scorers has the bug. Its kind,
 * status and delay are those of what was thrown.
 */
export function byScorer(name: string, thrown: unknown): unknown {
  const { kind, message } = toFailure(thrown, 0);
  if (leftAlone.has(kind) || thrown instanceof ConfigError) return thrown;
  return new Error(`the scorer ${name} ${kind === "unknown" ? "threw" : "failed"}: ${message}`, { cause: thrown });
}

/** Failures that name their scorer, and ends that come from outside of it. */
const leftAlone: ReadonlySet<FailureKind> = new Set(["invalid_metric", "cancelled", "timeout"]);

/** A value that no metric can count says so: NaN, Infinity, a text that is neither a verdict nor a number. */
export const withReason = (score: Score): Score =>
  score.value === null || score.unscored !== undefined || numeric(score.value) !== undefined
    ? score
    : { ...score, unscored: `the value ${show(score.value)} is not a number` };
