import type { RunReport } from "#src/app/run-report";
import { failureWords } from "#src/experiment/failure-groups";
import { isDifferenceGate } from "#src/experiment/gates";
import { count, money } from "#src/reports/cell";
import { cut } from "#src/reports/cut";
import { decidedSentences } from "#src/reports/decided";
import { findingsOf } from "#src/reports/findings";
import { withShortNames } from "#src/reports/names";
import { resultsTable } from "#src/reports/results";
import { tableLines } from "#src/reports/terminal";
import { othersWords, whereWords } from "#src/reports/why-failed";
import { accountingLine } from "#src/reports/words";
import { estimateLines } from "./estimate-lines.ts";
import { pathFromHere } from "./print.ts";

/** What the end of a run looks like in a terminal: how it ended, what came out, where the reports are, what to type next. */
export function summary(report: RunReport): string[] {
  const { accounting: a, experimentId, status, reason } = report;
  if (report.estimates) return ["", `${experimentId}: ${reason}`, ...estimateLines(report.estimates)];
  const files = Object.entries(report.reports).map(([format, path]) => `  ${format.padEnd(9)} ${pathFromHere(path)}`);
  const counted = report.gates.filter(({ afterwards }) => !afterwards);
  const missed = counted.filter(({ passed }) => !passed);
  const decided = decidedSentences(report.decided).filter(({ kind }, i) => kind === "warning" || i === 0);
  return [
    "",
    `${experimentId}: ${status.replaceAll("_", " ")}${reason ? ` (${reason})` : ""}`,
    accountingLine(a),
    ...(report.cost > 0 ? [`Cost: ${money(report.cost, report.currency)}`] : []),
    ...decided.map(({ kind, text }) => `${kind === "warning" ? "! " : ""}${text}`),
    ...findingLines(report),
    ...failureLines(report.failures),
    ...(counted.length > 0 ? [`Gates: ${gateWords(counted.length, missed)}`] : []),
    ...(files.length > 0 ? ["Reports:", ...files] : []),
    ...nextCommands(report),
  ];
}

/** Why tasks failed: the most frequent messages, with how many tasks had them. */
function failureLines({ groups, others }: RunReport["failures"]): string[] {
  if (groups.length === 0) return [];
  return [
    "Why tasks failed:",
    ...groups.map((group) => `  ${count(group.times)} x ${failureWords(group)} (${whereWords(group)})`),
    ...(others > 0 ? [`  ${othersWords(others)}`] : []),
  ];
}

/** Rows up to which the results stand there as a table. */
const ROWS = 20;

/** What came out: the levels, and the findings as they stand in every report. */
function findingLines({ analysis: given, accounting, faults, status }: RunReport): string[] {
  const analysis = withShortNames(given);
  const found = findingsOf(analysis, { faults, accounting, stoppedEarly: status === "stopped_early" });
  const isShown = accounting.succeeded > 0 && analysis.conditions.length <= ROWS;
  return [
    ...found.warnings.map((warning) => `! ${warning}`),
    ...(isShown ? tableLines({ ...resultsTable(analysis), notes: [] }) : []),
    ...found.lists.flatMap(({ title, items }) => [`${title}:`, ...items.map((item) => `  ${item}`)]),
    ...found.notes,
  ];
}

/** What one may well want to type next. */
function nextCommands({ accounting, experimentId, status, reports }: RunReport): string[] {
  const larger = status === "budget_exhausted" ? " --max-total <more>" : "";
  return [
    ...(accounting.pending > 0 ? [`Go on with: crucible resume ${experimentId}${larger}`] : []),
    ...(accounting.failed > 0 ? [`See what failed: crucible dlq list ${experimentId}`] : []),
    ...(accounting.pending === 0 && !("html" in reports)
      ? [`More: crucible report ${experimentId} --formats html`]
      : []),
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
