import type { MetricAnalysis } from "#src/analysis/analysis";
import type { ExperimentDescription } from "#src/experiment/describe";
import { limitWords } from "#src/experiment/limits";
import type { Intervention, RunSession } from "#src/experiment/manifest";
import type { OptionChange } from "#src/experiment/option-changes";
import type { BudgetOptions, ErrorHandling } from "#src/experiment/options";
import type { Accounting } from "#src/experiment/outcome";
import { wallTime as wallTimeOf } from "#src/experiment/session";
import { ok } from "#src/kernel/result";
import { printMillis } from "#src/kernel/units";
import { count, money, scaleOf, textCell } from "./cell.ts";
import type { RunCounts, Share } from "./drill-down.ts";
import type { Block, TableRow } from "./report.ts";
import { accountingLine, levelWords } from "./words.ts";

const hookWords = (changes: readonly OptionChange[]): string | undefined =>
  changes.length === 0
    ? undefined
    : changes.map(({ path, decided, now }) => `${path} ${valueWords(decided)} -> ${valueWords(now)}`).join(", ");

const valueWords = (value: unknown): string => (value === undefined ? "none" : JSON.stringify(value));

/** The budget as the hook left it, but for amounts that were changed since. */
function budgetBy(changes: readonly OptionChange[], defined: Partial<BudgetOptions>): Partial<BudgetOptions> {
  const budget: Record<string, unknown> = { ...defined };
  for (const { path, decided, now } of changes) {
    const [part, name = ""] = path.split(".");
    if (part === "costBudget" && budget[name] === decided) budget[name] = now;
  }
  return budget;
}

/** How the run went: accounting, attempts, errors, incidents, cost, time. What does not apply to a run is not printed. */
export function reliability(
  { config, costBudget }: Pick<ExperimentDescription, "config" | "costBudget">,
  sessions: readonly RunSession[],
  accounting: Accounting,
  counts: RunCounts,
  metrics: readonly MetricAnalysis[] = [],
  byHook: readonly OptionChange[] = [],
  isKilled = false,
): Block[] {
  const ended = sessions.filter(({ endedAt }) => endedAt !== undefined);
  const incidents = (kind: keyof NonNullable<RunSession["incidents"]>): number =>
    ended.reduce((sum, session) => sum + (session.incidents?.[kind] ?? 0), 0);
  const { dlqEnabled } = (config.errorHandling ?? {}) as Partial<ErrorHandling>;
  const facts: [string, string | undefined][] = [
    ["Accounting", accountingLine(accounting)],
    ["Retries", counts.rows > 0 ? retriesWords(counts) : undefined],
    ...retriedFacts(counts, metrics),
    ["Failed attempts by kind", errorWords(counts.errors)],
    ["Metrics refused by their schema", counts.invalidMetrics > 0 ? count(counts.invalidMetrics) : undefined],
    ["Tasks done again after they had failed for good", counts.doneAgain > 0 ? count(counts.doneAgain) : undefined],
    ["Dead letters", dlqEnabled ? count(counts.failedTasks) : undefined],
    ["Services restarted after a crash", incidents("restarts") > 0 ? count(incidents("restarts")) : undefined],
    [
      "Circuit breaker opened",
      incidents("circuitOpened") > 0 ? `${count(incidents("circuitOpened"))} times` : undefined,
    ],
    ["Changed by beforeExperiment", hookWords(byHook)],
    ["Cost", costWords(counts, sessions, String(costBudget.currency ?? ""))],
    ["Budget", budgetWords(budgetBy(byHook, costBudget as Partial<BudgetOptions>), counts.cost + costOfLost(sessions))],
    ["Tokens", counts.tokens > 0 ? count(counts.tokens) : undefined],
    ["Wall time", wallTime(sessions)],
    ...sessions.flatMap((session, i): [string, string][] => [
      [`Session ${i + 1}`, sessionWords(session, i < sessions.length - 1 || isKilled)],
      ...(session.interventions ?? []).map((done): [string, string] => [
        `Done by hand in session ${i + 1}`,
        interventionWords(done, session.startedAt),
      ]),
    ]),
  ];
  const rows = facts.flatMap(([name, value]): TableRow[] =>
    value === undefined ? [] : [{ key: {}, cells: [textCell(name), textCell(value)] }],
  );
  const columns = [
    { id: "fact", label: "What", align: "left" },
    { id: "value", label: "Value", align: "left" },
  ] as const;
  return [{ kind: "table", table: { id: "reliability", caption: "How the run went", columns, rows, notes: [] } }];
}

