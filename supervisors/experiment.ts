import { conditionsSupervisor } from "./conditions.ts";
import { type SupervisorLogic, supervisor } from "./otp/supervisor.ts";
import { type RunScope, tapped } from "./run-scope.ts";
import { servicesSupervisor } from "./services.ts";

/**
 * The root of a run. Services first: if they give up, the conditions restart after them and feed from what is stored. When the conditions
 * end, so does the run.
 */
export const experimentSupervisor = (scope: RunScope): SupervisorLogic =>
  supervisor({
    strategy: "rest_for_one",
    intensity: 3,
    period: 60,
    autoShutdown: "any_significant",
    onFact: null, // what the run reports itself
    children: [
      // first up, last down: nothing settled is lost
      {
        id: "services",
        type: "supervisor",
        start: tapped(scope, "services", servicesSupervisor(scope)),
        restart: "permanent",
      },
      {
        id: "conditions",
        type: "supervisor",
        start: tapped(scope, "conditions", conditionsSupervisor(scope)),
        restart: "transient",
        significant: true,
      },
    ],
  });
