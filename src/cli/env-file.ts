import { readFileSync, statSync } from "node:fs";
import { parseEnv } from "node:util";
import { ConfigError, show } from "#src/kernel/errors";
import { hideEnvironment } from "#src/kernel/secrets";
import { warn } from "./print.ts";

const FILE = ".env";

/** What came of the file. */
export interface EnvFile {
  /** Names of the variables that were set. */
  readonly set: readonly string[];
  /** What stands where a name should, and cannot be one. */
  readonly unread: readonly string[];
}

/**
 * Sets the variables of `.env` in the current folder that are not set yet, also to nothing; those that are secrets by their names are hidden
 * from now on.
 *
 * @returns what was set; nothing where the file is absent
 * @throws ConfigError for a file that cannot be read
 */
export function loadEnvFile(environment: NodeJS.ProcessEnv = process.env): EnvFile {
  const found = Object.entries(parsed()).filter(([name]) => !(name in environment));
  const isName = (name: string): boolean => /^[A-Za-z_][\w.-]*$/.test(name);
  const set = found.filter(([name]) => isName(name));
  for (const [name, value] of set) environment[name] = value;
  hideEnvironment(environment);
  return {
    set: set.map(([name]) => name).sort(),
    unread: found
      .map(([name]) => name)
      .filter((name) => !isName(name))
      .sort(),
  };
}

function parsed(): NodeJS.Dict<string> {
  try {
    if (!statSync(FILE, { throwIfNoEntry: false })?.isFile()) return {}; // a folder of that name is a virtual environment of Python
    return parseEnv(readFileSync(FILE, "utf8").replace(/^\uFEFF/, ""));
  } catch (error) {
    throw new ConfigError(FILE, `must be a file that can be read (${(error as Error).message})`);
  }
}

/** Loads `.env`, and says where experiments read it what came of that; other commands do without a file that cannot be read. */
export function sayEnvFile(isRead: boolean): void {
  try {
    const { set, unread } = loadEnvFile();
    if (set.length > 0 && isRead) warn(`from .env: ${set.join(", ")}`);
    if (unread.length > 0 && isRead)
      warn(`! .env: not set, since a variable cannot have such a name: ${unread.map((name) => show(name)).join(", ")}`);
  } catch (error) {
    if (isRead || !(error instanceof ConfigError)) throw error;
    warn(`! ${error.message}`);
  }
}
