import { closeSync, existsSync, ftruncateSync, openSync, readFileSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { isFailure, type Outcome } from "#src/experiment/outcome";
import type { Plan } from "#src/experiment/plan";
import type { Failure } from "#src/kernel/failure";
import { withoutSecrets } from "#src/kernel/redact";
import { makeFolder } from "#src/node/make-folder";

/** A permanently failed task, for people and for `crucible dlq`. */
export interface DeadLetter {
  readonly experimentId: string;
  readonly condition: string;
  readonly itemId: string;
  readonly repeat: number;
  /** The row as the condition saw it; absent where it is of a stream and was let go of when the process was killed. */
  readonly item?: unknown;
  readonly error: Failure | undefined;
  readonly errorHistory: Outcome["errorHistory"];
  /** Failed attempts of the times before that it was a dead letter and was done again. */
  readonly earlierErrors?: Outcome["errorHistory"];
  readonly attempts: number;
  /** ISO 8601, UTC: when the last attempt started. */
  readonly at: string;
}

/** A JSON Lines file of failed tasks, shared by all runs that name it. */
export interface DeadLetters {
  /** Appends a failed task that is not in the file yet; does nothing for others. */
  write(outcome: Outcome): void;
  close(): void;
}

/** Opens the file, cutting off a line that a killed process left torn. */
export function openDeadLetters(path: string, experimentId: string, plan: Plan): DeadLetters {
  makeFolder(dirname(path));
  const written = new Set<string>();
  const text = existsSync(path) ? readFileSync(path, "utf8") : "";
  const whole = text.slice(0, text.lastIndexOf("\n") + 1);
  for (const line of whole.split("\n")) {
    if (line.includes(experimentId)) written.add(keyOf(JSON.parse(line) as DeadLetter));
  }
  const file = openSync(path, "a");
  if (whole.length < text.length) ftruncateSync(file, Buffer.byteLength(whole));
  return {
    write(outcome) {
      if (!isFailure(outcome)) return;
      const { condition, itemId, repeat, error, errorHistory, earlierErrors, attempts, startedAt } = outcome;
      const letter: DeadLetter = {
        experimentId,
        condition,
        itemId,
        repeat,
        item: withoutSecrets(plan.itemOf(outcome.ordinal)?.row),
        error,
        errorHistory,
        ...(earlierErrors ? { earlierErrors } : {}),
        attempts,
        at: new Date(startedAt).toISOString(),
      };
      if (written.has(keyOf(letter))) return;
      written.add(keyOf(letter));
      writeSync(file, `${JSON.stringify(letter)}\n`); // one write, so that no line is ever half of another's
    },
    close: () => closeSync(file),
  };
}

/** One task fails once at one time: a task that is tried again later and fails again is another letter. */
const keyOf = ({ experimentId, condition, itemId, repeat, at }: DeadLetter): string =>
  JSON.stringify([experimentId, condition, itemId, repeat, at]);
