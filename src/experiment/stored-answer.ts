import type { Message, Reply } from "#src/backends/backend";
import type { LimitReached } from "#src/solver/ledger";
import type { SolverState } from "./answer.ts";
import { type Answer, answerAgain } from "./attempts.ts";
import { didReturn, type Outcome, type ScoringStage } from "./outcome.ts";

/** An answer that waits in the store, as another scoring begins with it: what it cost and which scores it has are no part of that. */
export function answerAnew(answer: Answer): Answer {
  const { usage: _, scores: __, ...given } = answerAgain(answer);
  return given;
}

/** What a row has of the answer that was scored. */
interface AnswerOutput {
  readonly completion?: unknown;
  readonly messages?: readonly Message[];
  readonly finishReason?: Reply["finishReason"];
  readonly finishWord?: string;
  readonly reasoning?: string;
  readonly target?: readonly string[];
  readonly limit?: LimitReached;
  readonly solverState?: SolverState | { readonly notStored: true };
}

/**
 * The answer in the row of a task, to be scored again.
 *
 * @param keepsState whether rows of the run say what else a solver left; those of older versions do not
 * @returns nothing where the task has none: it failed before it answered, or its function returned no `completion`
 */
export function answerInRow(row: Outcome, keepsState: boolean): Answer | undefined {
  if (!didReturn(row.finalStatus)) return undefined;
  const { completion, messages, finishReason, finishWord, reasoning, limit, solverState } = (row.output ??
    {}) as AnswerOutput;
  if (typeof completion !== "string") return undefined;
  const isSolvers = messages !== undefined;
  const answered = finishReason !== undefined || !isSolvers;
  const output: Reply = {
    content: completion,
    finishReason: finishReason ?? "stop",
    ...(finishWord === undefined ? {} : { finishWord }),
    ...(reasoning === undefined ? {} : { reasoning }),
    toolCalls: toolCallsOf(messages),
  };
  const unknown = whyUnknown(isSolvers, solverState, keepsState);
  return {
    ordinal: row.ordinal,
    condition: row.condition,
    itemId: row.itemId,
    repeat: row.repeat,
    state: {
      ...(solverState && !("notStored" in solverState) ? solverState : {}),
      ...(messages ? { messages } : {}),
      ...(answered ? { output } : {}),
      ...(limit ? { limit, completed: true } : {}),
      ...(unknown === undefined ? {} : { unknown }),
    },
    attempts: 1,
    metrics: measuredOf(row),
    earlier: [],
    startedAt: row.startedAt,
    elapsedMs: Math.max(0, row.elapsedMs - (row.scoring?.elapsedMs ?? 0)),
    ...(row.faults ? { faults: row.faults.filter(({ on }) => !on.startsWith("scorer:")) } : {}), // scorers meet theirs again
    ...(row.calls ? { calls: row.calls } : {}),
    worker: row.worker,
  };
}

function toolCallsOf(messages: readonly Message[] = []): Reply["toolCalls"] {
  const last = messages.at(-1);
  return last?.role === "assistant" ? (last.toolCalls ?? []) : [];
}

function whyUnknown(
  isSolvers: boolean,
  solverState: AnswerOutput["solverState"],
  keepsState: boolean,
): string | undefined {
  if (!isSolvers) return "since the condition is a function, which leaves its output alone";
  if (solverState && "notStored" in solverState) return "which could not be stored as JSON";
  return keepsState || solverState ? undefined : "since rows of the version that ran it keep its messages alone";
}

/** What was measured of the answer. Its price is known where the first attempt at scoring was the last. */
function measuredOf({ metrics: { latency, cost }, scoring }: Outcome): Answer["metrics"] {
  const own = typeof cost === "number" ? priceOf(cost, scoring) : undefined;
  return {
    ...(typeof latency === "number" ? { latency } : {}),
    ...(own === undefined ? {} : { cost: own }),
  };
}

const priceOf = (cost: number, scoring: ScoringStage | undefined): number | undefined => {
  if (scoring?.cost === undefined) return cost;
  return scoring.attempts === 1 ? Math.max(0, cost - scoring.cost) : undefined;
};
