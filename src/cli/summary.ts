import { wrongWhereOf } from "#src/analysis/failure-digest";
import type { RunReport } from "#src/app/run-report";
import { failureWords } from "#src/experiment/failure-groups";
import { isDifferenceGate } from "#src/experiment/gates";
import { count, money } from "#src/reports/cell";
import { cut } from "#src/reports/cut";
import { decidedSentences } from "#src/reports/decided";
import { othersWords, whereWords } from "#src/reports/failure-words";
import { findingsOf } from "#src/reports/findings";
import { withShortNames } from "#src/reports/names";
import { ranked } from "#src/reports/report";
import { resultsTable } from "#src/reports/results";
import { fittingTable, wrapped } from "#src/reports/terminal";
import { verdictSentences } from "#src/reports/verdict-words";
import { accountingLine } from "#src/reports/words";
import type { Line } from "./colour.ts";
import { estimateLines } from "./estimate-lines.ts";
import { pathFromHere } from "./print.ts";

/**
 * What the end of a run looks like in a terminal: how it ended, the verdict, the ranked table of all metrics, what failed and why, gates, where
 * the reports are, what to type next.
 *
 * @param columns of the terminal; lines are not wrapped when absent
 * @param again the command that resumes the run; `resume <id>` when absent
 */
export function summary(report: RunReport, columns?: number, again?: string): Line[] {
  const { accounting: a, experimentId, status, reason } = report;
  const plain = (...texts: readonly string[]): Line[] => texts.map((text) => ({ text }));
  if (report.estimates) return plain("", `${experimentId}: ${reason}`, ...estimateLines(report.estimates));
  const counted = report.gates.filter(({ afterwards }) => !afterwards);
  const missed = counted.filter(({ passed }) => !passed);
  const decided = decidedSentences(report.decided).filter(({ kind }, i) => kind === "warning" || i === 0);
  const files = Object.values(report.reports).map(pathFromHere);
  const lines: Line[] = [
    { text: `${experimentId}: ${status.replaceAll("_", " ")}${reason ? ` (${reason})` : ""}`, tone: toneOf(status) },
    { text: accountingLine(a), ...(a.failed > 0 ? { tone: "bad" as const } : {}) },
    ...(report.cost > 0 ? plain(`Cost: ${money(report.cost, report.currency)}`) : []),
    ...decided.map(
      ({ kind, text }): Line => (kind === "warning" ? { text: `! ${text}`, tone: "bad" } : { text, tone: "soft" }),
    ),
    ...resultLines(report, columns),
    ...failureLines(report.failures),
    ...(counted.length > 0
      ? [{ text: `Gates: ${gateWords(counted.length, missed)}`, tone: missed.length > 0 ? "bad" : "good" } as const]
      : []),
    ...(files.length > 0 ? plain(`Reports: ${files.join(", ")}`) : []),
    ...plain(...nextCommands(report, again)),
  ];
  return [
    { text: "" },
    ...lines.flatMap((line) =>
      line.fixed ? [line] : wrapped(line.text, columns).map((text): Line => ({ ...line, text })),
    ),
  ];
}

const toneOf = (status: RunReport["status"]): "good" | "bad" =>
  status === "completed" || status === "stopped_early" ? "good" : "bad";

/** Why tasks failed: the most frequent messages, with how many tasks had them. */
function failureLines({ groups, others }: RunReport["failures"]): Line[] {
  if (groups.length === 0) return [];
  return [
    { text: "Why tasks failed:" },
    ...groups.map(
      (group): Line => ({
        text: `  ${count(group.times)} x ${failureWords(group)} (${whereWords(group)})`,
        tone: "bad",
      }),
    ),
    ...(others > 0 ? [{ text: `  ${othersWords(others)}` }] : []),
  ];
}

/** Rows up to which all results stand there; of more, the first. */
const ROWS = 20;

/** What came out: the verdict, and the levels of all metrics as it ranks them. */
function resultLines({ analysis: given, accounting, faults, status, verdict }: RunReport, columns?: number): Line[] {
  const analysis = withShortNames(given);
  const { warnings, notes } = findingsOf(analysis, { faults, accounting, stoppedEarly: status === "stopped_early" });
  const [head, ...sentences] = verdictSentences(verdict);
  const table = ranked(resultsTable(analysis), verdict);
  const more = table.rows.length - ROWS;
  const shown = { ...table, rows: table.rows.slice(0, ROWS), notes: more > 0 ? [`${more} more in the reports`] : [] };
  return [
    ...warnings.map((warning): Line => ({ text: `! ${warning}`, tone: "bad" })),
    ...(head === undefined ? [] : [{ text: head, tone: "strong" } as const]),
    ...sentences.map(
      (text, i): Line =>
        i < verdict.corrected.length + verdict.lines.length
          ? { text: `  ${text}`, tone: "strong" }
          : { text: `  ${text}` },
    ),
    ...(accounting.succeeded > 0 ? fittingTable(shown, columns).map((text): Line => ({ text, fixed: true })) : []),
    ...notes.map((text): Line => ({ text })),
  ];
}

/** Whether some task is wrong by the first metric. */
function hasWrong(analysis: RunReport["analysis"]): boolean {
  const where = wrongWhereOf(analysis);
  return (
    where !== undefined && analysis.metrics[0]!.summaries.some(({ mean }) => mean.ok && mean.value !== 1 - where.value)
  );
}

/** What one may well want to type next. */
function nextCommands(
  { accounting, analysis, experimentId, status, reports, decided }: RunReport,
  goOn = `resume ${experimentId}`,
): string[] {
  const { scoring } = decided;
  const isPending = accounting.pending > 0;
  if (scoring) {
    const again = `crucible score ${experimentId} --name ${scoring.name}`;
    if (status !== "completed") return [`Go on with: ${again}`];
    return [
      ...(isPending ? [`Not every task of the run has an answer: crucible resume ${experimentId}, then ${again}`] : []),
      `Against the scores of the run: crucible compare ${experimentId} ${experimentId}@${scoring.name}`,
    ];
  }
  const larger = status === "budget_exhausted" ? " --max-total <more>" : "";
  return [
    ...(isPending ? [`Go on with: crucible ${goOn}${larger}`] : []),
    ...(accounting.failed > 0 ? [`See what failed: crucible dlq list ${experimentId}`] : []),
    ...(hasWrong(analysis) ? [`See in groups what is wrong: crucible digest ${experimentId}`] : []),
    ...(!isPending && !("html" in reports) ? [`More: crucible report ${experimentId} --formats html`] : []),
  ];
}

/** @example "1 of 2 missed (accuracy of treatment)" */
function gateWords(all: number, missed: RunReport["gates"]): string {
  if (missed.length === 0) return `${all} of ${all} passed`;
  const names = missed.map(
    ({ gate }) =>
      `${cut(gate.metric, 120)} of ${isDifferenceGate(gate) ? gate.difference.map((name) => cut(name, 120)).join(" against ") : cut(gate.condition, 120)}`,
  );
  return `${missed.length} of ${all} missed (${names.join("; ")})`;
}
