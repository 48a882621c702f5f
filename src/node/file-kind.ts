import { statSync } from "node:fs";

/**
 * Whether something other than a file is at a path: a folder, or a pipe or a device, whose reading may never end.
 *
 * @returns what it is, in words; nothing where a file is there, or nothing is
 */
export function notAFile(path: string): string | undefined {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined || found.isFile()) return undefined;
  return found.isDirectory() ? "a folder" : "a pipe, a socket or a device";
}
