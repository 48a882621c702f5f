import { existsSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { runOptions } from "#src/experiment/options";
import { ConfigError } from "#src/kernel/errors";
import { joinPath, parseOptions } from "#src/kernel/parse";
import { parseText, type Settings, type SettingsInput, settingsOptions, variableOf } from "./setting-options.ts";

const variables = Object.keys(settingsOptions.shape).map((name) => [name, variableOf(name)] as const);

/** `CRUCIBLE_MAX_PARALLEL=20`, `CRUCIBLE_FORMATS=markdown,html`: the option's name in capitals with underscores. */
export function fromEnvironment(environment: Readonly<Record<string, string | undefined>>): Settings {
  const found: Record<string, unknown> = {};
  for (const [name, variable] of variables) {
    const text = environment[variable];
    if (text === undefined || text === "") continue;
    found[name] = parseText(name, text, variable);
  }
  return found as Settings;
}

const FILES = ["crucible.config.ts", "crucible.config.mts", "crucible.config.js", "crucible.config.mjs"];

export async function fromFile(directory: string): Promise<Settings> {
  for (let at = resolve(directory); ; at = dirname(at)) {
    const path = FILES.map((file) => join(at, file)).find(existsSync);
    if (path) return readConfig(path);
    if (dirname(at) === at) return {};
  }
}

async function readConfig(path: string): Promise<Settings> {
  refuseForeign(path);
  const [{ importDefault }, { inUserCode }] = await Promise.all([
    import("./import-default.ts"),
    import("./load-error.ts"),
  ]);
  const exported = await inUserCode(path, "cannot be loaded", () => importDefault<unknown>(path));
  if (typeof exported !== "object" || exported === null) {
    throw new ConfigError(path, "must export an object of options by default", exported);
  }
  return parseOptions(settingsOptions, exported, joinPath(path, []));
}

/**
 * A configuration is code, and is found in any folder above: that of another user must not run because somebody works below it.
 *
 * @throws ConfigError for a file that others own, or may write to
 */
function refuseForeign(path: string): void {
  const user = process.getuid?.();
  if (user === undefined) return; // Windows keeps this in lists of its own
  const { uid, mode } = statSync(path);
  const mend = "Own it, or move it out of the folders above the experiment";
  if (uid !== user && uid !== 0)
    throw new ConfigError(path, `must belong to you: it is run, and is that of user ${uid}`, undefined, mend);
  if ((mode & 0o002) !== 0)
    throw new ConfigError(path, "must not be writable by everybody: it is run", undefined, `chmod o-w ${path}`);
}

/** The checkpoint directory in force, as an absolute path, where no experiment is at hand: call or flag, then environment, file, default. */
export async function checkpointDirectory(given: SettingsInput): Promise<string> {
  const fallback = async (): Promise<string | undefined> =>
    fromEnvironment(process.env).checkpointDir ?? (await fromFile(process.cwd())).checkpointDir;
  return resolve(given.checkpointDir ?? (await fallback()) ?? runOptions.shape.checkpointDir.parse(undefined));
}
