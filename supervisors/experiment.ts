import { conditionsSupervisor } from "./conditions.ts";
import { supervisor } from "./otp/supervisor.ts";
import type { RunScope } from "./run-scope.ts";
import { servicesSupervisor } from "./services.ts";

/**
 * The root of a run. Services first: if they give up, the conditions restart after them and feed from what is stored. When the conditions
 * end, so does the run.
 */
export const experimentSupervisor = (scope: RunScope) =>
  supervisor({
    strategy: "rest_for_one",
    intensity: 3,
    period: 60,
    autoShutdown: "any_significant",
    children: [
      { id: "services", start: servicesSupervisor(scope), restart: "permanent" }, // first up, last down: nothing settled is lost
      { id: "conditions", start: conditionsSupervisor(scope), restart: "transient", significant: true },
    ],
  });
