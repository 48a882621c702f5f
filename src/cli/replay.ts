import { openBrowser, storedRun } from "#src/app/observe/browse";
import type { RecordedFact } from "#src/app/observe/recorder";
import { type NameOfTask, recorded, sentenceOf } from "#src/app/observe/replay";
import { taskNames } from "#src/app/observe/task-names";
import { checkpointDirectory } from "#src/app/setting-sources";
import { storedIds } from "#src/app/stores";
import { settingsFrom } from "./arguments.ts";
import { exitCodes } from "./exit-code.ts";
import { print, printJson, warn } from "./print.ts";
import type { Flags } from "./run.ts";

/** `crucible replay <id>`: walks through what was recorded of a run. @returns the exit code */
export async function replay(id: string, flags: Flags): Promise<number> {
  const directory = await checkpointDirectory(settingsFrom(flags));
  const only = typeof flags.only === "string" ? flags.only.split(",") : undefined;
  const task = flags.task === undefined ? undefined : Number(flags.task);
  const speed = flags.speed === undefined ? undefined : Number(flags.speed);
  let begun: number | undefined;
  let before = 0;
  let shown = 0;
  const { nameOf, close } = namesOf(directory, id);
  for await (const entry of recorded(directory, id)) {
    begun ??= entry.t;
    if (only && !only.some((prefix) => entry.type === prefix || entry.type.startsWith(`${prefix}.`))) continue;
    if (task !== undefined && (!("ordinal" in entry) || entry.ordinal !== task)) continue;
    const at = entry.t - begun;
    if (speed) await new Promise((done) => setTimeout(done, Math.max(0, at - before) / speed));
    before = at;
    if (shown === 0 && flags.json !== true) print(`${"Time".padEnd(9)}  ${"Record".padEnd(18)}  What happened`);
    shown += 1;
    if (flags.json === true) printJson(entry);
    else print(`${clockOf(at)}  ${entry.type.padEnd(18)}  ${sentenceOf(entry, nameOf(entry))}`);
  }
  close();
  if (shown === 0) warn(`no record of ${id}${only || task !== undefined ? " is of that kind" : ""}`);
  return exitCodes.ended;
}

/** What tasks are called at the time of an entry: before the run grew, their numbers were others. */
function namesOf(
  directory: string,
  id: string,
): { nameOf: (entry: RecordedFact) => NameOfTask | undefined; close: () => void } {
  const stored = storedIds(directory).includes(id) ? storedRun(directory, id) : undefined;
  if (!stored) return { nameOf: () => undefined, close: () => {} }; // a recording is read without its store, too
  const browser = openBrowser(directory, id);
  const names = taskNames(stored.manifest, browser);
  const since = Date.parse(stored.manifest.growth?.at(-1)?.at ?? "") || 0;
  return { nameOf: ({ t }) => (t < since ? undefined : names), close: () => browser.close() };
}

/** @example clockOf(61_234) // => "01:01.234" */
export function clockOf(ms: number): string {
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${two(Math.floor(ms / 60_000))}:${two(Math.floor(ms / 1000) % 60)}.${String(Math.floor(ms) % 1000).padStart(3, "0")}`;
}
