import type { PacePoint } from "#src/app/observe/run-digest";
import type { RunSession } from "#src/experiment/manifest";

/** Ended tasks per second from one moment to the next, both in milliseconds since 1970. */
export interface PaceSpan {
  readonly from: number;
  readonly to: number;
  readonly tasksPerSecond: number;
}

/** Looks that follow one another faster are one: a batch that was stored between them would be a peak. */
const SHORTEST_MS = 900;

type Look = Pick<PacePoint, "t" | "ended">;

/**
 * The pace of a run over its sessions, from how many tasks had ended at each look. Its mean, weighted by time, is the mean pace of the run; so the
 * greatest is never below that.
 *
 * @param looks oldest first
 * @param ended tasks that have ended by now
 * @param lastSeen end of a last session that has none, where it no longer runs
 */
export function paceSpans(
  looks: readonly Look[],
  sessions: readonly Pick<RunSession, "startedAt" | "endedAt">[],
  ended: number,
  lastSeen?: number,
): PaceSpan[] {
  /** Ended when a session began, as it was seen last before that: nothing is counted twice. */
  const endedBefore = (session: number): number => {
    const next = sessions[session];
    return next ? (looks.findLast(({ t }) => session > 0 && t <= next.startedAt)?.ended ?? 0) : ended;
  };
  return sessions.flatMap(({ startedAt, endedAt }, i) => {
    const next = sessions[i + 1]?.startedAt ?? Number.POSITIVE_INFINITY;
    const end = endedAt ?? (i === sessions.length - 1 ? lastSeen : undefined);
    const own = looks.filter(({ t }) => t > startedAt && t < (end ?? next));
    return spansOf([
      { t: startedAt, ended: endedBefore(i) },
      ...own,
      ...(end === undefined ? [] : [{ t: end, ended: endedBefore(i + 1) }]),
    ]);
  });
}

function spansOf(looks: readonly Look[]): PaceSpan[] {
  const last = looks.at(-1)!;
  const kept = looks.slice(0, 1);
  for (const look of looks.slice(1))
    if (look.t - kept.at(-1)!.t >= SHORTEST_MS && (look === last || last.t - look.t >= SHORTEST_MS)) kept.push(look);
  if (kept.at(-1) !== last) kept.push(last);
  return kept.slice(1).flatMap(({ t, ended }, i) => {
    const from = kept[i]!;
    return t > from.t
      ? [{ from: from.t, to: t, tasksPerSecond: (Math.max(0, ended - from.ended) * 1000) / (t - from.t) }]
      : [];
  });
}
