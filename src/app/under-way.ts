import type { Fact } from "#actors/messages";
import type { Clock } from "#src/kernel/clock";

/** Milliseconds between two notes of what is under way. */
const NOTE_EVERY_MS = 1000;

/** The tasks that are under way, told of now and then: when the process is killed, the last word is how the next session knows what it cut off. */
export interface UnderWay {
  readonly hear: (fact: Fact) => void;
  /** Ordinals, in the order of their start. */
  now(): readonly number[];
}

/**
 * Keeps count of the tasks under way by the facts of a run.
 *
 * @param note told of all of them, at most once a second, when a task has started
 */
export function tasksUnderWay(clock: Clock, note: (ordinals: readonly number[]) => void): UnderWay {
  const started = new Set<number>();
  let notedMs = Number.NEGATIVE_INFINITY;
  const now = (): readonly number[] => [...started];
  return {
    now,
    hear(fact) {
      if (fact.type === "task.settled" || fact.type === "task.retried") started.delete(fact.ordinal);
      if (fact.type !== "task.started") return;
      started.add(fact.ordinal);
      const nowMs = clock.monotonic();
      if (nowMs - notedMs < NOTE_EVERY_MS) return;
      notedMs = nowMs;
      queueMicrotask(() => note(now())); // with those that start in the same breath
    },
  };
}
