import { limitWords } from "#src/experiment/limits";
import type { Intervention, RunSession } from "#src/experiment/manifest";
import type { Accounting } from "#src/experiment/outcome";
import { amount, count, textCell } from "./cell.ts";
import type { RunCounts } from "./drill-down.ts";
import type { Block, TableRow } from "./report.ts";
import { accountingLine } from "./words.ts";

/** What a run counts besides its rows; what is absent was not counted and is not printed. */
export interface ReliabilityCounts {
  /** Restarts of workers and supervisors after a crash. */
  readonly restarts?: number;
  readonly deadLetters?: number;
  /** Times that the circuit breaker opened. */
  readonly breakerOpened?: number;
  readonly budget?: { readonly spent: number; readonly limit?: number; readonly currency: string };
}

/** How the run went: accounting, attempts, errors, cost, time. */
export function reliability(
  {
    sessions = [],
    reliability: counted = {},
  }: { readonly sessions?: readonly RunSession[]; readonly reliability?: ReliabilityCounts },
  accounting: Accounting,
  counts: RunCounts,
): Block[] {
  const { budget } = counted;
  const currency = budget?.currency.toUpperCase() ?? "";
  const facts: [string, string | undefined][] = [
    ["Accounting", accountingLine(accounting)],
    ["Retries", counts.rows > 0 ? `${count(counts.retries)} over ${count(counts.retriedTasks)} tasks` : undefined],
    ["Failed attempts by kind", errorWords(counts.errors)],
    ["Metrics refused by their schema", counts.invalidMetrics > 0 ? count(counts.invalidMetrics) : undefined],
    ["Dead letters", numberWord(counted.deadLetters)],
    ["Restarts after a crash", numberWord(counted.restarts)],
    [
      "Circuit breaker opened",
      counted.breakerOpened === undefined ? undefined : `${count(counted.breakerOpened)} times`,
    ],
    ["Cost", costWords(counts, sessions, currency)],
    [
      "Budget",
      budget
        ? `${amount(budget.spent)} ${currency} spent${budget.limit === undefined ? ", no limit" : ` of ${amount(budget.limit)}`}`
        : undefined,
    ],
    ["Tokens", counts.tokens > 0 ? count(counts.tokens) : undefined],
    ["Wall time", wallTime(sessions)],
    ...sessions.flatMap((session, i): [string, string][] => [
      [`Session ${i + 1}`, sessionWords(session)],
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

const numberWord = (value: number | undefined): string | undefined => (value === undefined ? undefined : count(value));

function errorWords(errors: Readonly<Record<string, number>>): string | undefined {
  const kinds = Object.entries(errors).sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  return kinds.length > 0 ? kinds.map(([kind, times]) => `${kind} ${count(times)}`).join(", ") : undefined;
}

function costWords(
  { cost, costed, rows }: RunCounts,
  sessions: readonly RunSession[],
  currency: string,
): string | undefined {
  if (costed === 0) return undefined;
  const money = (value: number): string => `${amount(value)}${currency ? ` ${currency}` : ""}`;
  const unknown = rows - costed;
  const lost = sessions.reduce((sum, { rerunCost = 0 }) => sum + rerunCost, 0);
  return [
    money(cost),
    ...(lost > 0 ? [`and ${money(lost)} for attempts in flight that ran again`] : []),
    ...(unknown > 0 ? [`unknown for ${count(unknown)} tasks`] : []),
  ].join(", ");
}

function wallTime(sessions: readonly RunSession[]): string | undefined {
  const spans = sessions.flatMap(({ startedAt, endedAt }) => (endedAt === undefined ? [] : [endedAt - startedAt]));
  return spans.length > 0 ? duration(spans.reduce((sum, span) => sum + span, 0)) : undefined;
}

const sessionWords = ({ startedAt, endedAt, status, reason, rerun }: RunSession): string =>
  [
    status.replaceAll("_", " "),
    endedAt === undefined ? "not ended" : `after ${duration(endedAt - startedAt)}`,
    ...(reason ? [reason] : []),
    ...(rerun ? [`${count(rerun)} tasks in flight ran again`] : []),
  ].join("; ");

export function interventionWords({ what, at, by, reason, changes }: Intervention, startedAt: number): string {
  const did = what === "limits" ? limitWords(changes ?? {}) : what === "pause" ? "paused" : "went on";
  return `after ${duration(at - startedAt)}: ${did}, by ${by}${reason ? ` (${reason})` : ""}`;
}

/** @example duration(95_000) // => "1.58 min" */
export function duration(ms: number): string {
  if (ms < 1000) return `${amount(ms)} ms`;
  if (ms < 60_000) return `${amount(ms / 1000)} s`;
  return ms < 3_600_000 ? `${amount(ms / 60_000)} min` : `${amount(ms / 3_600_000)} h`;
}
