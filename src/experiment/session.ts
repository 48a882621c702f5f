import type { Intervention, RunSession, RunStatus } from "./manifest.ts";

/** What ends a run early. The first that happens names the status. */
export interface StopRequest {
  readonly status: "aborted" | "interrupted" | "budget_exhausted" | "stopped_early";
  readonly reason: string;
  /**
   * `breaker`: such a run resumes half-open. `store`: nothing can be written any more. Running tasks may end where it is `quota`: the account has no
   * credit left, `misspelt`: a metric that no result has, or `stray`: an error of no task. `source`: no more rows could be read, and all tasks before them have ended.
   */
  readonly cause?: "breaker" | "store" | "quota" | "misspelt" | "stray" | "source";
  /** Whether the reason quotes what a task failed with. */
  readonly quotesTask?: true;
}

/**
 * What stops a run at one task: `onError` answered "abort", or the provider's quota is spent.
 *
 * @param quota what the provider said of its quota
 * @example abortAt("a/1/0", "no credit").reason // => 'onError answered "abort" at a/1/0: no credit'
 */
export const abortAt = (task: string, message: string, quota?: string): StopRequest =>
  quota === undefined
    ? { status: "aborted", reason: `onError answered "abort" at ${task}: ${message}`, quotesTask: true }
    : {
        status: "aborted",
        reason: `the provider's quota is spent, at ${task}: ${quota}`,
        cause: "quota",
        quotesTask: true,
      };

/** Amounts below this are rounding errors of sums. */
const ROUNDING = 1e-9;

/** What a session begins with. */
export interface SessionStart {
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** Sessions before this one, oldest first. */
  readonly earlier: readonly RunSession[];
  /** Everything that was ever lost, by condition: amounts, and attempts that were in flight when a session ended. */
  readonly lost: readonly { readonly cost: number; readonly tasks: number }[];
  readonly isFinished: (ordinal: number) => boolean;
}

/**
 * Opens a session: tasks that were in flight when the session before was cut off run again in this one, and what was promised to them counts as
 * spent.
 *
 * @example openSession({ startedAt: 5, earlier: [], lost: [], isFinished: () => false }) // => { startedAt: 5, status: "running" }
 * @example
 * const killed = { startedAt: 1, status: "running", underWay: [3, 4] } as const;
 * openSession({ startedAt: 5, earlier: [killed], lost: [], isFinished: (ordinal) => ordinal === 3 }).rerun // => 1
 */
export function openSession({ startedAt, earlier, lost, isFinished }: SessionStart): RunSession {
  const before = (what: "rerun" | "rerunCost"): number => sumOf(earlier, (session) => session[what] ?? 0);
  const cutOff = earlier.at(-1)?.underWay?.filter((ordinal) => !isFinished(ordinal)) ?? [];
  const rerun = Math.max(cutOff.length, sumOf(lost, ({ tasks }) => tasks) - before("rerun"));
  const rerunCost = sumOf(lost, ({ cost }) => cost) - before("rerunCost");
  return {
    startedAt,
    status: "running",
    ...(rerun > 0 ? { rerun, ...(rerunCost > ROUNDING ? { rerunCost } : {}) } : {}),
  };
}

/** Whether the next session begins with a half-open circuit: the breaker ended the last one. */
export const beginsHalfOpen = (earlier: readonly RunSession[]): boolean => earlier.at(-1)?.cause === "breaker";

/**
 * Why a session ended before its tasks did; nothing where they all ended.
 *
 * @param isDone whether every task has a row
 * @param stop what was asked first
 * @param exhausted the limit of the budget that refused a task first
 * @example reasonOf(true, { status: "stopped_early", reason: "decided" }, undefined) // => undefined
 */
export function reasonOf(
  isDone: boolean,
  stop: StopRequest | undefined,
  exhausted: StopRequest | undefined,
): StopRequest | undefined {
  if (!isDone) return stop ?? exhausted ?? { status: "aborted", reason: "a condition gave up" };
  const isMoot = stop?.status === "stopped_early" || stop?.cause === "misspelt"; // what was running when it was decided was the rest
  return isMoot ? undefined : stop;
}

/** The result of a session. */
export interface SessionEnd {
  readonly endedAt: number;
  /** Nothing where all tasks ended. */
  readonly stop: StopRequest | undefined;
  /** Ordinals of tasks that were in flight. */
  readonly inFlight: readonly number[];
  /** Amount spent so far, over all sessions, that is in no row. */
  readonly lostCost: number;
  readonly incidents: Pick<RunSession, "incidents">;
  readonly interventions: readonly Intervention[];
}

/**
 * Closes a session. Only an abort cuts tasks off; and an end before the start means that the clock was set back.
 *
 * @example closeSession({ startedAt: 5, status: "running" }, { endedAt: 3, stop: undefined, inFlight: [], lostCost: 0, incidents: {}, interventions: [] }) // => { startedAt: 5, endedAt: 5, status: "completed" }
 */
export function closeSession(
  session: RunSession,
  { endedAt, stop, inFlight, lostCost, incidents, interventions }: SessionEnd,
): RunSession {
  const status: RunStatus = stop?.status ?? "completed";
  return {
    ...session,
    endedAt: Math.max(session.startedAt, endedAt),
    status,
    ...(status === "aborted" && inFlight.length > 0 ? { underWay: inFlight } : {}),
    ...(stop ? { reason: stop.reason } : {}),
    ...(stop?.cause ? { cause: stop.cause } : {}),
    ...(lostCost > ROUNDING ? { lostCost } : {}),
    ...incidents,
    ...(interventions.length > 0 ? { interventions } : {}),
  };
}

/**
 * Whether a session is kept: one that ran, and one that only found that the results had been decided before a process was killed.
 *
 * @example isKept({ startedAt: 1, status: "stopped_early" }, false, []) // => true
 */
export const isKept = ({ status }: RunSession, hasRun: boolean, earlier: readonly RunSession[]): boolean =>
  hasRun || (status === "stopped_early" && earlier.at(-1)?.status !== status);

/** How long the sessions of a run took. */
export interface WallTime {
  readonly ms: number;
  /** Sessions whose end is unknown: the process was killed. */
  readonly unknown: number;
}

/**
 * How long a run took. One definition for all that tell it, and for mean paces.
 *
 * @param lastSeen when the run was last seen, which is the end of a last session that has none
 * @example wallTime([{ startedAt: 0, endedAt: 500 }, { startedAt: 900 }], 1000) // => { ms: 600, unknown: 0 }
 * @example wallTime([{ startedAt: 0 }, { startedAt: 900, endedAt: 1000 }]) // => { ms: 100, unknown: 1 }
 */
export function wallTime(sessions: readonly Pick<RunSession, "startedAt" | "endedAt">[], lastSeen?: number): WallTime {
  let [ms, unknown] = [0, 0];
  for (const [i, { startedAt, endedAt }] of sessions.entries()) {
    const end = endedAt ?? (i === sessions.length - 1 ? lastSeen : undefined);
    if (end === undefined) unknown += 1;
    else ms += Math.max(0, end - startedAt);
  }
  return { ms, unknown };
}

/** Ended tasks per second over the whole run; nothing where its time is not known. @example meanPace(50, { ms: 2000, unknown: 0 }) // => 25 */
export const meanPace = (ended: number, { ms, unknown }: WallTime): number | undefined =>
  unknown === 0 && ms > 0 ? (ended * 1000) / ms : undefined;

const sumOf = <T>(values: readonly T[], amount: (value: T) => number): number =>
  values.reduce((sum, value) => sum + amount(value), 0);
