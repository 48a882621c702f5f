import { parseOptions } from "#src/kernel/parse";
import { type FaultRule, type FaultSchedule, faultSchedule, type LiveRule, liveRule } from "./fault-schedule.ts";
import type { Scene } from "./scene.ts";

/** What a rule is called in decisions and traces. @param number of the rule: two of a kind are told apart by it */
const nameOf = (rule: FaultRule, number: number): string =>
  rule.target === "actor"
    ? `${number + 1}. ${rule.fault} ${rule.path}${rule.event ? ` at ${rule.event}` : ""}`
    : `${number + 1}. ${rule.fault} ${rule.target}${rule.fault === "reject" && rule.target !== "store" ? ` with ${rule.status}` : ""}`;

/** How often a fault comes that a seed has on, as shares of the rule's own probability. */
const RATES = [0, 0.1, 0.3, 1];

/** A rule of a simulation. */
export interface SimulatedRule extends LiveRule<FaultRule> {
  /** The named calls that it struck. */
  struckAt(): readonly string[];
}

/**
 * Rules whose chance is drawn by a world. Swarm testing: each seed draws which of them are on, and how often they strike.
 *
 * @see Groce, Zhang, Eide, Chen, Regehr, Swarm Testing, ISSTA 2012
 */
export function simulatedRules(schedule: FaultSchedule, world: Scene): SimulatedRule[] {
  if (schedule.length === 0) return [];
  return parseOptions(faultSchedule, schedule, "faults").map((rule, i): SimulatedRule => {
    const name = nameOf(rule, i);
    world.aims.add(rule);
    world.coverage.fault(name, 0);
    const live = liveRule(rule, i, "at");
    const probability = (rule.probability ?? 0) * RATES[world.int(`is on: ${name}`, RATES.length)]!;
    const { times = Number.POSITIVE_INFINITY } = rule;
    const fates = new Map<string, boolean>(); // what happens to a named call happens to it whenever it is made
    let seen = 0;
    let struck = 0;
    const strikes = (key?: string): boolean => {
      if (rule.probability === undefined) return live.strikes(key);
      seen += 1;
      if (struck >= times || probability === 0) return false;
      if (key === undefined) return world.chance(name, probability);
      const fate = fates.get(key) ?? world.chance(`${name} ${key}`, probability);
      fates.set(key, fate);
      return fate;
    };
    return {
      rule,
      counts: () => ({ seen, struck }),
      struckAt: () => [...fates].flatMap(([key, isStruck]) => (isStruck ? [key] : [])),
      strikes(key) {
        const hit = strikes(key);
        if (!hit) return false;
        struck += 1;
        world.coverage.fault(name, 1);
        world.note("FAULT", key === undefined ? name : `${name}: ${key}`);
        return true;
      },
    };
  });
}
