import { reportStored } from "#src/app/report-stored";
import { checkpointDirectory } from "#src/app/settings";
import { renderers } from "#src/reports/index";
import { settingsFrom } from "./arguments.ts";
import { exitCodes } from "./exit-code.ts";
import type { Flags } from "./run.ts";

/** `crucible report <id>`. @returns the exit code */
export async function reportRun(id: string, flags: Flags): Promise<number> {
  const settings = settingsFrom(flags);
  const checkpointDir = await checkpointDirectory(settings);
  const { report, files } = await reportStored(id, {
    ...settings,
    checkpointDir,
    ...(flags.print === true ? { formats: [] } : {}),
  });
  if (flags.json === true)
    console.log(JSON.stringify({ type: "reports", experimentId: id, partial: report.partial, reports: files }));
  else if (flags.print === true) console.log(renderers.markdown(report));
  else
    for (const [format, path] of Object.entries(files))
      console.log(`${format.padEnd(9)} ${path}${report.partial ? " (partial: tasks are still to run)" : ""}`);
  return exitCodes.ended;
}
