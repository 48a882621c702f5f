import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Manifest } from "#src/experiment/manifest";
import { parseIR } from "#src/ir/schema";
import { toIR } from "#src/ir/to-ir";
import { ConfigError } from "#src/kernel/errors";
import { makeFolder } from "#src/node/make-folder";
import { digestOfFile } from "../prepare.ts";
import { openExisting } from "../stores.ts";

/**
 * The experiment of a stored run as JSON of crucible_ir: the document that it was run from, where that is as it was, else one of what the
 * store says of it.
 *
 * @param to file to write, which appears when it is whole
 * @throws ConfigError for an unknown id
 */
export async function exportDocument(experimentId: string, checkpointDir: string, to?: string): Promise<string> {
  const store = openExisting(checkpointDir, experimentId, "read");
  try {
    const manifest = await store.manifest();
    if (!manifest) throw new ConfigError(store.location, "has no manifest: the run never began");
    const text = `${JSON.stringify(documentOf(manifest), null, 2)}\n`;
    if (to === undefined) return text;
    makeFolder(dirname(to));
    writeFileSync(`${to}.part`, text);
    renameSync(`${to}.part`, to);
    return text;
  } finally {
    store.close();
  }
}

function documentOf({ file, decided, experiment }: Manifest): ReturnType<typeof toIR> {
  const known = decided?.file?.digest;
  if (file?.endsWith(".json") && known !== undefined && digestOfFile(file).digest === known)
    return parseIR(readFileSync(file, "utf8"));
  return toIR(experiment);
}
