import { seenActors, tapActors } from "#src/app/fault-actors";
import type { FaultInjection } from "#src/app/fault-injection";
import { parseOptions } from "#src/kernel/parse";
import { aimlessRules, idleRules } from "./fault-idle.ts";
import { faultyBackend, faultyExecutor, faultyStore } from "./fault-plugs.ts";
import {
  type ActorRule,
  describeRule,
  type FaultRule,
  type FaultSchedule,
  faultSchedule,
  type LiveRule,
  liveRule,
  type PlugRule,
} from "./fault-schedule.ts";

/** Rules that a description names before it only counts. */
const NAMED_RULES = 5;

/**
 * Faults to order: which part of a run misbehaves, how, and when. The run is stamped with them, in its manifest and in every report.
 *
 * @param schedule plain data, as in a `faults.json`
 * @param seed of the faults that come by chance
 * @throws ConfigError naming the rule and what is wrong with it
 * @example
 * await run(experiment, { faults: faults([{ target: "actor", path: "services/collector", fault: "crash", at: 10 }], 7) });
 */
export function faults(schedule: FaultSchedule, seed: number | string = 42): FaultInjection {
  const rules = parseOptions(faultSchedule, schedule, "faults");
  const named = rules.slice(0, NAMED_RULES).map(describeRule);
  const more = rules.length > NAMED_RULES ? [`${rules.length - NAMED_RULES} more`] : [];
  return {
    description: `seed ${seed}: ${[...named, ...more].join("; ")}`,
    arm(scope) {
      const live = rules.map((rule, i) => liveRule(rule, i, seed));
      const seen = seenActors();
      const at = (target: PlugRule["target"]) =>
        live.filter((one): one is LiveRule<PlugRule> => one.rule.target === target);
      const around = <T>(target: PlugRule["target"], plug: T, wrap: (own: readonly LiveRule<PlugRule>[]) => T): T => {
        const own = at(target);
        return own.length === 0 ? plug : wrap(own);
      };
      return {
        tap: tapActors(live.filter(isActorRule), scope.clock, seen),
        idle: () => idleRules(live, seen),
        aimless: () => aimlessRules(live, seen),
        executor: (executor) => around("executor", executor, (own) => faultyExecutor(executor, own, scope)),
        store: (store) => around("store", store, (own) => faultyStore(store, own, scope)),
        backend: (backend) => around("backend", backend, (own) => faultyBackend(backend, own, scope)),
      };
    },
  };
}

const isActorRule = (one: LiveRule<FaultRule>): one is LiveRule<ActorRule> => one.rule.target === "actor";
