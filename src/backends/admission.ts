import type { Clock } from "#src/kernel/clock";
import { type Quota, settleTaking, type Taking, take, waitForQuota } from "#src/policy/quota";
import type { Admission, Limit, Permit } from "./backend.ts";
import { wait as delay } from "./wait.ts";

/** What is known of one limit. */
interface Book {
  quota: Quota;
  heldUntilMs: number;
  /** The turn of the last caller. */
  line: Promise<unknown>;
}

/**
 * Keeps limits in this process: requests and tokens of the last minute, and how long a service wants to be left alone. By a
 * monotonic clock, so that changes of the system clock cannot block calls or reset the window.
 */
export function admission(clock: Clock): Admission {
  const books = new Map<string, Book>();

  const bookOf = ({ name }: Limit): Book => {
    let book = books.get(name);
    if (!book) {
      book = { quota: [], heldUntilMs: Number.NEGATIVE_INFINITY, line: Promise.resolve() };
      books.set(name, book);
    }
    return book;
  };

  /** Waits for its turn and takes the estimate. Later callers wait too: the order is kept. */
  const enter = async (book: Book, limit: Limit, tokens: number, signal: AbortSignal | undefined): Promise<Permit> => {
    const waitMs = (): number =>
      Math.max(book.heldUntilMs - clock.monotonic(), waitForQuota(book.quota, clock.monotonic(), tokens, limit));
    for (let wait = waitMs(); wait > 0; wait = waitMs()) await delay(wait, clock, signal);
    const taking: Taking = { atMs: clock.monotonic(), tokens };
    book.quota = take(book.quota, taking);
    return {
      settle: ({ tokens: used, holdMs }) => {
        if (used !== undefined) book.quota = settleTaking(book.quota, taking, used);
        if (holdMs !== undefined) book.heldUntilMs = Math.max(book.heldUntilMs, clock.monotonic() + holdMs);
      },
    };
  };

  return {
    enter: (limit, tokens, signal) => {
      const book = bookOf(limit);
      const turn = book.line.then(() => enter(book, limit, tokens, signal));
      book.line = turn.catch(() => {}); // one who gave up must not hold up the others
      return turn;
    },
  };
}
