import { ok, type Result } from "#src/kernel/result";
import { checkSpec } from "./check-spec.ts";
import type { CheckedSpec, ChildSpec, StartResult } from "./child-spec.ts";
import type { SpecError } from "./spec-error.ts";

type OwnSpec = Pick<ChildSpec, "restart" | "shutdownMs" | "type" | "restartBudget">;

/** Whether a start function of a dynamic supervisor returned more than the logic. */
export function hasOwnSpec(started: StartResult): started is StartResult & OwnSpec {
  if (typeof started !== "object" || started === null) return false;
  const { restart, shutdownMs, type, restartBudget } = started as OwnSpec;
  return (restart ?? shutdownMs ?? type ?? restartBudget) !== undefined;
}

/** The spec of one dynamic child: the template, and what its start function returned beside the logic. */
export function ownSpec(template: CheckedSpec, own: OwnSpec): Result<CheckedSpec, SpecError> {
  const { restart, shutdownMs, type, restartBudget } = own;
  const kept = Object.entries({ restart, shutdownMs, type, restartBudget }).filter(([, value]) => value !== undefined);
  const given = Object.fromEntries(kept);
  const checked = checkSpec({ id: template.id, start: template.start, ...given } as ChildSpec, undefined, "");
  return checked.ok
    ? ok({ ...template, ...given, shutdown: own.shutdownMs ?? template.shutdown } as CheckedSpec)
    : checked;
}
