import { breakerMachine } from "#actors/breaker";
import { type BudgetInput, budgetLogic } from "#actors/budget";
import { collectorLogic } from "#actors/collector";
import { limiterLogic } from "#actors/limiter";
import type { ServiceName, ServiceUp } from "#actors/messages";
import { progressLogic } from "#actors/progress";
import type { Outcome } from "#src/experiment/outcome";
import type { Task } from "#src/experiment/task";
import type { CircuitState } from "#src/policy/breaker";
import { intakeFor } from "#src/policy/intake";
import { emptyRate } from "#src/policy/rate";
import { changeIntake, publishIntake } from "./intake.ts";
import { broadcast } from "./otp/dynamic.ts";
import { supervisor } from "./otp/supervisor.ts";
import { type RunScope, tapped } from "./run-scope.ts";

/** Milliseconds that rows wait for company before they are committed together. */
const GATHER_MS = 5;
const BATCH_ROWS = 256;

/**
 * What all tasks share: collector, breaker, budget, limiter, progress. Each is rebuilt from the tally of the stored rows, so that any of
 * them may crash at any time; workers that wait for an answer are told when it is back, and ask again.
 */
export const servicesSupervisor = (scope: RunScope) => {
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
          // one that was restarted waits until all that run have told it so: else it would admit others into their slots
          input: { ...limiterInput(scope), window, ...(restarts > 0 ? { intake: "closed" } : {}) },
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
  committed: (outcomes: readonly Outcome[]) => {
    for (const hear of scope.onCommit) {
      const stop = hear(outcomes);
      if (stop) scope.run.send({ type: "run.stop", request: stop });
    }
  },
});

const breakerInput = (scope: RunScope) => ({
  options: scope.experiment.config.errorHandling,
  planned: scope.plan.size,
  earlier: scope.intake.circuit === "closed" ? scope.tally.recent() : [],
  circuit: scope.intake.circuit,
  changeCircuit: (circuit: CircuitState) => changeIntake(scope, { circuit }),
  facts: scope.facts,
  run: scope.run,
});

const budgetInput = (scope: RunScope): BudgetInput => ({
  options: scope.limits,
  books: scope.books,
  commit: (promise) => written(scope, () => scope.store.reserve(promise)),
  commitCost: (spent) => written(scope, () => scope.store.settle(spent)),
});

/** Counts what an attempt charged after its end, and beyond what was counted for it. What comes when the books are closed is nobody's. */
export function chargeLate(scope: RunScope, { ordinal, condition }: Task, amount: number): void {
  if (scope.books.closed) return;
  scope.tally.spend(condition, amount);
  written(scope, () => scope.store.lose({ ordinal, condition, amount }));
  scope.service("budget")?.send({ type: "budget.late", condition, amount });
}

/** Counts what the former life of a task cost, which its row will not: the ledger knows of it already. */
export function closeFormerLife(scope: RunScope, { ordinal, condition }: Task): void {
  written(scope, () => {
    const cost = scope.store.abandon(ordinal);
    const count = (amount: number): void => scope.tally.spend(condition, amount);
    if (cost instanceof Promise) return cost.then(count);
    count(cost);
  });
}

/** A store that refuses a promise of money ends the run, as one that refuses results does: else it would be spent and forgotten. */
function written(scope: RunScope, write: () => void | Promise<void>): void {
  const refuse = (error: unknown): void => {
    const reason = `${error instanceof Error ? error.message : error}; what was stored before is safe`;
    scope.run.send({ type: "run.stop", request: { status: "aborted", reason, cause: "store" } });
  };
  try {
    const writing = write();
    if (writing instanceof Promise) writing.catch(refuse);
  } catch (error) {
    refuse(error);
    throw error;
  }
}

const limiterInput = (scope: RunScope) => ({
  maxParallel: scope.limits.maxParallel,
  rateLimit: scope.limits.rateLimit,
  clock: scope.clock,
  facts: scope.facts,
  intake: intakeFor(scope.intake),
  trialStarted: (ordinal: number) => scope.service("breaker")?.send({ type: "trial.started", ordinal }),
});
