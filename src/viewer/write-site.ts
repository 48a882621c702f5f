import { existsSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { ConfigError } from "#src/kernel/errors";
import { makeFolder } from "#src/node/make-folder";
import { type ExportedSite, exportSite } from "./export-site.ts";
import { link } from "./links.ts";
import type { Runs } from "./runs.ts";

/** File by which a folder is known as one that may be written again. */
const MARK = "crucible-export.json";

/** A site in a folder. */
export interface WrittenSite extends ExportedSite {
  readonly folder: string;
  /** The page to open. */
  readonly index: string;
}

/** Whether nothing of anyone else is there. */
function mayWrite(folder: string): boolean {
  if (!existsSync(folder)) return true;
  if (!statSync(folder).isDirectory()) return false;
  const inside = readdirSync(folder);
  return inside.length === 0 || inside.includes(MARK);
}

/**
 * Writes the pages of one run, or of all, to a folder.
 *
 * @throws ConfigError for a file, or a folder with other things in it
 */
export async function writeSite(runs: Runs, id: string | undefined, to: string): Promise<WrittenSite> {
  const folder = resolve(to);
  if (!mayWrite(folder))
    throw new ConfigError("--export", "must name a new folder, an empty one, or one exported before", to);
  makeFolder(folder);
  writeFileSync(join(folder, MARK), `${JSON.stringify({ format: "crucible-export/1" })}\n`);
  const site = await exportSite(runs, {
    start: id === undefined ? "/" : link(["run", id]),
    write(path, text) {
      makeFolder(dirname(join(folder, path)));
      writeFileSync(join(folder, path), text);
    },
  });
  return { ...site, folder, index: join(folder, "index.html") };
}
