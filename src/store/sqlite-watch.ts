import { existsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { StoreError } from "#src/kernel/errors";
import { makeFolder } from "#src/node/make-folder";
import type { Database } from "./sqlite-driver.ts";
import { createPrivately } from "./sqlite-file.ts";

/** Which file a path leads to; undefined where it leads to none. */
const fileAt = (path: string): string | undefined => {
  const found = statSync(path, { throwIfNoEntry: false, bigint: true });
  return found && `${found.dev}:${found.ino}`;
};

/**
 * Watches that a store is still the file of its path: SQLite writes on into one that was deleted, and all is lost when the process ends.
 * What it holds is written out again, where it was if that place is free.
 *
 * @returns throws a StoreError once it is not; and does nothing for a store in memory
 */
export function watchFile(path: string, database: Database): () => void {
  if (path === ":memory:") return () => {};
  const opened = fileAt(path);
  let fault: StoreError | undefined;
  return () => {
    if (fault) throw fault;
    const found = fileAt(path);
    if (found === opened) return;
    const what = found === undefined ? "was deleted" : "was replaced by another file";
    fault = new StoreError(path, `the store ${what} while its run was active; ${saved(path, database)}`);
    throw fault;
  };
}

/** The path, or one beside it, where no file is. */
function freePlace(path: string): string {
  let place = path;
  for (let n = 1; existsSync(place); n++) place = path.replace(/(\.db)?$/, `.saved-${n}.db`);
  return place;
}

/** Writes all rows out again. @returns where, or what is lost, as the end of a sentence */
function saved(path: string, database: Database): string {
  const copy = freePlace(path);
  try {
    makeFolder(dirname(copy));
    createPrivately(copy);
    database.prepare("VACUUM INTO ?").run(copy);
    return copy === path
      ? "all its rows were written there again"
      : `all its rows were written to ${copy}: put that in its place`;
  } catch (error) {
    const { rows, cost } = database.prepare("SELECT count(*) AS rows, total(cost) AS cost FROM result").get() as {
      rows: number;
      cost: number;
    };
    return `its ${rows} results are lost, and ${cost} that they cost, since they could not be written out again (${(error as Error).message})`;
  }
}
