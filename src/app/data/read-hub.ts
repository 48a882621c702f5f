import { readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import type { PlacedRow } from "#src/dataset/dataset";
import { type HubDataset, type HubInfo, hubFiles, hubInfo } from "#src/dataset/hugging-face";
import { ConfigError, show } from "#src/kernel/errors";
import { FailureError, toFailure } from "#src/kernel/failure";
import { makeFolder } from "#src/node/make-folder";
import { readRows } from "./read-file.ts";

/**
 * Fetches the files of a split from the Hugging Face hub and reads their rows.
 *
 * @param directory what a relative `cacheDir` is relative to
 * @throws ConfigError for a data set, revision, configuration or split that the hub does not have; FailureError where it cannot be reached
 */
export async function readHub(dataset: HubDataset, directory: string): Promise<PlacedRow[]> {
  const { id, revision, cacheDir, maxUnpackedBytes } = dataset;
  const folder = cacheDir === undefined ? undefined : resolve(directory, cacheDir, id, revision);
  const info = await kept(folder, ".hub.json", () => get(dataset, `api/datasets/${id}/revision/${revision}`));
  const answer = infoOf(info);
  if (!answer) throw new FailureError("malformed_response", `the hub's answer about ${id} cannot be read`);
  const rows: PlacedRow[] = [];
  for (const path of hubFiles(answer, dataset)) {
    const escaped = path.split("/").map(encodeURIComponent).join("/");
    const bytes = await kept(folder, path, () => get(dataset, `datasets/${id}/resolve/${revision}/${escaped}`));
    for (const row of await readRows(
      bytes,
      path,
      `${id}/${path}`,
      maxUnpackedBytes === undefined ? {} : { maxUnpackedBytes },
    ))
      rows.push(row);
  }
  return rows;
}

function infoOf(bytes: Buffer): HubInfo | undefined {
  try {
    return hubInfo.parse(JSON.parse(bytes.toString("utf8")));
  } catch {
    return undefined;
  }
}

async function get({ id, fetch = globalThis.fetch }: HubDataset, path: string): Promise<Buffer> {
  const { HF_ENDPOINT: endpoint = "https://huggingface.co", HF_TOKEN: token } = process.env;
  const url = `${endpoint.replace(/\/+$/, "")}/${path}`;
  try {
    const response = await fetch(url, token ? { headers: { authorization: `Bearer ${token}` } } : {});
    if ([401, 403, 404].includes(response.status)) {
      throw new ConfigError(
        `huggingFace(${show(id)})`,
        `must name what the hub has, got HTTP ${response.status} for ${path}`,
        undefined,
        "Check id and revision; HF_TOKEN opens data sets that are not public",
      );
    }
    if (!response.ok) throw Object.assign(new Error(`HTTP ${response.status} for ${url}`), { status: response.status });
    return Buffer.from(await response.arrayBuffer());
  } catch (thrown) {
    if (thrown instanceof ConfigError) throw thrown;
    throw FailureError.of(toFailure(thrown, Date.now()));
  }
}

/** A file of the folder; made, whole or not at all, where it is not there yet. A commit never changes, so nothing gets old. */
async function kept(folder: string | undefined, name: string, make: () => Promise<Buffer>): Promise<Buffer> {
  if (folder === undefined) return make();
  const path = join(folder, name);
  const known = await readFile(path).catch(() => undefined);
  if (known) return known;
  const bytes = await make();
  makeFolder(dirname(path));
  const draft = `${path}.${process.pid}`;
  await writeFile(draft, bytes);
  await rename(draft, path);
  return bytes;
}
