import type { RecordedFact } from "#src/app/observe/recorder";
import type { CallSpan, CallsMade } from "#src/experiment/calls";
import type { AttemptError, Outcome } from "#src/experiment/outcome";
import { html, type Markup } from "./markup.ts";
import { table, th } from "./parts.ts";
import { duration, plural } from "./words.ts";

/** What a task did from one moment to another, in milliseconds since 1970. */
export interface Step {
  readonly what: string;
  readonly from: number;
  /** The same as `from` for something that takes no time, or where its start is not known. */
  readonly to: number;
  readonly tone: "succeeded" | "failed" | "waiting" | "said" | CallSpan["kind"];
  readonly more?: string;
  /** Whether it is a part of the attempt before it. */
  readonly isInner?: true;
}

/**
 * The steps of a task in their order: attempts at answering and at scoring with the calls that they made, waits between them, and what its code
 * logged. Ends and lengths are those of the row; when an attempt that failed began is known where the task was recorded.
 *
 * @param facts of the task, in any order; none where nothing was recorded
 */
export function stepsOf(task: Outcome, facts: readonly RecordedFact[]): Step[] {
  const { errorHistory, retryDelaysMs, startedAt, elapsedMs, scoring, usage, finalStatus, error } = task;
  const inner = new Map<Step, Step[]>();
  const begun = facts.filter((fact) => fact.type === "task.started");
  const steps: Step[] = [];
  let free = Number.NEGATIVE_INFINITY; // when the step before ended
  const add = (given: Step, calls?: CallsMade): void => {
    const step = calls?.leftOut ? { ...given, more: joined(given.more, leftOutWords(calls.leftOut)) } : given;
    if (calls)
      inner.set(
        step,
        calls.spans.map((call) => callStep(call, step)),
      );
    if (Number.isFinite(free) && step.from > free)
      steps.push({ what: "waits", from: free, to: step.from, tone: "waiting" });
    steps.push(step);
    free = step.to;
  };
  const failed = (one: AttemptError, place: number): void => {
    const start = begun.find(({ attempt, stage, t }) => attempt === one.attempt && stage === one.stage && t <= one.at);
    const from = start ? Math.max(start.t, free) : one.at;
    const delay = retryDelaysMs[place];
    add({
      what: `attempt ${one.attempt}${one.stage ? " at scoring" : ""} failed`,
      from: Math.min(from, one.at),
      to: one.at,
      tone: "failed",
      more: `${one.error.kind}: ${one.error.message}${delay === undefined ? "" : `; again in ${duration(delay)}`}`,
    });
  };
  const isAnswered = scoring !== undefined || errorHistory.length < task.attempts;
  const calls = usage ? `${plural(usage.calls, "model call")}, ${plural(usage.totalTokens, "token")}` : undefined;
  for (const [place, one] of errorHistory.entries()) if (!one.stage) failed(one, place);
  if (isAnswered) {
    const answering = Math.max(0, elapsedMs - (scoring?.elapsedMs ?? 0));
    const isLast = scoring === undefined && finalStatus !== "success" && error !== undefined;
    add(
      {
        what: scoring ? "answers" : "last attempt",
        from: startedAt,
        to: startedAt + answering,
        tone: isLast ? "failed" : "succeeded",
        ...(isLast ? { more: `${error.kind}: ${error.message}` } : calls ? { more: calls } : {}),
      },
      task.calls,
    );
  }
  for (const [place, one] of errorHistory.entries()) if (one.stage) failed(one, place);
  const didScore = scoring && errorHistory.filter(({ stage }) => stage).length < scoring.attempts;
  if (didScore)
    add(
      {
        what: "is scored",
        from: scoring.startedAt,
        to: scoring.startedAt + scoring.elapsedMs,
        tone: error && finalStatus !== "success" ? "failed" : "succeeded",
      },
      scoring.calls,
    );
  for (const fact of facts) {
    if (fact.type !== "task.logged") continue;
    const said: Step = { what: "logs", from: fact.t, to: fact.t, tone: "said", more: fact.message };
    const around = steps.find((step) => inner.has(step) && step.from <= said.from && said.from <= step.to);
    if (around) inner.get(around)!.push({ ...said, isInner: true });
    else steps.push(said);
  }
  return steps.sort(inTime).flatMap((step) => [step, ...(inner.get(step)?.sort(inTime) ?? [])]);
}

const inTime = (a: Step, b: Step): number => a.from - b.from || a.to - b.to;

/** A call within its attempt, whatever a row of unknown origin says. */
function callStep({ kind, name, startedMs, elapsedMs, failed }: CallSpan, attempt: Step): Step {
  const within = (at: number): number => Math.min(Math.max(at, attempt.from), attempt.to);
  const to = within(attempt.from + startedMs + elapsedMs);
  const isLast = attempt.tone === "failed" && to >= attempt.to; // the row does not say which of both
  return {
    what: `${kind} ${name}`,
    from: within(attempt.from + startedMs),
    to,
    tone: failed ? "failed" : kind,
    ...(failed ? { more: isLast ? "failed, or had not answered by then" : "failed" } : {}),
    isInner: true,
  };
}

const leftOutWords = (leftOut: number): string => `${plural(leftOut, "more call")} of which no time was kept`;

const joined = (...words: (string | undefined)[]): string => words.filter((word) => word !== undefined).join("; ");

/** The steps of a task as bars over the time that it took; nothing where there is one step only. */
export function timeline(steps: readonly Step[]): Markup | undefined {
  if (steps.length < 2) return undefined;
  const first = Math.min(...steps.map(({ from }) => from));
  const whole = Math.max(1e-3, Math.max(...steps.map(({ to }) => to)) - first);
  const share = (ms: number): string => ((100 * ms) / whole).toFixed(3);
  const rows = steps.map(({ what, from, to, tone, more, isInner }) => {
    const width = Math.max(0.6, (100 * (to - from)) / whole);
    const x = Math.min(100 - width, Number(share(from - first))).toFixed(3);
    const bar = html`<svg class="progress" role="img" aria-label="from ${share(from - first)} to ${share(to - first)} % of the time"><rect class="${tone}" x="${x}%" width="${width.toFixed(3)}%" height="100%"/></svg>`;
    return html`<tr><td class="right soft">+${duration(from - first)}</td><th scope="row"${isInner && html` class="inner"`} dir="auto">${what}</th><td class="span">${bar}</td><td class="right">${to > from ? duration(to - from) : "–"}</td><td class="what" dir="auto">${more}</td></tr>`;
  });
  return html`<h3>Timeline</h3>${table("Timeline", [th("At", true), th("What"), th("When"), th("Took", true), th("More")], rows, "")}`;
}
