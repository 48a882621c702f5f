import { startRescoring } from "#src/app/rescore";
import type { Flags } from "./arguments.ts";
import { settingsFrom } from "./arguments.ts";
import { ask, askSecret } from "./ask.ts";
import { loadAhead } from "./load-ahead.ts";
import { follow } from "./run.ts";

/** `crucible score <id>`. @returns the exit code */
export async function scoreRun(id: string, flags: Flags): Promise<number> {
  await loadAhead();
  const { file, name, scorer, retryFailed, acceptDataset, T } = flags as {
    file?: string;
    name?: string;
    scorer?: string[];
    retryFailed?: true;
    acceptDataset?: true;
    T?: Record<string, string>;
  };
  const handle = startRescoring(id, {
    commandLine: settingsFrom(flags),
    ...(file === undefined ? {} : { file }),
    ...(name === undefined ? {} : { name }),
    ...(scorer === undefined ? {} : { only: scorer }),
    ...(T === undefined ? {} : { parameters: T }),
    ...(process.stdin.isTTY ? { ask, askSecret } : {}),
    retryFailed: retryFailed === true,
    acceptDataset: acceptDataset === true,
  });
  return follow(handle, flags, { again: `score ${id}` });
}
