import { appendFileSync } from "node:fs";
import { reportStored } from "#src/app/results/report-stored";
import type { RunReport } from "#src/app/run-report";
import { failureWords } from "#src/experiment/failure-groups";
import { gateSentence } from "#src/reports/gates";
import { markdownShort } from "#src/reports/index";
import { warn } from "./print.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * In a job of GitHub Actions: missed gates and failed tasks as annotations, and the short report as the summary of the job.
 *
 * @param checkpointDir where the run is stored
 */
export async function reportToGithub(
  report: RunReport,
  checkpointDir: string,
  environment: Environment = process.env,
): Promise<void> {
  warn(...annotationsOf(report));
  const { GITHUB_STEP_SUMMARY: summary } = environment;
  if (!summary || report.estimates) return;
  try {
    const { report: stored } = await reportStored(report.experimentId, { checkpointDir, formats: [] }, "none");
    appendFileSync(summary, `${markdownShort(stored)}\n`);
  } catch (error) {
    warn(command("warning", "crucible", `the summary of the job could not be written (${(error as Error).message})`));
  }
}

/** Workflow commands, a line each. */
export function annotationsOf({
  status,
  reason,
  gates,
  failures,
  accounting,
}: Pick<RunReport, "status" | "reason" | "gates" | "failures" | "accounting">): string[] {
  const ended = status === "completed" || status === "stopped_early";
  const missed = gates.filter(({ passed, afterwards }) => !passed && !afterwards);
  return [
    ...(ended
      ? []
      : [command("error", "The run did not complete", `${status.replaceAll("_", " ")}${reason ? `: ${reason}` : ""}`)]),
    ...missed.map((gate) => command("error", "Gate missed", gateSentence(gate))),
    ...failures.groups.map((group) =>
      command("warning", `${group.times} of ${accounting.planned} tasks failed`, failureWords(group)),
    ),
  ];
}

/** @see https://docs.github.com/actions/reference/workflow-commands-for-github-actions */
const command = (level: "error" | "warning", title: string, message: string): string =>
  `::${level} title=${escaped(title).replaceAll(":", "%3A").replaceAll(",", "%2C")}::${escaped(message)}`;

/** A text that a task wrote must not become a command of its own. */
const escaped = (text: string): string => text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
