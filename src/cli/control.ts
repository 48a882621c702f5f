import type { ControlAction } from "#src/app/observe/control";
import { tell } from "#src/app/observe/live";
import { checkpointDirectory } from "#src/app/setting-sources";
import { type LimitsChange, limitNames, limitWords } from "#src/experiment/limits";
import { ConfigError } from "#src/kernel/errors";
import { type Flags, settingsFrom } from "./arguments.ts";
import { exitCodes } from "./exit-code.ts";
import { print, printJson } from "./print.ts";

const done: Readonly<Record<Exclude<ControlAction, "adjust">, string>> = {
  pause: "paused: running tasks end, no new ones start. Go on with: crucible resume",
  resume: "continues",
  drain: "stops when its running tasks have ended. Abort them with: crucible stop --abort",
  abort: "aborts its running tasks",
};

/** Sends a command to a run of another process. @returns the exit code */
export async function control(id: string, action: ControlAction, flags: Flags): Promise<number> {
  const directory = await checkpointDirectory(settingsFrom(flags));
  const reason = typeof flags.reason === "string" ? { reason: flags.reason } : {};
  const limits = action === "adjust" ? { limits: limitsFrom(flags) } : {};
  const changes = await tell(directory, id, action, { ...reason, ...limits });
  if (!changes)
    throw new ConfigError("experiment id", `must be an active run of ${directory}`, id, "See `crucible ps`");
  if (flags.json === true) printJson({ type: action, experimentId: id, changes });
  else if (action === "adjust") print(limitWords(changes) || "nothing changed: these limits are in force already");
  else print(`${id} ${done[action]}${action === "resume" || action === "abort" ? "" : ` ${id}`}`);
  return exitCodes.ended;
}

function limitsFrom(flags: Flags): LimitsChange {
  const named = limitNames.filter((name) => flags[name] !== undefined);
  return Object.fromEntries(named.map((name) => [name, flags[name] === "none" ? null : flags[name]]));
}
