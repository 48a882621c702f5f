import type { Fact } from "#actors/messages";
import type { Clock } from "#src/kernel/clock";

/** Milliseconds between two notes of what is under way. */
const NOTE_EVERY_MS = 200;

/** The tasks in flight, recorded at intervals: after a kill the last record tells the next session what was cut off. */
export interface UnderWay {
  readonly hear: (fact: Fact) => void;
  /** Ordinals, in the order of their start. */
  now(): readonly number[];
  /** Stops recording. */
  stop(): void;
}

/**
 * Keeps count of the tasks under way by the facts of a run.
 *
 * @param note called with all of them, at most five times a second, and within that time after every start
 */
export function tasksUnderWay(clock: Clock, note: (ordinals: readonly number[]) => void): UnderWay {
  const started = new Set<number>();
  let notedMs = Number.NEGATIVE_INFINITY;
  let timer: unknown;
  const now = (): readonly number[] => [...started];
  return {
    now,
    hear(fact) {
      if (fact.type === "task.settled" || fact.type === "task.retried") started.delete(fact.ordinal);
      if (fact.type !== "task.started") return;
      started.add(fact.ordinal);
      timer ??= clock.setTimeout(
        () => {
          timer = undefined;
          notedMs = clock.monotonic();
          note(now());
        },
        Math.max(0, notedMs + NOTE_EVERY_MS - clock.monotonic()),
      );
    },
    stop() {
      if (timer !== undefined) clock.clearTimeout(timer);
    },
  };
}
