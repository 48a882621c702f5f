import { fromTransition } from "xstate";
import { type Book, ledgerOf, promise, promisedTo, settle, spend } from "#src/policy/book";
import { accountOf, type BudgetLimits, type BudgetVerdict, mayReserve, ROUNDING_OF_SUMS } from "#src/policy/budget";
import type { Share } from "#src/policy/share";
import type { BudgetCommand, ReplyTo, WorkerEvent } from "./messages.ts";

export interface BudgetInput {
  readonly options: BudgetLimits;
  /** It outlives the actor. */
  readonly book: Book;
  /** Commits a promise before the work it pays for is sent out. */
  readonly commit: (promise: Reservation) => void;
  /** Writes what the work really cost. */
  readonly commitCost: (spent: Reservation) => void;
  /** Where several runs share a budget. */
  readonly share?: Share | undefined;
}

/** Money promised to one attempt. */
export interface Reservation {
  readonly ordinal: number;
  /** Counted from 1. */
  readonly attempt: number;
  readonly condition: string;
  readonly amount: number;
}

interface Demand extends Reservation {
  readonly worker: ReplyTo<WorkerEvent>;
}

/**
 * Hard limits on money: a promise is committed before work is sent out, and settled after. What does not fit waits while other promises
 * are open, since they may settle for less; it is refused when none is.
 */
export const budgetLogic = fromTransition(
  (state: { readonly input: BudgetInput; readonly waiting: readonly Demand[] }, event: BudgetCommand) => {
    const { book, options, commitCost, share } = state.input;
    switch (event.type) {
      case "budget.reserve": {
        const promised = promisedTo(book, event);
        if (promised !== undefined) {
          event.worker.send({ type: "budget.reserved", amount: promised });
          return state;
        }
        return grantWhatFits({ ...state, waiting: [...state.waiting, event] });
      }
      case "budget.settle": {
        const promised = settle(book, event, event.cost);
        if (promised !== undefined && (promised > 0 || event.cost > 0)) commitCost({ ...event, amount: event.cost });
        if (event.next !== undefined)
          promiseNext(state.input, { ...event, attempt: event.attempt + 1, amount: event.next });
        if (promised === undefined) return state;
        share?.changed();
        return grantWhatFits(state);
      }
      case "budget.spend":
        spend(book, event);
        if (!event.isInRow) commitCost(event);
        share?.changed();
        return grantWhatFits(state);
      case "budget.review":
        return grantWhatFits(state);
      case "budget.change":
        return grantWhatFits({ ...state, input: { ...state.input, options: { ...options, ...event.limits } } });
    }
  },
  ({ input }: { input: BudgetInput }) => ({ input, waiting: [] as readonly Demand[] }),
);

/** The rest of a promise goes to the next stage of its task: others have no claim to it. */
function promiseNext({ book, commit }: BudgetInput, { ordinal, attempt, condition, amount }: Reservation): void {
  if (promisedTo(book, { ordinal, attempt }) !== undefined) return; // told twice
  if (amount > 0) commit({ ordinal, attempt, condition, amount });
  promise(book, { ordinal, attempt, condition, amount });
}

type State = { readonly input: BudgetInput; readonly waiting: readonly Demand[] };

/** Answers everyone who can be answered, first come, first served. */
function grantWhatFits(state: State): State {
  const { book, options, commit, share } = state.input;
  const waiting: Demand[] = [];
  for (const demand of state.waiting) {
    if (demand.worker.getSnapshot().status !== "active") continue; // stopped while it waited
    if (promisedTo(book, demand) !== undefined) continue; // asked twice, and granted
    const verdict = mayReserve(ledgerOf(book, demand.condition), demand.condition, demand.amount, options);
    const isShared = verdict === "within" && share?.mayReserve(demand.amount) === false;
    if (verdict === "within" && !isShared) {
      if (demand.amount > 0) commit(demand); // where it cannot be written, nothing is promised
      promise(book, demand);
      demand.worker.send({ type: "budget.reserved", amount: demand.amount });
    } else if (isShared ? share!.mayStillFit() : mayStillFit(book, demand.condition, verdict)) waiting.push(demand);
    else demand.worker.send({ type: "budget.refused", limit: isShared ? "suite" : limitOf(verdict) });
  }
  share?.waitsForMoney(waiting.length > 0);
  return waiting.length === 0 && state.waiting.length === 0 ? state : { ...state, waiting };
}

const limitOf = (verdict: BudgetVerdict): "run" | "condition" => (verdict === "run_exhausted" ? "run" : "condition");

/** Whether open promises could settle for so much less that there is room after all. */
const mayStillFit = ({ inFlight }: Book, condition: string, verdict: BudgetVerdict): boolean =>
  (verdict === "run_exhausted" ? inFlight.reserved : accountOf(inFlight, condition).reserved) > ROUNDING_OF_SUMS;
