import { checkSpec } from "./check-spec.ts";
import type { CheckedSpec, ChildSpec } from "./child-spec.ts";

/** What may differ from the template. */
export const OWN_KEYS = ["restart", "shutdownMs", "type", "restartBudget"] as const;

/**
 * The spec of one dynamic child: the template, and what its start function returned beside the logic.
 *
 * @returns undefined where it returned no more than the logic
 * @throws SpecError
 */
export function ownSpec(template: ChildSpec, started: object): CheckedSpec | undefined {
  const given = started as ChildSpec;
  const own = OWN_KEYS.filter((key) => given[key] !== undefined).map((key) => [key, given[key]]);
  return own.length > 0 ? checkSpec({ ...template, ...Object.fromEntries(own) }) : undefined;
}
