import { estimate } from "#src/app/estimate/estimate";
import { loadExperiment } from "#src/app/load";
import { parametersFrom, settingsFrom } from "./arguments.ts";
import { estimateLines } from "./estimate-lines.ts";
import { exitCodes } from "./exit-code.ts";
import { print, printJson } from "./print.ts";
import type { Flags } from "./run.ts";

/** `crucible estimate <file>`. @returns the exit code */
export async function estimateFile(file: string, flags: Flags): Promise<number> {
  const parameters = parametersFrom(file, flags);
  const estimates = await estimate(await loadExperiment(file, parameters), {
    commandLine: settingsFrom(flags),
    file,
    parameters,
  });
  if (flags.json === true) {
    printJson(estimates);
    return exitCodes.ended;
  }
  print(...estimateLines(estimates));
  return exitCodes.ended;
}
