import { ChurnMap } from "#src/kernel/churn-map";
import { accountOf, emptyLedger, type Ledger, reserve, settle as settled } from "./budget.ts";

/** One attempt at a task that has no row yet. */
export interface BookEntry {
  readonly ordinal: number;
  /** Counted from 1. */
  readonly attempt: number;
  readonly condition: string;
  /** What was promised to it while it is `promised`; its cost once it is `settled`. */
  readonly amount: number;
  readonly state: "promised" | "settled";
}

/** What the store knows of: the cost of rows, and amounts that are in no row. */
export interface StoredMoney {
  cost(): number;
  costOf(condition: string): number;
}

/**
 * The money of a run. Each attempt has one record from its promise until its task has a row, or until it is written off; from then on the store's
 * sums account for it. So every amount is in one place, and what is spent and reserved is computed. Records are changed in place: they are as many
 * as tasks in flight that cost something, and none where nothing costs anything.
 */
export interface Book {
  readonly recorded: StoredMoney;
  /** By ordinal. */
  readonly attempts: ChurnMap<number, BookEntry[]>;
  /** Sums of the records. */
  inFlight: Ledger;
  /** Whether the run is over: nothing is counted any more. */
  closed: boolean;
}

export const openBook = (recorded: StoredMoney): Book => ({
  recorded,
  attempts: new ChurnMap(),
  inFlight: emptyLedger,
  closed: false,
});

type Key = Pick<BookEntry, "ordinal" | "attempt">;

const recordOf = ({ attempts }: Book, { ordinal, attempt }: Key): BookEntry | undefined =>
  attempts.get(ordinal)?.find((record) => record.attempt === attempt);

function put(book: Book, record: BookEntry): void {
  const others = (book.attempts.get(record.ordinal) ?? []).filter(({ attempt }) => attempt !== record.attempt);
  book.attempts.set(record.ordinal, [...others, record]);
}

/** What is promised to an attempt, while it is. */
export function promisedTo(book: Book, key: Key): number | undefined {
  const record = recordOf(book, key);
  return record?.state === "promised" ? record.amount : undefined;
}

/** Promises an amount to an attempt. */
export function promise(book: Book, { ordinal, attempt, condition, amount }: Omit<BookEntry, "state">): void {
  put(book, { ordinal, attempt, condition, amount, state: "promised" });
  book.inFlight = reserve(book.inFlight, condition, amount);
}

/**
 * Replaces what was promised to an attempt by its cost.
 *
 * @returns what was promised; nothing where it was settled already, or never promised: then nothing is counted
 */
export function settle(
  book: Book,
  { ordinal, attempt, condition }: Omit<BookEntry, "state" | "amount">,
  cost: number,
): number | undefined {
  const promised = promisedTo(book, { ordinal, attempt });
  if (promised === undefined) return undefined;
  put(book, { ordinal, attempt, condition, amount: cost, state: "settled" });
  book.inFlight = settled(book.inFlight, condition, promised, cost);
  return promised;
}

/** Counts the cost of an attempt to which nothing was promised. */
export function spend(book: Book, { ordinal, attempt, condition, amount }: Omit<BookEntry, "state">): void {
  put(book, { ordinal, attempt, condition, amount, state: "settled" });
  book.inFlight = settled(book.inFlight, condition, 0, amount);
}

/**
 * Removes the attempts at a task from the book: its row accounts for them from now on, or they are written off.
 *
 * @returns their cost
 */
export function forget(book: Book, ordinal: number): number {
  const records = book.attempts.get(ordinal);
  if (!records) return 0;
  book.attempts.delete(ordinal);
  let cost = 0;
  for (const { condition, amount, state } of records) {
    book.inFlight =
      state === "promised" ? reserve(book.inFlight, condition, -amount) : settled(book.inFlight, condition, 0, -amount);
    if (state === "settled") cost += amount;
  }
  return cost;
}

/** Ends the book: the store has closed its own, and knows of everything that was in this one. */
export function closeBook(book: Book): void {
  book.attempts.clear();
  book.inFlight = emptyLedger;
  book.closed = true;
}

/** Amount spent so far: in rows, lost, and by attempts at tasks that have no row yet. */
export const spentOf = ({ recorded, inFlight }: Book): number => unrounded(recorded.cost() + inFlight.spent);

/** Amount promised to attempts that have not ended. */
export const reservedOf = ({ inFlight }: Book): number => unrounded(inFlight.reserved);

/** Sums from which was taken what was added end a rounding error above or below 0. */
const unrounded = (sum: number): number => (Math.abs(sum) < ROUNDING ? 0 : sum);
const ROUNDING = 1e-12;

/** Amount that one condition has spent so far, likewise. */
export const spentBy = ({ recorded, inFlight }: Book, condition: string): number =>
  unrounded(recorded.costOf(condition) + accountOf(inFlight, condition).spent);

/** The ledger that a limit is held against: the whole run's, and one condition's. */
export function ledgerOf(book: Book, condition: string): Ledger {
  const own = { spent: spentBy(book, condition), reserved: accountOf(book.inFlight, condition).reserved };
  return { spent: spentOf(book), reserved: reservedOf(book), conditions: { [condition]: own } };
}
