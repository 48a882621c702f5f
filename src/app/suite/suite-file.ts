import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { isRunId, mustBeRunId } from "#src/experiment/run-id";
import { suiteOptions } from "#src/experiment/suite-options";
import { digestText } from "#src/kernel/digest";
import { ConfigError, didYouMean, StoreError } from "#src/kernel/errors";
import { parseOptions } from "#src/kernel/parse";
import { makeFolder } from "#src/node/make-folder";
import { settingsOptions } from "../setting-options.ts";

/** What a suite is, for its resume: kept beside the stores of its runs. */
const suiteFile = z.object({
  format: z.literal("crucible-suite/1"),
  suiteId: z.string(),
  createdAt: z.string(),
  /** Absolute paths and patterns; none where all experiments were given in code. */
  paths: z.array(z.string()),
  /** Whether experiments were given in code: they must be again. */
  hasCode: z.boolean(),
  experiments: z.array(
    z.object({ name: z.string(), tags: z.array(z.string()), experimentId: z.string(), file: z.string().optional() }),
  ),
  suite: suiteOptions.partial(),
  settings: settingsOptions.partial(),
  parameters: z.record(z.string(), z.string()),
  secrets: z.record(z.string(), z.string()).optional(),
  executor: z.object({ name: z.string(), redis: z.string().optional() }).optional(),
});
export type SuiteFile = z.output<typeof suiteFile>;

const SUFFIX = ".suite.json";

/** Longest id of a suite: those of its runs begin with it. */
const LONGEST_ID = 64;

/** @throws ConfigError for an id that cannot begin those of its runs */
export function mustBeSuiteId(id: string): string {
  if (mustBeRunId(id).length <= LONGEST_ID) return id;
  throw new ConfigError("suite id", `must have at most ${LONGEST_ID} characters`, id);
}

/**
 * The id of an experiment's run within a suite: the same whenever the suite is run under its id.
 *
 * @example memberId("nightly", "mmlu") // => "nightly.mmlu"
 */
export function memberId(suiteId: string, name: string): string {
  const plain = name.replace(/[^A-Za-z0-9_-]+/g, "-").slice(0, 48);
  return `${suiteId}.${plain === name ? name : `${plain}-${digestText(name).slice(0, 8)}`}`;
}

export const suitePath = (checkpointDir: string, suiteId: string): string =>
  join(checkpointDir, `${mustBeSuiteId(suiteId)}${SUFFIX}`);

/** Whether a suite of that id was begun. */
export const isStoredSuite = (checkpointDir: string, id: string): boolean =>
  isRunId(id) && id.length <= LONGEST_ID && existsSync(suitePath(checkpointDir, id));

/** Written before the first experiment starts, as a whole or not at all. @throws StoreError */
export function writeSuiteFile(checkpointDir: string, file: SuiteFile): void {
  const path = suitePath(checkpointDir, file.suiteId);
  try {
    makeFolder(checkpointDir);
    writeFileSync(`${path}.new`, `${JSON.stringify(file, null, 2)}\n`);
    renameSync(`${path}.new`, path);
  } catch (error) {
    throw new StoreError(path, (error as Error).message);
  }
}

/** @throws ConfigError for an unknown id, with the nearest one, and for a file that does not describe a suite */
export function readSuiteFile(checkpointDir: string, suiteId: string): SuiteFile {
  const path = suitePath(checkpointDir, suiteId);
  if (!existsSync(path))
    throw new ConfigError(
      "suite id",
      `must be a suite in ${checkpointDir}`,
      suiteId,
      didYouMean(suiteId, storedSuites(checkpointDir)),
    );
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new ConfigError(path, `must be JSON (${(error as Error).message})`);
  }
  return parseOptions(suiteFile, content, path);
}

/** Ids of the suites of a checkpoint directory. */
export const storedSuites = (checkpointDir: string): string[] =>
  existsSync(checkpointDir)
    ? readdirSync(checkpointDir).flatMap((name) => (name.endsWith(SUFFIX) ? [name.slice(0, -SUFFIX.length)] : []))
    : [];
