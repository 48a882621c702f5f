import { checkpointDirectory } from "#src/app/setting-sources";
import { checkStore } from "#src/app/stores";
import { count } from "#src/reports/cell";
import { settingsFrom } from "./arguments.ts";
import { exitCodes } from "./exit-code.ts";
import { print, printJson } from "./print.ts";
import type { Flags } from "./run.ts";

/** `crucible verify <id>`. @returns the exit code: 1 where the store is damaged */
export async function verify(id: string, flags: Flags): Promise<number> {
  const check = checkStore(await checkpointDirectory(settingsFrom(flags)), id);
  const { results, rows, unsealed, damaged, damages } = check;
  if (flags.json === true) printJson({ type: "verified", experimentId: id, ...check });
  else if (damages > 0) {
    const more = damages > damaged.length ? [`and ${count(damages - damaged.length)} more`] : [];
    print(`${id} is damaged:`, ...[...damaged, ...more].map((line) => `  ${line}`));
  } else {
    const of = `${count(results)} results, ${count(rows)} rows with those about the run`;
    if (unsealed === 0) print(`${id} is as it was written: ${of}, each with its checksum`);
    else
      print(
        `${id} can be read: ${of}; ${count(unsealed)} of them have no checksum, since an older version wrote them: whether they are as they were cannot be told`,
      );
  }
  return damages > 0 ? exitCodes.bug : exitCodes.ended;
}
