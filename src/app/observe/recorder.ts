import { closeSync, openSync, write, writeSync } from "node:fs";
import type { Fact } from "#actors/messages";
import type { TreeNode } from "./tree.ts";
import { changesBetween, type TreeChange } from "./tree-changes.ts";
import { countWorkers } from "./waiting.ts";

/** What happens above the run in the recording: the run's own facts have `type` as they are. */
export type RecordedFact = { readonly t: number } & (
  | Fact
  | { readonly type: "recording.started"; readonly tasks?: number; readonly every: number }
  | TreeChange
  | {
      readonly type: "progress";
      readonly ended: number;
      readonly failed: number;
      readonly tasksPerSecond: number;
      readonly cost: number;
      readonly workers: Readonly<Record<string, Readonly<Record<string, number>>>>;
    }
  | { readonly type: "recording.dropped"; readonly facts: number }
);

/** Runs of at most this many tasks are recorded whole; of larger ones this many tasks, evenly spread over the plan. */
const TASKS_RECORDED = 1000;
/** Characters gathered before they are written. */
const BATCH = 64 * 1024;
/** Characters that may wait for a slow disk; what comes on top is dropped and counted. */
const BACKLOG = 4 * 2 ** 20;
/** Characters of a recording, beyond which only what concerns the run as a whole is written. */
const MOST_CHARACTERS = 64 * 2 ** 20;

export interface RecorderOptions {
  readonly path: string;
  /** Nothing where it is not known: then ever fewer are recorded. */
  readonly tasks: number | undefined;
  readonly now: () => number;
}

export interface Recorder {
  /** Takes a fact. Never throws, never waits. */
  readonly record: (fact: Fact) => void;
  /** Looks at the tree, and records what is another than before. */
  sample(tree: TreeNode, progress: { ended: number; failed: number; tasksPerSecond: number; cost: number }): void;
  /** Flushes buffered records. */
  flush(): void;
  close(): void;
}

/**
 * Keeps what happened in a run: one JSON record a line, beside its store. It listens to the facts that actors emit; a task of a large run
 * costs it one look at its number. Supervisors, services, retries and failed tasks are always kept.
 *
 * @throws when the file cannot be opened
 */
export function openRecorder({ path, tasks, now }: RecorderOptions): Recorder {
  const file = openSync(path, "a", 0o600);
  const every = Math.max(1, Math.ceil((tasks ?? 0) / TASKS_RECORDED));
  /** Of a plan that is open all of the first are recorded, and of those up to the next power of two half as often. */
  const everyAt = (ordinal: number): number =>
    tasks === undefined && ordinal >= TASKS_RECORDED ? 2 ** Math.floor(Math.log2(ordinal / TASKS_RECORDED) + 1) : every;
  let pending = "";
  let writing = false;
  let closed = false;
  let written = 0;
  let dropped = 0;

  const put = (entry: Record<string, unknown>): void => {
    if (pending.length > BACKLOG) {
      dropped += 1;
      return;
    }
    pending += `${JSON.stringify({ t: now(), ...entry })}\n`;
    if (pending.length > BATCH && !writing) flush();
  };
  const flush = (): void => {
    if (writing || closed) return;
    if (dropped > 0) {
      pending += `${JSON.stringify({ t: now(), type: "recording.dropped", facts: dropped })}\n`;
      dropped = 0;
    }
    if (pending === "") return;
    const batch = pending;
    pending = "";
    written += batch.length;
    writing = true;
    write(file, batch, () => {
      writing = false; // a full disk costs the recording, not the run
      if (closed) finish();
    });
  };
  const finish = (): void => {
    try {
      if (pending !== "") writeSync(file, pending);
    } catch {
      // as above
    }
    closeSync(file);
  };
  const isKept = (fact: Fact): boolean => {
    if (fact.type === "task.settled") {
      const { status } = fact;
      if (
        fact.ordinal % everyAt(fact.ordinal) !== 0 &&
        (status === "success" || status === "unscored" || status === "skipped")
      )
        return false;
    } else if (fact.type === "task.started" || fact.type === "task.logged") {
      if (fact.ordinal % everyAt(fact.ordinal) !== 0) return false;
    } else if (fact.type !== "task.retried") return true;
    if (written < MOST_CHARACTERS) return true;
    dropped += 1;
    return false;
  };

  let before: TreeNode | undefined;
  put({ type: "recording.started", ...(tasks === undefined ? {} : { tasks }), every });
  return {
    record: (fact) => {
      if (!closed && isKept(fact)) put(fact);
    },
    sample(tree, progress) {
      if (closed) return;
      for (const change of changesBetween(before, tree)) put(change);
      before = tree;
      put({ type: "progress", ...progress, workers: countWorkers(tree) });
    },
    flush,
    close() {
      if (closed) return;
      closed = true;
      if (!writing) finish();
    },
  };
}
