import { existsSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { ConfigError } from "#src/kernel/errors";

/** How files of experiments are named in a folder. */
const SUITE_FILES = "**/*.experiment.{ts,mts,tsx,js,mjs}";

/**
 * The experiment files that paths name: a folder stands for the files below it that are named `*.experiment.ts` (or `.mts`, `.tsx`, `.js`, `.mjs`), a
 * file for itself whatever its name, anything else is a pattern. Links are not followed, and `node_modules` and hidden folders not entered.
 *
 * @param directory what relative paths start from
 * @returns absolute paths in alphabetical order, each once
 * @throws ConfigError for a path that leads to no file
 */
export async function findExperimentFiles(paths: readonly string[], directory = process.cwd()): Promise<string[]> {
  const found = new Set<string>();
  for (const path of paths) for (const file of await filesAt(path, directory)) found.add(file);
  return [...found].sort();
}

async function filesAt(path: string, directory: string): Promise<string[]> {
  const absolute = resolve(directory, path);
  if (existsSync(absolute)) {
    if (!statSync(absolute).isDirectory()) return [absolute];
    const files = await matching(SUITE_FILES, absolute);
    if (files.length > 0) return files;
    throw new ConfigError(path, "must hold an experiment file", undefined, "It is named such as mmlu.experiment.ts");
  }
  if (!/[*?[\]{}()!]/.test(path)) {
    const law = "must be a folder, a file or a pattern of experiment files";
    throw new ConfigError(path, law, undefined, `There is nothing at ${absolute}`);
  }
  const files = await matching(path, directory);
  if (files.length > 0) return files;
  throw new ConfigError(path, "must match an experiment file", undefined, `No file in ${resolve(directory)} does`);
}

async function matching(pattern: string, cwd: string): Promise<string[]> {
  const { glob } = await import("tinyglobby");
  const options = { cwd, absolute: true, ignore: ["**/node_modules/**"], followSymbolicLinks: false };
  return (await glob(pattern, options)).map((path) => join(path)); // with the separators of this system
}
