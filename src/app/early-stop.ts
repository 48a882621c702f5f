import { comparedPairs } from "#src/analysis/pairs";
import { allDecided, beginWatch, reasonToStop, type Watch, type Watched, watchRows } from "#src/analysis/watched";
import type { Experiment } from "#src/experiment/define";
import type { Outcome } from "#src/experiment/outcome";
import type { Plan } from "#src/experiment/plan";
import { settledSequential } from "#src/experiment/sequential";
import type { StopRequest } from "#src/experiment/session";
import { ownMember } from "#src/kernel/record";
import { type StopRule, stopWatch } from "#src/policy/stop-rule";

/** Watches committed rows and says when the run may stop. */
export interface EarlyStop {
  /** @returns what ends the run: that all is decided, or that `sequential` cannot be kept */
  see(outcomes: Iterable<Outcome>): StopRequest | undefined;
}

/** Joins the analysis of what was seen to the run; nothing without `statisticalAnalysis.sequential`. */
export function earlyStop(experiment: Experiment, plan: Plan): EarlyStop | undefined {
  const sequential = settledSequential(experiment);
  if (!sequential) return undefined;
  const { conditions, metrics, statisticalAnalysis, repeat } = experiment;
  const { failedAs, equivalenceMargin } = statisticalAnalysis;
  const metric = metrics[0]!;
  const watch: Watch = {
    metric,
    conditions: plan.conditions,
    pairs: comparedPairs(conditions, statisticalAnalysis).pairs,
    sequential,
    failedAs,
    margin: ownMember(equivalenceMargin, typeof metric === "string" ? metric : metric.name),
  };
  const ruled = stopWatch(ruleOf(watch), plan.conditions.length * repeat, ({ ordinal }: Outcome) => ordinal);
  const seen = { rows: 0 };
  return {
    see(outcomes) {
      for (const outcome of outcomes) {
        seen.rows += 1;
        const verdict = ruled.see(outcome);
        if (verdict?.kind === "unfit") return { status: "aborted", reason: unfit(verdict.reason) };
        if (verdict && seen.rows < plan.size) return { status: "stopped_early", reason: verdict.reason };
      }
      return undefined;
    },
  };
}

const unfit = (reason: string): string =>
  `statisticalAnalysis.sequential cannot be kept: ${reason}. Give it the range of the first metric, or leave it out, and resume`;

function ruleOf(watch: Watch): StopRule<readonly Outcome[], Watched> {
  return {
    initial: beginWatch(watch),
    next: (watched, rows) => watchRows(watch, watched, rows),
    verdict: (watched) => {
      if (watched.unfit !== undefined) return { kind: "unfit", reason: watched.unfit };
      return allDecided(watched, watch.margin)
        ? { kind: "decided", reason: reasonToStop(watch, watched) }
        : { kind: "goOn" };
    },
  };
}
