import { fromTransition } from "xstate";
import { type BudgetLimits, type BudgetVerdict, type Ledger, mayReserve, reserve, settle } from "#src/policy/budget";
import type { BudgetCommand, Reply, WorkerEvent } from "./messages.ts";

export interface BudgetInput {
  readonly options: BudgetLimits;
  /** The ledger outlives the actor: it is rebuilt from the store when the process begins, and only here is it written. */
  readonly books: Books;
  /** Commits a promise before the work it pays for is sent out. */
  readonly commit: (promise: Reservation) => void;
  /** Writes what the work really cost. */
  readonly commitCost: (spent: Reservation) => void;
}

export interface Books {
  ledger: Ledger;
  /** Amount promised to each attempt in flight, by `ordinal/attempt`: nobody is promised twice, and no promise is settled twice. */
  readonly open: Map<string, number>;
  /** Whether the run is over: what is charged now is counted by nobody. */
  closed: boolean;
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
  readonly worker: Reply<WorkerEvent>;
}

/**
 * Hard limits on money: a promise is committed before work is sent out, and settled after. What does not fit waits while other promises
 * are open, since they may settle for less; it is refused when none is.
 */
export const budgetLogic = fromTransition(
  (state: { readonly input: BudgetInput; readonly waiting: readonly Demand[] }, event: BudgetCommand) => {
    const { books, options, commitCost } = state.input;
    switch (event.type) {
      case "budget.reserve": {
        const promised = books.open.get(keyOf(event));
        if (promised !== undefined) {
          event.worker.send({ type: "budget.reserved", amount: promised });
          return state;
        }
        return grantWhatFits({ ...state, waiting: [...state.waiting, event] });
      }
      case "budget.settle": {
        const promised = books.open.get(keyOf(event));
        if (promised === undefined) return state;
        books.open.delete(keyOf(event));
        books.ledger = settle(books.ledger, event.condition, promised, event.cost);
        if (promised > 0 || event.cost > 0) commitCost({ ...event, amount: event.cost });
        return grantWhatFits(state);
      }
      case "budget.spend":
        books.ledger = settle(books.ledger, event.condition, 0, event.amount);
        if (!event.isInRow) commitCost(event);
        return grantWhatFits(state);
      case "budget.late":
        books.ledger = settle(books.ledger, event.condition, 0, event.amount);
        return grantWhatFits(state);
      case "budget.change":
        return grantWhatFits({ ...state, input: { ...state.input, options: { ...options, ...event.limits } } });
    }
  },
  ({ input }: { input: BudgetInput }) => ({ input, waiting: [] as readonly Demand[] }),
);

const keyOf = ({ ordinal, attempt }: Pick<Reservation, "ordinal" | "attempt">): string => `${ordinal}/${attempt}`;

type State = { readonly input: BudgetInput; readonly waiting: readonly Demand[] };

/** Answers everyone who can be answered, first come, first served. */
function grantWhatFits(state: State): State {
  const { books, options, commit } = state.input;
  const waiting: Demand[] = [];
  for (const demand of state.waiting) {
    if (demand.worker.getSnapshot().status !== "active") continue; // stopped while it waited
    if (books.open.has(keyOf(demand))) continue; // asked twice, and granted
    const verdict = mayReserve(books.ledger, demand.condition, demand.amount, options);
    if (verdict === "within") {
      if (demand.amount > 0) commit(demand); // where it cannot be written, nothing is promised
      books.ledger = reserve(books.ledger, demand.condition, demand.amount);
      books.open.set(keyOf(demand), demand.amount);
      demand.worker.send({ type: "budget.reserved", amount: demand.amount });
    } else if (mayStillFit(books.ledger, demand.condition, verdict)) waiting.push(demand);
    else demand.worker.send({ type: "budget.refused", limit: verdict === "run_exhausted" ? "run" : "condition" });
  }
  return waiting.length === 0 && state.waiting.length === 0 ? state : { ...state, waiting };
}

/** Whether open promises could settle for so much less that there is room after all. */
const mayStillFit = (ledger: Ledger, condition: string, verdict: Exclude<BudgetVerdict, "within">): boolean =>
  (verdict === "run_exhausted" ? ledger.reserved : (ledger.conditions[condition]?.reserved ?? 0)) > 1e-9;
