import type { Answer } from "#src/experiment/attempts";
import { isFailure, type Outcome } from "#src/experiment/outcome";
import { StoreError } from "#src/kernel/errors";
import { normal } from "#src/kernel/exit";
import type { RunStore } from "#src/store/store";
import { createFsm } from "./finite-state-machine.ts";
import type { CollectorCommand, ReplyTo, RunMailbox, WorkerEvent } from "./messages.ts";

export interface CollectorInput {
  readonly store: RunStore;
  /** Milliseconds that rows wait for company before they are committed together. */
  readonly gatherMs: number;
  /** Rows that are committed at once. */
  readonly batchRows: number;
  /** Called after every commit with the rows that the run has not counted. */
  readonly committed: (outcomes: readonly Outcome[]) => void;
  /** Called after every commit with the ordinals of the answers in it. */
  readonly kept: (ordinals: readonly number[]) => void;
  /** Rows that the store was given and has not said it has: the run looks for them at its end, where the collector that waited is gone. */
  readonly unanswered: Set<readonly Outcome[]>;
  /** Whether the run has counted the row of a task. */
  readonly isCounted: (ordinal: number) => boolean;
  readonly run: RunMailbox;
}

/** What waits to be stored: a row, or an answer that is to be scored. */
interface Entry {
  readonly outcome?: Outcome;
  readonly answer?: Answer;
  readonly worker: ReplyTo<WorkerEvent> | undefined;
}

interface CollectorContext {
  readonly input: CollectorInput;
  /** Changed in place: a copy per row would cost the length of the buffer. */
  readonly rows: { buffer: Entry[]; committing: Entry[]; stopping: boolean; answers: number };
}

