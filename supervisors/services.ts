import { breakerMachine } from "#actors/breaker";
import { budgetLogic } from "#actors/budget";
import { collectorLogic } from "#actors/collector";
import { limiterLogic } from "#actors/limiter";
import type { ServiceName, ServiceUp } from "#actors/messages";
import { progressLogic } from "#actors/progress";
import type { CircuitState } from "#src/policy/breaker";
import { intakeFor } from "#src/policy/intake";
import { emptyRate } from "#src/policy/rate";
import { changeIntake, publishIntake } from "./intake.ts";
import { budgetInput } from "./money.ts";
import { broadcast } from "./otp/dynamic.ts";
import { type SupervisorLogic, supervisor } from "./otp/supervisor.ts";
import { type RunScope, tapped } from "./run-scope.ts";

/** Milliseconds that rows wait for company before they are committed together. */
const GATHER_MS = 5;
const BATCH_ROWS = 256;

/**
 * What all tasks share: collector, breaker, budget, limiter, progress. Each is rebuilt from the tally of the stored rows, so that any of
 * them may crash at any time; workers that wait for an answer are notified when it is back, and ask again.
 */
export const servicesSupervisor = (scope: RunScope): SupervisorLogic => {
  const { rateLimit } = scope.limits;
  const window = { rate: rateLimit === undefined ? undefined : emptyRate(rateLimit) };
  return supervisor({
    strategy: "one_for_one",
    intensity: 10,
    period: 10,
    onFact: (fact) => {
      if (fact.type !== "child.started" || fact.restarts === 0) return;
      const service = fact.id as ServiceName;
      scope.facts({ type: "service.restarted", service });
      for (const pool of scope.pools.keys()) broadcast(pool, { type: "service.up", service } satisfies ServiceUp);
      if (service === "limiter") publishIntake(scope);
      if (service === "collector") for (const feeder of scope.pools.values()) feeder.storeAgain();
    },
    children: [
      // first up, last down: what the others decide on is what it has stored
      {
        id: "collector",
        name: "collector",
        start: () => ({ logic: tapped(scope, "services/collector", collectorLogic), input: collectorInput(scope) }),
        shutdownMs: 30_000,
      },
      {
        id: "breaker",
        name: "breaker",
        start: () => ({ logic: tapped(scope, "services/breaker", breakerMachine), input: breakerInput(scope) }),
      },
      {
        id: "budget",
        name: "budget",
        start: () => ({ logic: tapped(scope, "services/budget", budgetLogic), input: budgetInput(scope) }),
      },
      {
        id: "limiter",
        name: "limiter",
        start: ({ restarts }) => ({
          logic: tapped(scope, "services/limiter", limiterLogic),
          // a restarted one waits until all running workers have reported: else it would admit others into their slots
          input: { ...limiterInput(scope), window, ...(restarts > 0 ? ({ intake: "closed" } as const) : {}) },
        }),
      },
      {
        id: "progress",
        name: "progress",
        start: () => ({ logic: tapped(scope, "services/progress", progressLogic), input: { clock: scope.clock } }),
      },
    ],
  });
};

const collectorInput = (scope: RunScope) => ({
  store: scope.store,
  gatherMs: GATHER_MS,
  batchRows: BATCH_ROWS,
  run: scope.run,
  committed: scope.committed,
  unanswered: scope.tally.unanswered,
  kept: (ordinals: readonly number[]) => {
    for (const ordinal of ordinals) scope.answers.keep(ordinal);
  },
  isCounted: scope.isFinished,
});

const breakerInput = (scope: RunScope) => ({
  options: scope.experiment.config.errorHandling,
  planned: scope.plan.isOpen ? Number.POSITIVE_INFINITY : scope.plan.size,
  earlier: scope.intake.circuit === "closed" ? scope.tally.recent() : [],
  circuit: scope.intake.circuit,
  changeCircuit: (circuit: CircuitState) => changeIntake(scope, { circuit }),
  facts: scope.facts,
  run: scope.run,
});

const limiterInput = (scope: RunScope) => ({
  maxParallel: scope.limits.maxParallel,
  rateLimit: scope.limits.rateLimit,
  clock: scope.clock,
  facts: scope.facts,
  intake: intakeFor(scope.intake),
  ...(scope.share ? { share: scope.share } : {}),
  trialStarted: (ordinal: number) => scope.service("breaker")?.send({ type: "trial.started", ordinal }),
});
