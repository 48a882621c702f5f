import { type Pace, paceOf } from "#actors/progress";
import { type Limits, limitsOf } from "#src/experiment/limits";
import { account } from "#src/experiment/outcome";
import { reservedOf, spentBy, spentOf } from "#src/policy/book";
import { forecast, limitedBy } from "./observe/forecast.ts";
import type { RunStatusNow } from "./observe/status.ts";
import { trafficOf } from "./observe/traffic.ts";
import type { RunSteps } from "./run-steps.ts";

const NO_LIMITS: Limits = { maxParallel: 0, rateLimit: undefined, maxTotal: undefined, maxPerCondition: undefined };

/** How a run is doing now, as far as its steps have come. */
export function statusOf(
  state: RunStatusNow["state"],
  experimentId: string,
  { beginning, session }: Pick<RunSteps, "beginning" | "session">,
): RunStatusNow {
  const { prepared, store } = beginning ?? {};
  const { tally, live } = session ?? {};
  const { scope } = live ?? {};
  const accounting = tally?.accounting() ?? account(0, []);
  const pace = scope?.service("progress")?.getSnapshot().context?.pace as Pace | undefined;
  const tasksPerSecond = pace?.tasksPerSecond ?? 0;
  const cost = scope ? spentOf(scope.book) : (tally?.cost() ?? 0);
  const traffic = scope && (accounting.pending > 0 || accounting.open) ? trafficOf(scope, tasksPerSecond) : undefined;
  const waits = accounting.open && accounting.pending === 0 ? "source" : undefined;
  const limit = traffic && (limitedBy(traffic) ?? waits);
  return {
    experimentId,
    name: prepared?.experiment.name ?? "",
    ...(prepared?.manifest.scoring ? { scoring: prepared.manifest.scoring.name } : {}),
    ...(store ? { store: store.location } : {}),
    state,
    accounting,
    conditions: new Map(
      Array.from(tally?.conditions ?? [], ([name, own]) => [
        name,
        {
          ...own,
          ...(scope ? { cost: spentBy(scope.book, name) } : {}),
          tasksPerSecond: pace ? paceOf(pace, name) : 0,
        },
      ]),
    ),
    tasksPerSecond,
    elapsedMs: prepared && live ? prepared.clock.monotonic() - live.startedMs : 0,
    ...forecast(accounting, tasksPerSecond, cost, scope?.limits.maxTotal),
    ...(limit ? { limitedBy: limit } : {}),
    cost,
    reserved: scope ? reservedOf(scope.book) : 0,
    ...(prepared ? { currency: prepared.experiment.costBudget.currency } : {}),
    limits: { ...(scope?.limits ?? (prepared ? limitsOf(prepared.experiment) : NO_LIMITS)) },
  };
}
