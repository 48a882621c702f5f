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
  /** Called after every commit with the rows that were new. */
  readonly committed: (outcomes: readonly Outcome[]) => void;
  readonly run: RunMailbox;
}

interface Entry {
  readonly outcome: Outcome;
  readonly worker: ReplyTo<WorkerEvent> | undefined;
}

interface CollectorContext {
  readonly input: CollectorInput;
  /** Changed in place: a copy per row would cost the length of the buffer. */
  readonly rows: { buffer: Entry[]; committing: Entry[]; stopping: boolean };
}

/** Gathers outcomes, commits them in batches (failures at once), and acknowledges each only after its commit: an acknowledged outcome is stored. */
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
        },
      },
      gathering: {
        after: { gatherMs: "committing" },
        on: {
          "outcome.store": [
            { guard: "mustNotWait", actions: ["buffer"], target: "committing" },
            { actions: ["buffer"] },
          ],
        },
      },
      committing: {
        entry: ["commit"],
        on: {
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
          { guard: "hasRows", target: "gathering" },
          { target: "idle" },
        ],
      },
      refused: { on: { "outcome.store": { actions: ["buffer"] }, "actor.shutdown": { target: "stopped" } } },
      stopped: { type: "final" },
    },
  },
  context: (input) => ({ input, rows: { buffer: [], committing: [], stopping: false } }),
  exit: () => normal,
  delays: { gatherMs: ({ input }) => input.gatherMs },
  guards: {
    mustFlush: ({ context: { rows, input } }) =>
      rows.buffer.length > 0 && (rows.stopping || rows.buffer.length >= input.batchRows),
    isStopping: ({ context }) => context.rows.stopping,
    // a failure is committed at once: the breaker counts what is stored, and where tasks fail in no time, a batch of them is a long way
    mustNotWait: ({ context: { rows, input }, event }) =>
      rows.buffer.length + 1 >= input.batchRows || (event.type === "outcome.store" && isFailure(event.outcome)),
    hasRows: ({ context }) => context.rows.buffer.length > 0,
  },
  actions: {
    buffer: ({ context, event }) => {
      if (event.type === "outcome.store") context.rows.buffer.push({ outcome: event.outcome, worker: event.worker });
    },
    commit: ({ context, self }) => {
      const { rows, input } = context;
      const entries = rows.buffer;
      rows.committing = entries;
      rows.buffer = [];
      // notified synchronously after the commit: a crash right after it loses no notification
      const committed = (ordinals: readonly number[]): void => {
        const outcomes = entries.map(({ outcome }) => outcome);
        const added = ordinals.length === outcomes.length ? outcomes : onlyAdded(outcomes, ordinals);
        if (added.length > 0) input.committed(added);
        tellSelf(self, { type: "rows.committed" });
      };
      const refuse = (error: unknown): void => tellSelf(self, { type: "rows.refused", error: reasonOf(error) });
      let added: ReturnType<RunStore["append"]>;
      try {
        added = input.store.append(entries.map(({ outcome }) => outcome));
      } catch (error) {
        refuse(error);
        return;
      }
      if (added instanceof Promise) added.then(committed).catch(refuse);
      else committed(added);
    },
    acknowledge: ({ context, event }) => {
      if (event.type !== "rows.committed") return;
      const { rows } = context;
      const entries = rows.committing;
      rows.committing = [];
      for (const { worker } of entries) {
        if (worker?.getSnapshot().status === "active") worker.send({ type: "outcome.stored" }); // it may have been stopped
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

const reasonOf = (error: unknown): string => {
  if (error instanceof StoreError) return error.reason;
  return error instanceof Error ? error.message : String(error);
};

/** A commit may outlive the collector that asked for it. */
function tellSelf(self: ReplyTo<CollectorCommand>, event: CollectorCommand): void {
  if (self.getSnapshot().status === "active") self.send(event);
}

function onlyAdded(outcomes: readonly Outcome[], ordinals: readonly number[]): Outcome[] {
  const added = new Set(ordinals);
  return outcomes.filter(({ ordinal }) => added.delete(ordinal));
}
