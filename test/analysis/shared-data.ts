import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe } from "vitest";

/** Folder of the recorded results of real models, which are not part of the repository. */
const folder = resolve(process.env.CRUCIBLE_SHARED ?? "../shared", "data");
const required = process.env.CRUCIBLE_REQUIRE_SHARED === "1";

/** Laws over recorded results: skipped with a message where the folder is missing, unless CRUCIBLE_REQUIRE_SHARED=1. */
export function describeShared(name: string, file: string, laws: () => void): void {
  const isThere = existsSync(resolve(folder, file));
  if (!isThere && !required)
    console.warn(`skipped: ${name}: no ${resolve(folder, file)}; set CRUCIBLE_SHARED to the folder that holds data/`);
  describe.skipIf(!isThere && !required)(name, laws);
}

export const sharedText = (file: string): string => readFileSync(resolve(folder, file), "utf8");

export const sharedLines = <T>(file: string): T[] =>
  sharedText(file)
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => JSON.parse(line) as T);
