import type { Fact } from "#actors/messages";
import type { Experiment } from "#src/experiment/define";
import type { LimitChanges } from "#src/experiment/limits";
import type { TaskResult } from "#src/experiment/outcome";
import { taskKey } from "#src/experiment/task";
import type { AttemptRecord, RunRecord } from "./observe.ts";

/**
 * Holds a run against what is true of every run, whatever went wrong in it: the accounting adds up, each task has one outcome, limits on
 * parallelism, rate and money were kept, no fact was lost, nothing was left behind.
 *
 * @returns a sentence for each law that was broken; empty where all held
 */
export function checkInvariants(run: RunRecord): string[] {
  return [
    ...accountingHolds(run),
    ...outcomesAreSingle(run),
    ...attemptsFitRows(run),
    ...factsAreWhole(run),
    ...nothingIsLeft(run),
    ...(run.experiment
      ? [
          ...parallelismHolds(run.attempts, highest(run, "maxParallel", run.experiment.config.maxParallel)!),
          ...rateHolds(run.attempts, highest(run, "rateLimit", run.experiment.config.rateLimit)),
          ...budgetHolds(run, run.experiment),
        ]
      : []),
  ];
}

/** The highest that a limit was while the run was active, in which it may have been changed; nothing where there was none for a while. */
function highest({ facts }: RunRecord, limit: keyof LimitChanges, first: number | undefined): number | undefined {
  const later = facts.flatMap((fact) => (fact.type === "limits.changed" ? (fact.changes[limit] ?? []) : []));
  const all = [first, ...later.map(({ to }) => to ?? undefined)];
  return all.includes(undefined) ? undefined : Math.max(...(all as number[]));
}

/** @param sentence made where the law is broken: it is held for every row of every run that is simulated */
const say = (broken: boolean, sentence: () => string): string[] => (broken ? [sentence()] : []);

function accountingHolds({ report: { accounting, results, status } }: RunRecord): string[] {
  const { planned, succeeded, failed, skipped, unscored, pending } = accounting;
  const ended = succeeded + failed + skipped + unscored;
  return [
    ...say(
      planned !== ended + pending,
      () => `${planned} planned is not ${ended} ended + ${pending} pending, so a task is lost or counted twice`,
    ),
    ...say(
      results.length !== ended,
      () => `${results.length} rows are stored, and ${ended} tasks are said to have ended`,
    ),
    ...say(pending < 0, () => `${pending} tasks are pending`),
    ...say(
      status === "completed" && pending > 0,
      () => `the run says it is completed, and ${pending} tasks are pending`,
    ),
  ];
}

const keyOf = ({ condition, itemId, repeat }: TaskResult): string => taskKey({ condition, itemId, repeat });

function outcomesAreSingle({ report: { results } }: RunRecord): string[] {
  const seen = new Set<string>();
  return results.flatMap((row) => {
    const key = keyOf(row);
    const twice = seen.has(key);
    seen.add(key);
    return say(twice, () => `${key} has more than one outcome`);
  });
}

/** What a row says about its attempts must agree with itself, and with what was really called. */
function attemptsFitRows({ report: { results, cost }, attempts, experiment, resumed }: RunRecord): string[] {
  const most = (experiment?.config.errorHandling.maxRetries ?? Number.POSITIVE_INFINITY) + 1;
  const rows = results.flatMap((row) => {
    const { attempts: made, scoring, retryDelaysMs, errorHistory } = row;
    const stages = scoring ? [made - scoring.attempts + 1, scoring.attempts] : [made];
    const failures = row.result.ok ? made - 1 : made;
    return [
      ...say(Math.max(...stages) > most, () => `${keyOf(row)} took ${Math.max(...stages)} attempts of at most ${most}`),
      ...say(
        retryDelaysMs.length !== made - 1,
        () => `${keyOf(row)}: ${made} attempts, ${retryDelaysMs.length} delays`,
      ),
      ...say(
        errorHistory.length !== failures,
        () => `${keyOf(row)}: ${failures} failures, ${errorHistory.length} in its history`,
      ),
    ];
  });
  const paid = attempts.reduce((sum, attempt) => sum + mostCounted(attempt, attempts, experiment), 0);
  const isDear = !resumed && cost > paid + 1e-9 * Math.max(1, paid);
  return [...rows, ...say(isDear, () => `the report counts a cost of ${cost}, and only ${paid} was paid`)];
}

/** What an attempt may count as spent: what it cost, or what was promised to it where its bill may still come. */
function mostCounted(
  { cost = 0, condition, isBillOut }: AttemptRecord,
  attempts: readonly AttemptRecord[],
  experiment: Experiment | undefined,
): number {
  if (!isBillOut) return cost;
  const stated = experiment?.conditions.find(({ name }) => name === condition)?.estimatedCost;
  const maxCostPerAttempt = (): number =>
    Math.max(...attempts.map((other) => (other.condition === condition ? (other.cost ?? 0) : 0)));
  return Math.max(cost, stated ?? maxCostPerAttempt());
}