const retriesWords = ({ retries, retriedTasks }: RunCounts): string =>
  retries === 0 ? "none" : `${count(retries)} over ${count(retriedTasks)} ${retriedTasks === 1 ? "task" : "tasks"}`;

/** Results of retried tasks beside the others: for information, since what is retried is not drawn by lot. */
function retriedFacts({ retriedLevels }: RunCounts, metrics: readonly MetricAnalysis[]): [string, string][] {
  return metrics.flatMap((analysed): [string, string][] => {
    const { metric, kind } = analysed;
    const levels = retriedLevels[metric.from];
    if (kind === "custom" || metric.aggregate !== "mean" || !levels || levels.retried.n === 0) return [];
    const scale = scaleOf(analysed);
    const words = ({ sum, n }: Share): string =>
      n === 0 ? "none" : `${levelWords(ok(sum / n), scale)} over ${count(n)} ${n === 1 ? "task" : "tasks"}`;
    return [[`${metric.name} of retried tasks`, `${words(levels.retried)}; of the others ${words(levels.others)}`]];
  });
}

function errorWords(errors: Readonly<Record<string, number>>): string | undefined {
  const kinds = Object.entries(errors).sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  return kinds.length > 0 ? kinds.map(([kind, times]) => `${kind} ${count(times)}`).join(", ") : undefined;
}

function costWords(
  { cost, costed, rows }: RunCounts,
  sessions: readonly RunSession[],
  currency: string,
): string | undefined {
  const lost = costOfLost(sessions);
  if (costed === 0 && lost === 0) return undefined;
  const unknown = rows - costed;
  return [
    money(cost, currency),
    ...(lost > 0 ? [`and ${money(lost, currency)} for attempts without a result`] : []),
    ...(unknown > 0 ? [`unknown for ${count(unknown)} tasks`] : []),
  ].join(", ");
}

/** What is in no row: as the last ended session counted it, and what was found since. An answer that had no row then may have one now. */
export const costOfLost = (sessions: readonly RunSession[]): number =>
  Math.max(
    sessions.reduce((sum, { rerunCost = 0 }) => sum + rerunCost, 0),
    sessions.findLast(({ endedAt }) => endedAt !== undefined)?.lostCost ?? 0,
  );

function budgetWords(
  { maxTotal, maxPerCondition, currency = "" }: Partial<BudgetOptions>,
  spent: number,
): string | undefined {
  const limits = [
    ...(maxTotal === undefined ? [] : [`${money(maxTotal, currency)} in all`]),
    ...(maxPerCondition === undefined ? [] : [`${money(maxPerCondition, currency)} a condition`]),
  ];
  return limits.length > 0 ? `${money(spent, currency)} spent of ${limits.join(", ")}` : undefined;
}

function wallTime(sessions: readonly RunSession[]): string | undefined {
  const { ms, unknown } = wallTimeOf(sessions);
  if (unknown === sessions.length) return undefined;
  const without =
    unknown > 0 ? `, without ${unknown} ${unknown === 1 ? "session" : "sessions"} whose end is not known` : "";
  return `${printMillis(ms)}${without}`;
}

/** @param isOver whether no process is at it: where its end is not known, it was killed */
const sessionWords = ({ startedAt, endedAt, status, reason, rerun }: RunSession, isOver: boolean): string =>
  [
    ...(endedAt === undefined
      ? [isOver ? "killed; when is not known" : "running"]
      : [status.replaceAll("_", " "), `after ${printMillis(endedAt - startedAt)}`]),
    ...(reason ? [reason] : []),
    ...(rerun ? [`${count(rerun)} tasks in flight ran again`] : []),
  ].join("; ");

export function interventionWords({ what, at, by, reason, changes }: Intervention, startedAt: number): string {
  const did = what === "limits" ? limitWords(changes ?? {}) : what === "pause" ? "paused" : "resumed";
  return `after ${printMillis(at - startedAt)}: ${did}, by ${by}${reason ? ` (${reason})` : ""}`;
}
