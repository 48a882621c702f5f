import { createWriteStream, renameSync, rmSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Manifest } from "#src/experiment/manifest";
import type { Outcome } from "#src/experiment/outcome";
import type { OrdinalSet } from "#src/experiment/plan";
import { ConfigError } from "#src/kernel/errors";
import { makeFolder } from "#src/node/make-folder";
import type { RunStore } from "#src/store/store";
import { openExisting } from "../stores.ts";
import { type ExportColumn, exportColumns, survey } from "./export-columns.ts";
import { csvChunks, jsonlChunks } from "./export-text.ts";

export const exportFormats = ["csv", "jsonl", "parquet"] as const;
export type ExportFormat = (typeof exportFormats)[number];

/** Where an export goes: a file, or an open stream, which is left open. */
export type ExportTarget = string | NodeJS.WritableStream;

export interface ExportOptions {
  readonly checkpointDir: string;
  readonly format: ExportFormat;
  readonly to: ExportTarget;
}

/**
 * Writes every row of a run, in the order of the plan, in constant memory. A file appears when it is whole.
 *
 * @returns rows written
 * @throws ConfigError for an unknown id, and for a path that no file can have
 */
export async function exportRun(experimentId: string, { checkpointDir, format, to }: ExportOptions): Promise<number> {
  const store = openExisting(checkpointDir, experimentId, "read");
  try {
    const manifest = await store.manifest();
    if (!manifest) throw new ConfigError(store.location, "has no manifest: the run never began");
    if (typeof to !== "string") return await write(store, manifest, format, to);
    requireFile(to);
    const part = `${to}.part`;
    try {
      const rows = await write(store, manifest, format, part);
      renameSync(part, to);
      return rows;
    } finally {
      rmSync(part, { force: true });
    }
  } finally {
    store.close();
  }
}

/** @throws ConfigError where no file can be written there */
function requireFile(to: string): void {
  try {
    makeFolder(dirname(to));
    if (statSync(to, { throwIfNoEntry: false })?.isDirectory()) throw new Error("it is a folder");
  } catch (error) {
    throw new ConfigError("--to", `must be a file that can be written (${(error as Error).message})`, to);
  }
}

async function write(store: RunStore, manifest: Manifest, format: ExportFormat, to: ExportTarget): Promise<number> {
  const counter = { rows: 0 };
  if (format === "jsonl") {
    await pour(jsonlChunks(rowsOf(store, undefined, counter), manifest.experimentId), to);
    return counter.rows;
  }
  const surveyed = await survey(store.outcomes(), manifest.plan.tasks);
  const columns: readonly ExportColumn[] = exportColumns(manifest, surveyed);
  const rows = rowsOf(store, surveyed.seen, counter);
  if (format === "csv") await pour(csvChunks(rows, columns), to);
  else if (typeof to === "string") await (await import("./export-parquet.ts")).writeParquet(to, rows, columns);
  else throw new ConfigError("--to", "must be a file for parquet, which is written in pieces");
  return counter.rows;
}

/** The rows of the store; of an active run, those that were there at the first look. */
async function* rowsOf(
  store: RunStore,
  seen: OrdinalSet | undefined,
  counter: { rows: number },
): AsyncGenerator<Outcome> {
  for await (const outcome of store.outcomes()) {
    if (seen && !seen.has(outcome.ordinal)) continue;
    counter.rows += 1;
    yield outcome;
  }
}

/** A reader that has seen enough, such as `head`, ends the export. */
async function pour(chunks: AsyncGenerator<string>, to: ExportTarget): Promise<void> {
  const source = Readable.from(chunks, { objectMode: false });
  if (typeof to === "string") return pipeline(source, createWriteStream(to));
  try {
    await pipeline(source, to, { end: false });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPIPE") throw error;
  }
}
