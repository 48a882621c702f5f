import { join } from "node:path";
import { type ExportFormat, exportRun } from "#src/app/results/export";
import { checkpointDirectory } from "#src/app/setting-sources";
import { runOptions } from "#src/experiment/options";
import { settingsFrom } from "./arguments.ts";
import { exitCodes } from "./exit-code.ts";
import { print, printJson, stdoutStream } from "./print.ts";
import type { Flags } from "./run.ts";

/** `crucible export <id>`. @returns the exit code */
export async function exportRows(id: string, flags: Flags): Promise<number> {
  if (flags.format === "ir") return (await import("./ir.ts")).exportIR(id, flags);
  const settings = settingsFrom(flags);
  const checkpointDir = await checkpointDirectory(settings);
  const format = flags.format as ExportFormat;
  const { outputDir } = runOptions.parse(settings.outputDir === undefined ? {} : { outputDir: settings.outputDir });
  const path = typeof flags.to === "string" ? flags.to : join(outputDir, `${id}_rows.${format}`);
  const rows = await exportRun(id, { checkpointDir, format, to: path === "-" ? stdoutStream() : path });
  if (path === "-") return exitCodes.ended;
  if (flags.json === true) printJson({ type: "export", experimentId: id, format, rows, path });
  else print(`${rows} rows in ${path}`);
  return exitCodes.ended;
}
