import { listRuns } from "#src/app/results/past-runs";
import { checkpointDirectory } from "#src/app/setting-sources";
import { settingsFrom } from "./arguments.ts";
import { exitCodes } from "./exit-code.ts";
import { print, printJson, warn } from "./print.ts";
import type { Flags } from "./run.ts";

/** `crucible list`. @returns the exit code */
export async function list(flags: Flags): Promise<number> {
  const directory = await checkpointDirectory(settingsFrom(flags));
  const runs = listRuns(directory, (sentence) => warn(`! ${sentence}`));
  if (flags.json === true) {
    for (const run of runs) printJson(run);
    return exitCodes.ended;
  }
  if (runs.length === 0) print(`no runs in ${directory}`);
  for (const { experimentId, name, status, createdAt, accounting: a } of runs) {
    print(
      `${experimentId}  ${createdAt.slice(0, 16).replace("T", " ")}  ${status.padEnd(16)}  ${a.planned - a.pending}/${a.planned}  ${name}`,
    );
  }
  return exitCodes.ended;
}
