import type { RunReport } from "#src/app/run";

/** What the end of a run looks like in a terminal: how it ended, what came out, where the reports are, what to type next. */
export function summary(report: RunReport): string {
  const { accounting: a, experimentId, status, reason } = report;
  const files = Object.entries(report.reports).map(([format, path]) => `  ${format.padEnd(9)} ${path}`);
  const next = a.pending > 0 ? [`Go on with: crucible resume ${experimentId}`] : [];
  return [
    `\n${experimentId}: ${status.replace("_", " ")}${reason ? ` (${reason})` : ""}`,
    `${a.planned} planned = ${a.succeeded} succeeded + ${a.failed} failed + ${a.skipped} skipped + ${a.unscored} unscored + ${a.pending} pending`,
    ...(files.length > 0 ? ["Reports:", ...files] : []),
    ...next,
  ].join("\n");
}
