import { readFileSync, statSync } from "node:fs";
import { parseEnv } from "node:util";
import { ConfigError } from "#src/kernel/errors";
import { hideEnvironment } from "#src/kernel/secrets";

const FILE = ".env";

/**
 * Sets the variables of `.env` in the current folder that are not set yet, also to nothing; those that are secrets by their names are hidden
 * from now on.
 *
 * @returns the names of those that were set; none where there is no such file
 * @throws ConfigError for a file that cannot be read
 */
export function loadEnvFile(environment: NodeJS.ProcessEnv = process.env): string[] {
  if (!statSync(FILE, { throwIfNoEntry: false })?.isFile()) return []; // a folder of that name is a virtual environment of Python
  const found = Object.entries(parsed()).filter(([name]) => !(name in environment));
  for (const [name, value] of found) environment[name] = value;
  hideEnvironment(environment);
  return found.map(([name]) => name).sort();
}

function parsed(): NodeJS.Dict<string> {
  try {
    return parseEnv(readFileSync(FILE, "utf8").replace(/^\uFEFF/, ""));
  } catch (error) {
    throw new ConfigError(FILE, `must be a file that can be read (${(error as Error).message})`);
  }
}
