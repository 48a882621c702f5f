import { seenActors } from "#src/app/fault-actors";
import { aimlessRules } from "./fault-idle.ts";
import { describeRule, type FaultRule } from "./fault-schedule.ts";
import { defaultFaults } from "./sim-default-faults.ts";

/** Rules that aim at what a world may have or not. */
const general = new Set(defaultFaults.map((rule) => describeRule(rule as FaultRule)));

/** What rules of simulations aim at, and which actors there were. */
export class Aims {
  readonly seen = seenActors();
  readonly #rules = new Map<string, FaultRule>();

  add(rule: FaultRule): void {
    const name = describeRule(rule);
    if (!general.has(name)) this.#rules.set(name, rule);
  }

  /** Rules whose path no actor had, a sentence each, with the nearest path that there was. */
  missed(): string[] {
    const counts = () => ({ seen: 0, struck: 0 });
    return aimlessRules(
      [...this.#rules.values()].map((rule) => ({ rule, counts, strikes: () => false })),
      this.seen,
    );
  }
}
