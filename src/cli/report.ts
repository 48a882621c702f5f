import { reportStored } from "#src/app/results/report-stored";
import { checkpointDirectory } from "#src/app/setting-sources";
import { decidedSentences } from "#src/reports/decided";
import { markdownShort, renderers } from "#src/reports/index";
import { settingsFrom } from "./arguments.ts";
import { exitCodeOfGates } from "./exit-code.ts";
import { print, printJson, printText, warn } from "./print.ts";
import type { Flags } from "./run.ts";
import { whileWorking } from "./working.ts";

/** `crucible report <id>`. @returns the exit code: that of the run's gates */
export async function reportRun(id: string, flags: Flags): Promise<number> {
  const settings = settingsFrom(flags);
  const checkpointDir = await checkpointDirectory(settings);
  const render = flags.short === true ? markdownShort : flags.print === true ? renderers.markdown : undefined;
  const use = typeof flags.file === "string" ? { file: flags.file } : "none";
  const scoring = typeof flags.scoring === "string" ? flags.scoring : undefined;
  const { report, gates, files } = await whileWorking(
    `analysing the rows of ${id}`,
    reportStored(id, { ...settings, checkpointDir, ...(render ? { formats: [] } : {}) }, use, scoring),
  );
  const { partial } = report;
  if (flags.json === true)
    printJson({ type: "reports", experimentId: id, partial, decided: report.decided, gates, reports: files });
  else if (render) printText(render(report));
  else {
    for (const { kind, text } of decidedSentences(report.decided)) if (kind === "warning") warn(`! ${text}`);
    for (const [format, path] of Object.entries(files))
      print(`${format.padEnd(9)} ${path}${partial ? " (partial: tasks are still to run)" : ""}`);
  }
  return exitCodeOfGates(gates);
}
