import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { closeBook, forget, ledgerOf, openBook, promise, promisedTo, settle, spend, spentOf } from "#src/policy/book";

fc.configureGlobal({ seed: 42 });

/** A book over sums of a store that the test changes. */
function bookOver(stored: Record<string, number> = {}) {
  const recorded = {
    cost: () => Object.values(stored).reduce((sum, amount) => sum + amount, 0),
    costOf: (condition: string) => (Object.hasOwn(stored, condition) ? stored[condition]! : 0),
  };
  return { stored, book: openBook(recorded) };
}
const attempt = (ordinal: number, amount: number, change: { attempt?: number; condition?: string } = {}) => ({
  ordinal,
  attempt: 1,
  condition: "a",
  amount,
  ...change,
});

describe("Book", () => {
  it("holds a promise until it is settled, and counts what the attempt came to instead", () => {
    const { book } = bookOver();
    promise(book, attempt(1, 5));
    expect([promisedTo(book, { ordinal: 1, attempt: 1 }), spentOf(book), book.inFlight.reserved]).toEqual([5, 0, 5]);
    expect(settle(book, attempt(1, 5), 3)).toBe(5);
    expect([promisedTo(book, { ordinal: 1, attempt: 1 }), spentOf(book), book.inFlight.reserved]).toEqual([
      undefined,
      3,
      0,
    ]);
  });

  it("settles an attempt once, and none that nothing was promised to", () => {
    const { book } = bookOver();
    promise(book, attempt(1, 5));
    settle(book, attempt(1, 5), 3);
    expect([settle(book, attempt(1, 5), 9), settle(book, attempt(2, 5), 9), spentOf(book)]).toEqual([
      undefined,
      undefined,
      3,
    ]);
  });

  it("knows of no cent twice: a row takes the place of its attempts", () => {
    const { book, stored } = bookOver({ a: 10 });
    promise(book, attempt(1, 5));
    settle(book, attempt(1, 5), 3);
    promise(book, attempt(1, 5, { attempt: 2 }));
    settle(book, attempt(1, 5, { attempt: 2 }), 4);
    expect(spentOf(book)).toBe(17);
    stored.a! += 7;
    expect(forget(book, 1)).toBe(7);
    expect([spentOf(book), book.attempts.size]).toEqual([17, 0]);
  });

  it("frees what was promised to an attempt whose end was never heard, once its task has a row", () => {
    const { book } = bookOver();
    promise(book, attempt(1, 5));
    expect([forget(book, 1), book.inFlight.reserved]).toEqual([0, 0]);
  });

  it("tells a condition's account beside the run's, also for names that every object has", () => {
    const { book } = bookOver({ a: 1, constructor: 2 });
    spend(book, attempt(1, 4, { condition: "constructor" }));
    promise(book, attempt(2, 8, { condition: "__proto__" }));
    expect(ledgerOf(book, "constructor")).toEqual({
      spent: 7,
      reserved: 8,
      conditions: { constructor: { spent: 6, reserved: 0 } },
    });
    expect(Object.entries(ledgerOf(book, "__proto__").conditions)).toEqual([["__proto__", { spent: 0, reserved: 8 }]]);
  });

  it("is empty once it is closed: the store knows of everything that was in it", () => {
    const { book } = bookOver({ a: 2 });
    spend(book, attempt(1, 4));
    closeBook(book);
    expect([spentOf(book), book.closed]).toEqual([2, true]);
  });

  it("is what its records add up to, whatever happens to them in whatever order", () => {
    const step = fc.record({
      what: fc.constantFrom("promise", "settle", "spend", "row", "writeOff"),
      ordinal: fc.integer({ min: 0, max: 3 }),
      attempt: fc.integer({ min: 1, max: 2 }),
      amount: fc.integer({ min: 0, max: 9 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const { book, stored } = bookOver({ a: 0 });
        let spent = 0; // what was ever settled
        for (const { what, ordinal, attempt: nth, amount } of steps) {
          const one = attempt(ordinal, amount, { attempt: nth });
          const isFree = !book.attempts.get(ordinal)?.some((record) => record.attempt === nth); // nobody is promised twice
          if (what === "promise" && isFree) promise(book, one);
          if (what === "settle" && settle(book, one, amount) !== undefined) spent += amount;
          if (what === "spend" && isFree) {
            spend(book, one);
            spent += amount;
          }
          if (what === "row" || what === "writeOff") stored.a! += forget(book, ordinal); // from now on the store tells of it
          const open = [...book.attempts.values()].flat().filter(({ state }) => state === "promised");
          expect(spentOf(book)).toBe(spent);
          expect(book.inFlight.reserved).toBe(open.reduce((sum, record) => sum + record.amount, 0));
        }
      }),
    );
  });
});
