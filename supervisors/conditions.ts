import { conditionLogic } from "./condition.ts";
import { Feeder } from "./feeder.ts";
import { supervisor } from "./otp/supervisor.ts";
import { type RunScope, segment, tapped } from "./run-scope.ts";

/** Crashes of conditions within a minute before the run is given up. */
const CONDITION_RESTARTS = 5;

/**
 * The conditions of a run, isolated from each other: one that crashes is restarted and feeds again from what is stored. With the last
 * one that ends, so does this supervisor. Under `onConditionFailure: "abort"` the first that gives up ends them all.
 */
export const conditionsSupervisor = (scope: RunScope) => {
  // a feeder outlives its condition: it knows what the workers of one that died left behind
  const feeders = new Map(scope.plan.conditions.map((name) => [name, new Feeder(scope, name)]));
  return supervisor({
    strategy: "one_for_one",
    intensity: scope.experiment.config.onConditionFailure === "abort" ? 0 : CONDITION_RESTARTS,
    period: 60,
    autoShutdown: "all_significant",
    onFact: (fact) => {
      if (fact.type === "child.exited" && fact.exit.kind !== "normal") {
        const { reason } = fact.exit.kind === "shutdown" ? fact.exit : { reason: fact.exit.kind };
        if (reason !== undefined)
          scope.facts({ type: "child.exited", path: `conditions/${fact.id}`, reason: String(reason) });
      }
      if (fact.type === "supervisor.exhausted") {
        scope.run.send({ type: "run.stop", request: { status: "aborted", reason: "a condition gave up" } });
      }
    },
    children: scope.plan.conditions.map((name) => ({
      id: name,
      start: tapped(scope, `conditions/${segment(name)}`, conditionLogic(scope, name, feeders.get(name)!)), // one machine for all lives
      restart: "transient",
      significant: true,
      type: "supervisor",
      shutdownMs: 10_000,
    })),
  });
};
