import { accessSync, constants, existsSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { ConfigError } from "#src/kernel/errors";
import type { Prepared } from "./prepare.ts";

/**
 * Reports must not be found impossible when all is paid.
 *
 * @throws ConfigError where their folder, or the nearest one above it that is there, is a file or cannot be written to
 */
export function requireOutputFolder({ settings: { outputDir, formats, dryRun } }: Prepared): void {
  if (formats.length === 0 || dryRun) return;
  let folder = resolve(outputDir);
  while (!existsSync(folder) && dirname(folder) !== folder) folder = dirname(folder);
  try {
    if (!statSync(folder).isDirectory()) throw new Error(`${folder} is a file`);
    accessSync(folder, constants.W_OK);
  } catch (error) {
    const law = `must be a folder that can be written to (${(error as Error).message})`;
    throw new ConfigError("outputDir", law, outputDir, "Name another one with --out, or ask for no formats");
  }
}
