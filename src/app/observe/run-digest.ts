import { open } from "node:fs/promises";
import { recordingPath } from "../stores.ts";
import type { RecordedFact } from "./recorder.ts";
import { parseEntry } from "./replay.ts";

/** One look at the pace of a run. */
export interface PacePoint {
  /** Milliseconds since 1970. */
  readonly t: number;
  readonly ended: number;
  readonly failed: number;
  readonly tasksPerSecond: number;
  readonly cost: number;
}

/** An actor as it was last seen, by its path below the root. */
export interface SeenActor {
  readonly value: unknown;
  readonly restarts: number;
  readonly since: number;
  readonly gone: boolean;
}

export interface SeenRestart {
  readonly t: number;
  readonly path: string;
  readonly reason: string | undefined;
}

/** The digest of a recording: enough to show a run that no longer answers. Its size does not grow with the run's. */
export interface RunDigest {
  /** Of the last record; absent where nothing was recorded. */
  lastSeen?: number;
  readonly actors: Map<string, SeenActor>;
  /** The last ones, oldest first. */
  readonly restarts: SeenRestart[];
  restartsSeen: number;
  /** At most `MOST_POINTS`, evenly over the run, oldest first. */
  pace: PacePoint[];
  /** Workers of each condition by state, at the last look. */
  workers: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Attempts that failed and were tried again, by kind of error. */
  readonly retried: Map<string, number>;
  /** Where the circuit went, oldest first, the last ones. */
  readonly circuit: { readonly t: number; readonly type: string }[];
  /** Records by type. */
  readonly types: Map<string, number>;
}

const MOST_POINTS = 480;
const MOST_REMEMBERED = 200;
/** Bytes read in one go. */
const CHUNK = 256 * 1024;

/** A digest that follows a recording as it grows: each look reads only what is new. */
export interface DigestReader {
  look(): Promise<RunDigest>;
}

/** Follows the recording of a run; one that does not exist (yet) gives an empty digest. */
export function digestReader(checkpointDir: string, experimentId: string): DigestReader {
  const path = recordingPath(checkpointDir, experimentId);
  const digest: RunDigest = {
    actors: new Map(),
    restarts: [],
    restartsSeen: 0,
    pace: [],
    workers: {},
    retried: new Map(),
    circuit: [],
    types: new Map(),
  };
  const thinning = { every: 1, seen: 0 };
  let offset = 0;
  let rest = Buffer.alloc(0);
  let looking: Promise<RunDigest> | undefined;

  const readNew = async (): Promise<RunDigest> => {
    const file = await open(path, "r").catch(() => undefined);
    if (!file) return digest;
    try {
      const chunk = Buffer.alloc(CHUNK);
      for (;;) {
        const { bytesRead } = await file.read(chunk, 0, CHUNK, offset);
        if (bytesRead === 0) return digest;
        offset += bytesRead;
        rest = Buffer.concat([rest, chunk.subarray(0, bytesRead)]);
        const end = rest.lastIndexOf(10) + 1;
        for (const line of rest.toString("utf8", 0, end).split("\n")) {
          const entry = line && parseEntry(line);
          if (entry) take(digest, entry, thinning);
        }
        rest = rest.subarray(end);
      }
    } finally {
      await file.close();
    }
  };
  return {
    look() {
      looking ??= readNew().finally(() => {
        looking = undefined;
      });
      return looking;
    },
  };
}

function take(digest: RunDigest, entry: RecordedFact, thinning: { every: number; seen: number }): void {
  digest.lastSeen = entry.t;
  digest.types.set(entry.type, (digest.types.get(entry.type) ?? 0) + 1);
  switch (entry.type) {
    case "recording.started":
      digest.actors.clear(); // another process, another tree
      digest.workers = {};
      break;
    case "actor.changed": {
      const { t, path, value, restarts, reason } = entry;
      const before = digest.actors.get(path);
      if (restarts > (before?.restarts ?? 0)) {
        digest.restartsSeen += restarts - (before?.restarts ?? 0);
        push(digest.restarts, { t, path, reason });
      }
      digest.actors.set(path, { value, restarts, since: t, gone: false });
      break;
    }
    case "actor.gone": {
      const before = digest.actors.get(entry.path);
      if (before) digest.actors.set(entry.path, { ...before, gone: true, since: entry.t });
      break;
    }
    case "progress": {
      const { t, ended, failed, tasksPerSecond, cost, workers } = entry;
      digest.workers = workers;
      thinning.seen += 1;
      if (thinning.seen % thinning.every !== 0) break;
      digest.pace.push({ t, ended, failed, tasksPerSecond, cost });
      if (digest.pace.length <= MOST_POINTS) break;
      digest.pace = digest.pace.filter((_, i) => i % 2 === 1);
      thinning.every *= 2;
      break;
    }
    case "task.retried":
      digest.retried.set(entry.error.kind, (digest.retried.get(entry.error.kind) ?? 0) + 1);
      break;
    case "circuit.opened":
    case "circuit.halfOpened":
    case "circuit.closed":
      push(digest.circuit, { t: entry.t, type: entry.type });
      break;
  }
}

function push<T>(list: T[], one: T): void {
  list.push(one);
  if (list.length > MOST_REMEMBERED) list.shift();
}
