import { reportStored } from "#src/app/results/report-stored";
import { checkpointDirectory } from "#src/app/setting-sources";
import { count } from "#src/reports/cell";
import { digestNotes, digestWords, exampleWords } from "#src/reports/digest";
import { whereWords } from "#src/reports/failure-words";
import { wrapped } from "#src/reports/terminal";
import { settingsFrom } from "./arguments.ts";
import { exitCodes } from "./exit-code.ts";
import { columnsOf, print, printJson, warn } from "./print.ts";
import type { Flags } from "./run.ts";
import { whileWorking } from "./working.ts";

/** `crucible digest <id>`: tasks that failed, are wrong, unscored or skipped, in groups. @returns the exit code */
export async function digestRun(id: string, flags: Flags): Promise<number> {
  const settings = settingsFrom(flags);
  const checkpointDir = await checkpointDirectory(settings);
  const scoring = typeof flags.scoring === "string" ? flags.scoring : undefined;
  const { report } = await whileWorking(
    `reading the rows of ${id}`,
    reportStored(id, { ...settings, checkpointDir, formats: [] }, "none", scoring),
  );
  const { digest } = report;
  if (flags.json === true) {
    for (const group of digest?.groups ?? []) printJson({ type: "group", ...group });
    const { groups: _, ...counts } = digest ?? { tasks: 0 };
    printJson({ type: "digest", experimentId: id, ...counts });
    return exitCodes.ended;
  }
  if (!digest) {
    warn(`no task of ${id} that has ended is failed or wrong`);
    return exitCodes.ended;
  }
  const columns = columnsOf();
  for (const group of digest.groups)
    print(
      ...wrapped(`${count(group.tasks).padStart(6)}  ${group.outcome.padEnd(8)}  ${digestWords(group)}`, columns),
      ...[whereWords(group), `e.g. ${exampleWords(group)}`].flatMap((line) =>
        wrapped(`${" ".repeat(18)}${line}`, columns),
      ),
    );
  print("", ...digestNotes(digest, id).flatMap((note) => wrapped(note, columns)));
  return exitCodes.ended;
}