function factsAreWhole({ facts, attempts, report: { accounting } }: RunRecord): string[] {
  const begun: Extract<Fact, { type: "run.started" | "run.resumed" }>[] = [];
  const started = new Map<number, Set<number>>();
  const settledAt = new Map<number, number>();
  const later: { readonly ordinal: number; readonly i: number }[] = [];
  let [settled, ends] = [0, 0];
  for (const [i, fact] of facts.entries()) {
    if (fact.type === "run.started" || fact.type === "run.resumed") begun.push(fact);
    else if (fact.type === "run.ended") ends += 1;
    else if (fact.type === "task.settled") {
      settled += 1;
      settledAt.set(fact.ordinal, i);
    } else if (fact.type === "task.started") {
      const own = started.get(fact.ordinal) ?? new Set();
      started.set(fact.ordinal, own.add(fact.attempt));
      if (settledAt.has(fact.ordinal)) later.push({ ordinal: fact.ordinal, i });
    }
  }
  if (begun.length === 0)
    return say(attempts.length > 0, () => "tasks were run without a fact that says the run started");
  const ended = begun[0]!.pending - accounting.pending;
  return [
    ...say(begun.length > 1, () => `the run started ${begun.length} times`),
    ...say(ends !== 1, () => `the run ended ${ends} times`),
    ...say(settled !== ended, () => `${ended} tasks ended, and ${settled} facts say so`),
    ...say(settledAt.size !== settled, () => "a task was settled twice"),
    ...attempts
      .filter(({ ordinal, attempt }) => !started.get(ordinal)?.has(attempt))
      .map(({ task, attempt }) => `no fact reports attempt ${attempt} at ${task}`),
    ...later
      .filter(({ ordinal, i }) => i > settledAt.get(ordinal)!)
      .map(({ ordinal }) => `task ${ordinal} was started again after it was settled`),
  ];
}

function nothingIsLeft({ alive, attempts }: RunRecord): string[] {
  const running = attempts.filter(({ endedMs }) => endedMs === undefined);
  return [
    ...alive.map((name) => `${name} was left alive after the end`),
    ...running.map(({ task, attempt }) => `attempt ${attempt} at ${task} was left running after the end`),
  ];
}

/** Counts tasks, not calls: an attempt that is delivered twice is still one task at work. */
function parallelismHolds(attempts: readonly AttemptRecord[], maxParallel: number): string[] {
  const changes: { readonly ordinal: number; readonly atMs: number; readonly by: number }[] = [];
  for (const { ordinal, startedMs, endedMs = Number.POSITIVE_INFINITY } of attempts)
    changes.push({ ordinal, atMs: startedMs, by: 1 }, { ordinal, atMs: endedMs, by: -1 });
  changes.sort((a, b) => a.atMs - b.atMs || a.by - b.by); // what ends frees its slot for what starts
  const running = new Map<number, number>();
  let [atWork, peak] = [0, 0];
  for (const { ordinal, by } of changes) {
    const before = running.get(ordinal) ?? 0;
    running.set(ordinal, before + by);
    if (before === 0 && by > 0) atWork += 1;
    else if (before === 1 && by < 0) atWork -= 1;
    peak = Math.max(peak, atWork);
  }
  return say(peak > maxParallel, () => `${peak} tasks ran at the same time, and at most ${maxParallel} may`);
}

/** Milliseconds between admission and start that are not waited for anything. */
const START_SLACK_MS = 5;

function rateHolds(attempts: readonly AttemptRecord[], perSecond: number | undefined): string[] {
  if (perSecond === undefined) return [];
  const size = Math.ceil(perSecond);
  const spanMs = (1000 * size) / perSecond - START_SLACK_MS;
  const starts = attempts.filter(({ stage }) => stage === undefined); // an answer is scored in the slot that it was given in
  const startsMs = starts.map(({ askedMs }) => askedMs).sort((a, b) => a - b);
  const crowded = startsMs.findIndex((at, i) => i >= size && at - startsMs[i - size]! < spanMs);
  return say(
    crowded >= 0,
    () =>
      `${size + 1} tasks started within ${Math.round(startsMs[crowded]! - startsMs[crowded - size]!)} ms, and at most ${perSecond} may in a second`,
  );
}

/** Money may pass a limit only by what calls in flight cost beyond what was reserved for them. */
function budgetHolds(run: RunRecord, { costBudget, conditions, config }: Experiment): string[] {
  const { report, attempts } = run;
  const { currency } = costBudget;
  const maxTotal = highest(run, "maxTotal", costBudget.maxTotal);
  const maxPerCondition = highest(run, "maxPerCondition", costBudget.maxPerCondition);
  const maxParallel = highest(run, "maxParallel", config.maxParallel);
  const reserved = new Map(conditions.map(({ name, estimatedCost }) => [name, estimatedCost ?? 0]));
  const exceeds = (own: readonly AttemptRecord[], spent: number, limit: number | undefined, what: string): string[] => {
    if (limit === undefined) return [];
    const over = own.map(({ cost = 0, condition }) => Math.max(0, cost - (reserved.get(condition) ?? 0)));
    const allowed = over
      .sort((a, b) => b - a)
      .slice(0, maxParallel)
      .reduce((sum, amount) => sum + amount, 0);
    const isOver = spent > limit + allowed + 1e-9 * limit;
    return say(
      isOver,
      () => `${what} cost ${spent} ${currency} of ${limit}, and calls in flight explain only ${allowed} of it`,
    );
  };
  const paidFor = (own: readonly AttemptRecord[]): number => own.reduce((sum, { cost = 0 }) => sum + cost, 0);
  return [
    ...exceeds(attempts, Math.max(report.cost, paidFor(attempts)), maxTotal, "the run"),
    ...conditions.flatMap(({ name }) => {
      const own = attempts.filter(({ condition }) => condition === name);
      return exceeds(own, paidFor(own), maxPerCondition, `condition ${name}`);
    }),
  ];
}