/** Gathers outcomes and answers, commits them in batches (failures and answers at once), and acknowledges each only after its commit: an acknowledged outcome is stored. */
export const collectorLogic = createFsm({
  types: {
    context: {} as CollectorContext,
    events: {} as CollectorCommand | { type: "actor.shutdown" },
    input: {} as CollectorInput,
  },
  chart: {
    id: "collector",
    initial: "idle",
    // asked to stop, it commits what it holds first
    on: { "actor.shutdown": { actions: ["beginStop"], target: ".settling" } },
    states: {
      idle: {
        on: {
          "outcome.store": [
            { guard: "mustNotWait", actions: ["buffer"], target: "committing" },
            { actions: ["buffer"], target: "gathering" },
          ],
          "answer.keep": { actions: ["buffer"], target: "hurrying" },
        },
      },
      gathering: {
        after: { gatherMs: "committing" },
        on: {
          "outcome.store": [
            { guard: "mustNotWait", actions: ["buffer"], target: "committing" },
            { actions: ["buffer"] },
          ],
          "answer.keep": { actions: ["buffer"], target: "hurrying" },
        },
      },
      // an answer's task waits in its slot: what came in this turn is committed with it, and nothing is waited for
      hurrying: {
        after: { hurryMs: "committing" },
        on: {
          "outcome.store": [
            { guard: "mustNotWait", actions: ["buffer"], target: "committing" },
            { actions: ["buffer"] },
          ],
          "answer.keep": { actions: ["buffer"] },
        },
      },
      committing: {
        entry: ["commit"],
        on: {
          "answer.keep": { actions: ["buffer"] },
          "outcome.store": { actions: ["buffer"] },
          "rows.committed": { actions: ["acknowledge"], target: "settling" },
          "rows.refused": [
            { guard: "isStopping", actions: ["reportRefusal"], target: "stopped" },
            { actions: ["reportRefusal"], target: "refused" },
          ],
          "actor.shutdown": { actions: ["beginStop"] },
        },
      },
      settling: {
        always: [
          { guard: "mustFlush", target: "committing" },
          { guard: "isStopping", target: "stopped" },
          { guard: "hasAnswers", target: "hurrying" },
          { guard: "hasRows", target: "gathering" },
          { target: "idle" },
        ],
      },
      refused: { on: { "outcome.store": { actions: ["buffer"] }, "actor.shutdown": { target: "stopped" } } },
      stopped: { type: "final" },
    },
  },
  context: (input) => ({ input, rows: { buffer: [], committing: [], stopping: false, answers: 0 } }),
  exit: () => normal,
  delays: { gatherMs: ({ input }) => input.gatherMs, hurryMs: () => 0 },
  guards: {
    mustFlush: ({ context: { rows, input } }) =>
      rows.buffer.length > 0 && (rows.stopping || rows.buffer.length >= input.batchRows),
    isStopping: ({ context }) => context.rows.stopping,
    // a failure is committed at once: the breaker counts what is stored, and where tasks fail in no time, a batch of them is a long way
    mustNotWait: ({ context: { rows, input }, event }) =>
      rows.buffer.length + 1 >= input.batchRows || (event.type === "outcome.store" && isFailure(event.outcome)),
    hasAnswers: ({ context }) => context.rows.answers > 0,
    hasRows: ({ context }) => context.rows.buffer.length > 0,
  },
  actions: {
    buffer: ({ context, event }) => {
      const { rows } = context;
      if (event.type === "outcome.store") rows.buffer.push({ outcome: event.outcome, worker: event.worker });
      if (event.type !== "answer.keep") return;
      rows.buffer.push({ answer: event.answer, worker: event.worker });
      rows.answers += 1;
    },
    commit: ({ context, self }) => {
      const { rows, input } = context;
      const entries = rows.buffer;
      rows.committing = entries;
      const answers = rows.answers > 0 ? entries.flatMap(({ answer }) => answer ?? []) : NO_ANSWERS;
      const outcomes = entries.flatMap(({ outcome }) => outcome ?? []);
      rows.buffer = [];
      rows.answers = 0;
      // notified synchronously after the commit: a crash right after it loses no notification
      const committed = (): void => {
        input.unanswered.delete(outcomes);
        if (answers.length > 0) input.kept(answers.map(({ ordinal }) => ordinal));
        const uncounted = firstOfEach(outcomes, input.isCounted);
        if (uncounted.length > 0) input.committed(uncounted);
        tellSelf(self, { type: "rows.committed" });
      };
      const refuse = (error: unknown): void => tellSelf(self, { type: "rows.refused", error: reasonOf(error) });
      let added: ReturnType<RunStore["append"]>;
      try {
        added = answers.length === 0 ? input.store.append(outcomes) : commitBoth(input.store, answers, outcomes);
      } catch (error) {
        refuse(error);
        return;
      }
      if (added instanceof Promise) {
        input.unanswered.add(outcomes);
        added.then(committed).catch(refuse);
      } else committed();
    },
    acknowledge: ({ context, event }) => {
      if (event.type !== "rows.committed") return;
      const { rows } = context;
      const entries = rows.committing;
      rows.committing = [];
      for (const { worker, answer } of entries) {
        if (worker?.getSnapshot().status === "active") worker.send(answer ? KEPT : STORED); // it may have been stopped
      }
    },
    beginStop: ({ context }) => {
      context.rows.stopping = true;
    },
    reportRefusal: ({ context, event }) => {
      if (event.type !== "rows.refused") return;
      const { input, rows } = context;
      const reason = `the store at ${input.store.location} refused ${rows.committing.length} ${rows.committing.length === 1 ? "result" : "results"} (${event.error}); what was stored before is safe`;
      input.run.send({ type: "run.stop", request: { status: "aborted", reason, cause: "store" } });
    },
  },
});

const NO_ANSWERS: readonly Answer[] = [];
const STORED = { type: "outcome.stored" } as const;
const KEPT = { type: "answer.kept" } as const;

/** Answers first: rows are what a task ends with. */
function commitBoth(
  store: RunStore,
  answers: readonly Answer[],
  outcomes: readonly Outcome[],
): ReturnType<RunStore["append"]> {
  const kept = store.putAnswers!(answers);
  if (kept instanceof Promise) return kept.then(() => (outcomes.length > 0 ? store.append(outcomes) : []));
  return outcomes.length > 0 ? store.append(outcomes) : [];
}

const reasonOf = (error: unknown): string => {
  if (error instanceof StoreError) return error.reason;
  return error instanceof Error ? error.message : String(error);
};

/** A commit may outlive the collector that asked for it. */
function tellSelf(self: ReplyTo<CollectorCommand>, event: CollectorCommand): void {
  if (self.getSnapshot().status === "active") self.send(event);
}

/**
 * The rows of a commit that the run has not counted, one a task. Which of them are new to the store does not matter: the answer of an earlier commit may
 * have been lost with the collector that waited for it.
 */
function firstOfEach(outcomes: readonly Outcome[], isCounted: (ordinal: number) => boolean): Outcome[] {
  const seen = new Set<number>();
  return outcomes.filter(({ ordinal }) => {
    if (seen.has(ordinal) || isCounted(ordinal)) return false;
    seen.add(ordinal);
    return true;
  });
}
