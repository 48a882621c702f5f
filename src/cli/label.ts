import { atLabelDesk, type LabelDesk } from "#src/app/label-desk";
import { exportLabels, importLabels } from "#src/app/labels";
import { checkpointDirectory } from "#src/app/setting-sources";
import { ConfigError } from "#src/kernel/errors";
import { type LabelDefaults, openLabelPages } from "#src/viewer/label-pages";
import { settingsFrom } from "./arguments.ts";
import { exitCodes } from "./exit-code.ts";
import { print, printJson } from "./print.ts";
import type { Flags } from "./run.ts";

/** Shows the page until it is interrupted. */
async function serve(desk: LabelDesk, defaults: LabelDefaults, flags: Flags): Promise<void> {
  const door = await openLabelPages(desk, defaults, (flags.port as number | undefined) ?? 0);
  const { url, port } = door;
  if (flags.json === true) printJson({ type: "label", url, port, answers: desk.answers });
  else
    print(
      url,
      "",
      `${desk.answers} answers to label, for this machine's user only; each label is stored at once, Ctrl-C ends it`,
    );
  await new Promise<void>((resolve) => {
    process.once("SIGINT", resolve);
    process.once("SIGTERM", resolve);
  });
  await door.close();
}

/** `crucible label <id>`. @returns the exit code */
export async function labelRun(id: string, flags: Flags): Promise<number> {
  const checkpointDir = await checkpointDirectory(settingsFrom(flags));
  const {
    export: to,
    import: from,
    rater,
    rubric,
    newRubric,
    sample,
    seed,
  } = flags as {
    export?: string;
    import?: string;
    rater?: string;
    rubric?: string;
    newRubric?: true;
    sample?: number;
    seed?: number;
  };
  if (to !== undefined && from !== undefined)
    throw new ConfigError("crucible label", "must have one of --export <file> and --import <file>");
  const who = rater === undefined ? {} : { rater };
  const numbers = { ...(sample === undefined ? {} : { sample }), ...(seed === undefined ? {} : { seed }) };
  if (to === undefined && from === undefined) {
    const options = { checkpointDir, newRubric: newRubric === true, ...numbers };
    await atLabelDesk(id, options, (desk) => serve(desk, { rater, rubric }, flags));
    return exitCodes.ended;
  }
  if (to !== undefined) {
    const made = await exportLabels(id, { checkpointDir, to, ...who, ...numbers });
    if (flags.json === true) printJson({ type: "labels", file: to, ...made });
    else
      print(
        `${to}: ${made.answers} answers, ${made.labelled} of them labelled. Fill in the column label, then: crucible label ${id} --import ${to} --rater <name> --rubric <text>`,
      );
    return exitCodes.ended;
  }
  const what = { ...who, ...(rubric === undefined ? {} : { rubric }), newRubric: newRubric === true };
  const taken = await importLabels(id, { checkpointDir, from: from!, ...what });
  if (flags.json === true) printJson({ type: "labels", file: from, ...taken });
  else
    print(
      `${taken.added} labels taken in, ${taken.known} were there already, ${taken.takenBack > 0 ? `${taken.takenBack} were taken back since and stay so, ` : ""}${taken.empty} answers have none yet`,
    );
  return exitCodes.ended;
}
