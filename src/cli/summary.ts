import type { RunReport } from "#src/app/run-report";
import { isDifferenceGate } from "#src/experiment/gates";
import { escapeTerminal } from "#src/reports/escape";

/** What the end of a run looks like in a terminal: how it ended, what came out, where the reports are, what to type next. */
export function summary(report: RunReport): string {
  const { accounting: a, experimentId, status, reason } = report;
  const files = Object.entries(report.reports).map(([format, path]) => `  ${format.padEnd(9)} ${path}`);
  const missed = report.gates.filter(({ passed }) => !passed);
  const next = a.pending > 0 ? [`Go on with: crucible resume ${experimentId}`] : [];
  return [
    `\n${experimentId}: ${status.replace("_", " ")}${reason ? ` (${reason})` : ""}`,
    `${a.planned} planned = ${a.succeeded} succeeded + ${a.failed} failed + ${a.skipped} skipped + ${a.unscored} unscored + ${a.pending} pending`,
    ...(report.gates.length > 0 ? [`Gates: ${gateWords(report.gates.length, missed)}`] : []),
    ...(files.length > 0 ? ["Reports:", ...files] : []),
    ...next,
  ].join("\n");
}

/** @example "1 of 2 missed (accuracy of treatment)" */
function gateWords(all: number, missed: RunReport["gates"]): string {
  if (missed.length === 0) return `all ${all} passed`;
  const names = missed.map(
    ({ gate }) => `${gate.metric} of ${isDifferenceGate(gate) ? gate.difference.join(" against ") : gate.condition}`,
  );
  return `${missed.length} of ${all} missed (${escapeTerminal(names.join("; "))})`;
}
