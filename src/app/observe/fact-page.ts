import { open } from "node:fs/promises";
import { recordingPath } from "../stores.ts";
import type { RecordedFact } from "./recorder.ts";
import { type NameOfTask, parseEntry, sentenceOf } from "./replay.ts";

/** Which records to show. */
export interface FactQuery {
  /** Beginning of the type: `task`, `circuit.opened`. */
  readonly type?: string | undefined;
  readonly task?: number | undefined;
  /** Milliseconds since 1970 before which numbers of tasks were those of a smaller plan: such records are of no task. */
  readonly since?: number | undefined;
  /** Part of the record's sentence or type, whatever its case. */
  readonly search?: string | undefined;
  /** What tasks are called, for that sentence. */
  readonly nameOf?: NameOfTask | undefined;
  /** Byte of the recording before which to look; its end when absent. */
  readonly before?: number | undefined;
  readonly limit: number;
}

export interface FactPage {
  /** Newest first. */
  readonly entries: readonly { readonly at: number; readonly entry: RecordedFact }[];
  /** Where to continue with older ones; absent at the beginning of the recording. */
  readonly older?: number;
}

const CHUNK = 256 * 1024;
/** Bytes looked through for one page: a rare record is found on a later page, not by waiting. */
const MOST_BYTES = 16 * 2 ** 20;

/** The newest records of a run that fit, read from the end of its recording: the cost does not grow with it. */
export async function factPage(checkpointDir: string, experimentId: string, query: FactQuery): Promise<FactPage> {
  const file = await open(recordingPath(checkpointDir, experimentId), "r").catch(() => undefined);
  if (!file) return { entries: [] };
  try {
    const { size } = await file.stat();
    const entries: { at: number; entry: RecordedFact }[] = [];
    let end = Math.min(query.before ?? size, size);
    const lowest = Math.max(0, end - MOST_BYTES);
    let tail: Buffer = Buffer.alloc(0);
    while (end > 0 && end > lowest) {
      const start = Math.max(0, end - CHUNK);
      const chunk = Buffer.alloc(end - start);
      await file.read(chunk, 0, chunk.length, start);
      const bytes = Buffer.concat([chunk, tail]);
      let to = bytes.length;
      while (to > 0) {
        const from = to < 2 ? 0 : bytes.lastIndexOf(10, to - 2) + 1;
        if (from === 0 && start > 0) break; // its beginning is in the chunk before
        const entry = parseEntry(bytes.toString("utf8", from, to));
        to = from;
        if (!entry || !fits(entry, query)) continue;
        entries.push({ at: start + from, entry });
        if (entries.length === query.limit) return { entries, ...(start + from > 0 ? { older: start + from } : {}) };
      }
      tail = bytes.subarray(0, to);
      end = start;
    }
    const older = end + tail.length;
    return { entries, ...(end > 0 ? { older } : {}) };
  } finally {
    await file.close();
  }
}

function fits(entry: RecordedFact, { type, task, since = 0, search, nameOf }: FactQuery): boolean {
  if (type && entry.type !== type && !entry.type.startsWith(`${type}.`)) return false;
  if (task !== undefined && !("ordinal" in entry && entry.ordinal === task && entry.t >= since)) return false;
  const named = entry.t >= since ? nameOf : undefined; // its number is that of another task now
  return !search || `${entry.type} ${sentenceOf(entry, named)}`.toLowerCase().includes(search.toLowerCase());
}
