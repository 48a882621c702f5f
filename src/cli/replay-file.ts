import { readFileSync } from "node:fs";
import { z } from "zod";
import { ConfigError } from "#src/kernel/errors";
import { parseOptions } from "#src/kernel/parse";

/** What `crucible explore` writes; `--replay` and `crucible view` read it. Data alone. */
const replayFile = z.strictObject({
  format: z.literal("crucible-simulation/1"),
  file: z.string().min(1).describe("the experiment file"),
  store: z.enum(["memory", "sqlite"]),
  items: z.int().positive(),
  faults: z.array(z.unknown()).describe("rules as in a file for --faults"),
  seed: z.int().nonnegative(),
  violation: z.string(),
  digest: z.string(),
  decisions: z.array(z.tuple([z.string(), z.int().nonnegative(), z.int().positive()])),
  story: z.array(z.string()),
  recording: z
    .array(z.strictObject({ t: z.number().nonnegative(), app: z.int().positive().max(1000), message: z.unknown() }))
    .optional()
    .describe("what each actor was told and where it stood, for `crucible view`"),
});
export type ReplayFile = z.output<typeof replayFile>;

/** @param place the argument, for the sentence of a fault @throws ConfigError for another file */
export function readReplayFile(path: string, place: string): ReplayFile {
  const refuse = (why: string): never => {
    throw new ConfigError(place, `must be a file that \`crucible explore\` wrote (${why})`, path);
  };
  const text = attempt(
    () => readFileSync(path, "utf8"),
    ({ message }) => refuse(message),
  );
  const value = attempt(
    () => JSON.parse(text) as Partial<ReplayFile> | null,
    () => refuse("it is not JSON"),
  );
  if (value?.format === undefined) refuse("it does not say its format");
  return parseOptions(replayFile, value, path);
}

function attempt<T>(doing: () => T, refused: (error: Error) => never): T {
  try {
    return doing();
  } catch (error) {
    return refused(error as Error);
  }
}
