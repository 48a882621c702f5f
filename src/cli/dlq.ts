import { failedTasks } from "#src/app/dead-tasks";
import { checkpointDirectory } from "#src/app/setting-sources";
import { settingsFrom } from "./arguments.ts";
import { columns } from "./columns.ts";
import { exitCodes } from "./exit-code.ts";
import { print, printJson, warn } from "./print.ts";
import { type Flags, resumeRun } from "./run.ts";

/** `crucible dlq list <id>`. @returns the exit code */
export async function listFailed(id: string, flags: Flags): Promise<number> {
  const failed = await failedTasks(await checkpointDirectory(settingsFrom(flags)), id);
  if (flags.json === true) for (const task of failed) printJson(task);
  else
    print(
      ...columns(
        ["Task", "Attempts", "Last error"],
        failed.map(({ condition, itemId, repeat, attempts, earlierErrors, error }) => [
          `${condition}/${itemId}/${repeat}`,
          `${attempts} ${attempts === 1 ? "attempt" : "attempts"}${earlierErrors ? ` (after ${earlierErrors.length} before it was done again)` : ""}`,
          `${error?.kind}: ${error?.message}`,
        ]),
      ),
    );
  if (flags.json !== true) print(`${failed.length} permanently failed ${failed.length === 1 ? "task" : "tasks"}`);
  return exitCodes.ended;
}

/** `crucible dlq retry <id>`: resumes the run, its failed tasks planned again; a run that cannot continue keeps them. @returns the exit code */
export async function retryFailed(id: string, flags: Flags): Promise<number> {
  const failed = await failedTasks(await checkpointDirectory(settingsFrom(flags)), id);
  const tasks = failed.length === 1 ? "task is" : "tasks are";
  warn(
    failed.length === 0
      ? `no task of ${id} has failed: what is still to run is run`
      : `${failed.length} failed ${tasks} planned again, once everything about the run has been checked`,
  );
  return resumeRun(id, flags, { retryFailed: true });
}
