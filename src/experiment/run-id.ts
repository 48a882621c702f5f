import { ConfigError } from "#src/kernel/errors";

/** Characters that the files of a run are named by: none that leaves a folder, looks like a flag, hides a file or ends a name early. */
const RUN_ID = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;

/** Whether a text can be the id of a run. @example isRunId("../x") // => false */
export const isRunId = (text: string): boolean => RUN_ID.test(text);

/**
 * The id, where it can be one.
 *
 * @throws ConfigError for any other text: an id is part of the paths that are read and written
 * @example mustBeRunId("exp_1") // => "exp_1"
 */
export function mustBeRunId(id: string): string {
  if (typeof id === "string" && isRunId(id)) return id;
  const law =
    "must be 1 to 128 letters, digits, dots, hyphens and underscores, and begin with none of the dots and hyphens";
  throw new ConfigError("experiment id", law, id);
}
