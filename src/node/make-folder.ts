import { existsSync, mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Makes a folder and those above it that are missing. One at a time: asked for all at once below a folder in which nothing can be made
 * (`/proc`), Node 20 tries forever.
 *
 * @param mode who may use those that are made, where it is not everybody whom the process's umask lets
 * @throws what the system says
 */
export function makeFolder(path: string, mode?: number): void {
  const there = statSync(path, { throwIfNoEntry: false });
  if (there?.isDirectory()) return;
  if (there)
    throw Object.assign(new Error(`ENOTDIR: not a directory, mkdir '${path}'`), {
      code: "ENOTDIR",
      path,
      syscall: "mkdir",
    });
  if (dirname(path) !== path) makeFolder(dirname(path), mode);
  try {
    mkdirSync(path, mode);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error; // another process was quicker
    if (!existsSync(path)) throw Object.assign(new Error(`${path} is a link to nothing`), { code: "ENOENT" });
  }
}
