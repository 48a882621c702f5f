import { createReadStream, existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { limitWords } from "#src/experiment/limits";
import { ConfigError } from "#src/kernel/errors";
import { notAFile } from "#src/node/file-kind";
import { recordingPath } from "../stores.ts";
import type { RecordedFact } from "./recorder.ts";

/**
 * What was recorded of a run, oldest first, in constant memory. A line that a killed process left half written is passed over.
 *
 * @throws ConfigError when nothing was recorded
 */
export async function* recorded(checkpointDir: string, experimentId: string): AsyncGenerator<RecordedFact> {
  const path = recordingPath(checkpointDir, experimentId);
  const other = notAFile(path);
  if (other) throw new ConfigError(path, "must be the recording of a run", undefined, `It is ${other}`);
  if (!existsSync(path)) {
    throw new ConfigError(
      path,
      "must be the recording of a run",
      undefined,
      "See `crucible list`; with `observe: false` nothing is recorded",
    );
  }
  for await (const line of createInterface({
    input: createReadStream(path, "utf8"),
    crlfDelay: Number.POSITIVE_INFINITY,
  })) {
    const entry = parseEntry(line);
    if (entry) yield entry;
  }
}

/** One line of a recording; undefined for anything else. */
export function parseEntry(line: string): RecordedFact | undefined {
  try {
    const entry = JSON.parse(line) as RecordedFact;
    return typeof entry.t === "number" && typeof entry.type === "string" ? entry : undefined;
  } catch {
    return undefined;
  }
}

/** What a task is called, where that is known. */
export type NameOfTask = (ordinal: number) => string | undefined;

/** An entry as one sentence, without its time. @param nameOf what tasks are called besides their numbers */
export function sentenceOf(entry: RecordedFact, nameOf: NameOfTask = () => undefined): string {
  const task = (ordinal: number): string => {
    const name = nameOf(ordinal);
    return name === undefined ? `task ${ordinal}` : `task ${ordinal} (${name})`;
  };
  switch (entry.type) {
    case "run.started":
    case "run.resumed":
      return `${entry.pending} of ${entry.tasks} tasks to do`;
    case "run.stopping":
      return `${entry.status}: ${entry.reason}`;
    case "limits.changed":
      return `${limitWords(entry.changes)}, by ${entry.by}${entry.reason ? ` (${entry.reason})` : ""}`;
    case "run.ended":
      return entry.status;
    case "task.started":
      return `${task(entry.ordinal)}, attempt ${entry.attempt}${entry.stage ? `, ${entry.stage}` : ""}`;
    case "task.retried":
      return `${task(entry.ordinal)}, attempt ${entry.attempt} failed (${entry.error.kind}: ${entry.error.message}); again in ${Math.round(entry.delayMs)} ms`;
    case "task.settled":
      return `${task(entry.ordinal)}: ${entry.status}`;
    case "task.logged":
      return `${task(entry.ordinal)}: ${entry.message}`;
    case "actor.changed":
      return `${entry.path} is ${textOf(entry.value)}${entry.restarts > 0 ? `, restarts: ${entry.restarts}` : ""}${entry.reason ? ` (${entry.reason})` : ""}`;
    case "actor.gone":
      return `${entry.path} has ended`;
    case "progress":
      return `${entry.ended} ended, ${entry.failed} failed, ${Math.round(entry.tasksPerSecond)} a second`;
    case "recording.started":
      if (entry.tasks === undefined) return "tasks of a stream, ever fewer recorded";
      return entry.every === 1
        ? `${entry.tasks} tasks, all recorded`
        : `${entry.tasks} tasks, one of ${entry.every} recorded`;
    case "recording.dropped":
      return `${entry.facts} facts were not recorded`;
    default: {
      const { t: _, type: __, ...rest } = entry;
      return Object.entries(rest)
        .map(([name, value]) => `${name} ${textOf(value)}`)
        .join(", ");
    }
  }
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));
