import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createActor } from "xstate";
import { budgetLogic } from "#actors/budget";
import { limiterLogic } from "#actors/limiter";
import type { WorkerEvent } from "#actors/messages";
import { type Book, openBook, reservedOf, spentOf } from "#src/policy/book";
import { SharedPool } from "#src/policy/share";
import { manualClock } from "#src/testing/manual-clock";
import { draws } from "../runs.ts";
import { mailbox } from "./support.ts";

const RUNS = [0, 1, 2];
const step = fc.record({
  what: fc.constantFrom("ask", "settle", "restart"),
  run: fc.constantFrom(...RUNS),
  ordinal: fc.nat(3),
});

/** Three runs with limiters of their own that share slots. */
function world(most: number, own: number) {
  const clock = manualClock(1000);
  const pool = new SharedPool({ maxParallel: most });
  const shares = RUNS.map(() => pool.share());
  const running = RUNS.map(() => new Set<number>());
  const waiting = RUNS.map(() => new Set<number>());
  const workers = RUNS.map(() => new Map<number, ReturnType<typeof mailbox<WorkerEvent>>>());
  const start = (run: number, intake: "open" | "closed") =>
    createActor(limiterLogic, {
      clock,
      input: {
        maxParallel: own,
        rateLimit: undefined,
        clock,
        facts: () => {},
        trialStarted: () => {},
        share: shares[run]!,
        intake,
      },
    }).start();
  const limiters = RUNS.map((run) => start(run, "open"));
  for (const run of RUNS)
    shares[run]!.join(openBook({ cost: () => 0, costOf: () => 0 }), {
      slotFreed: () => limiters[run]!.send({ type: "slot.freed" }),
      moneyChanged: () => {},
    });
  const ask = (run: number, ordinal: number): void => {
    const box = mailbox<WorkerEvent>();
    const send = (event: WorkerEvent): void => {
      box.send(event);
      waiting[run]!.delete(ordinal);
      running[run]!.add(ordinal);
    };
    const worker = { ...box, send };
    workers[run]!.set(ordinal, worker);
    waiting[run]!.add(ordinal);
    limiters[run]!.send({ type: "call.admit", ordinal, worker });
  };
  return {
    pool,
    running,
    waiting,
    perform: ({ what, run, ordinal }: { what: string; run: number; ordinal: number }): void => {
      if (what === "ask" && !running[run]!.has(ordinal) && !waiting[run]!.has(ordinal)) ask(run, ordinal);
      if (what === "settle" && running[run]!.delete(ordinal)) limiters[run]!.send({ type: "call.settle", ordinal });
      if (what !== "restart") return;
      limiters[run]!.stop();
      running[run]!.delete(ordinal); // its end was told to no one
      limiters[run] = start(run, "closed");
      for (const held of running[run]!)
        limiters[run]!.send({ type: "call.hold", ordinal: held, worker: workers[run]!.get(held)! });
      limiters[run]!.send({ type: "intake.change", intake: "open" });
      for (const again of [...waiting[run]!]) ask(run, again);
    },
  };
}

describe("slots that runs share", () => {
  it("are never more than there are, and none stays free while a task could have it, whatever is asked, ended and restarted", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 3 }),
        fc.array(step, { minLength: 10, maxLength: 60 }),
        (most, own, steps) => {
          const here = world(most, own);
          for (const each of steps) {
            here.perform(each);
            const taken = here.running.reduce((sum, { size }) => sum + size, 0);
            expect(taken).toBeLessThanOrEqual(most);
            expect(here.pool.running()).toBe(taken);
            for (const run of RUNS) {
              expect(here.running[run]!.size).toBeLessThanOrEqual(own);
              const couldStart = here.waiting[run]!.size > 0 && here.running[run]!.size < own && taken < most;
              expect(couldStart).toBe(false);
            }
          }
        },
      ),
      draws(60, 600),
    );
  });
});

describe("money that runs share", () => {
  const money = fc.record({
    what: fc.constantFrom("reserve", "settle"),
    run: fc.constantFrom(...RUNS),
    ordinal: fc.nat(5),
    amount: fc.integer({ min: 1, max: 4 }),
  });

  it("is never promised beyond the budget, and who waits is answered once nothing is promised any more", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.array(money), (maxTotal, steps) => {
        const pool = new SharedPool({ maxParallel: 9, maxTotal });
        const shares = RUNS.map(() => pool.share());
        const books: Book[] = RUNS.map(() => openBook({ cost: () => 0, costOf: () => 0 }));
        const boxes = new Map<string, ReturnType<typeof mailbox<WorkerEvent>>>();
        const budgets = RUNS.map((run) =>
          createActor(budgetLogic, {
            input: { options: {}, book: books[run]!, commit: () => {}, commitCost: () => {}, share: shares[run]! },
          }).start(),
        );
        for (const run of RUNS)
          shares[run]!.join(books[run]!, {
            slotFreed: () => {},
            moneyChanged: () => budgets[run]!.send({ type: "budget.review" }),
          });
        const promised = new Map<string, { run: number; ordinal: number; amount: number }>();
        const settle = (key: string): void => {
          const { run, ordinal, amount } = promised.get(key)!;
          promised.delete(key);
          budgets[run]!.send({ type: "budget.settle", ordinal, attempt: 1, condition: "c", amount, cost: amount / 2 });
        };
        for (const { what, run, ordinal, amount } of steps) {
          const key = `${run}/${ordinal}`;
          if (what === "reserve" && !boxes.has(key)) {
            const box = mailbox<WorkerEvent>();
            const send = (event: WorkerEvent): void => {
              box.send(event);
              if (event.type === "budget.reserved") promised.set(key, { run, ordinal, amount });
            };
            boxes.set(key, box);
            budgets[run]!.send({
              type: "budget.reserve",
              ordinal,
              attempt: 1,
              condition: "c",
              amount,
              worker: { ...box, send },
            });
          }
          if (what === "settle" && promised.has(key)) settle(key);
          const taken = books.reduce((sum, book) => sum + spentOf(book) + reservedOf(book), 0);
          expect(taken).toBeLessThanOrEqual(maxTotal);
        }
        for (let key = [...promised.keys()][0]; key !== undefined; key = [...promised.keys()][0]) settle(key);
        for (const box of boxes.values())
          expect(box.types()).toEqual([expect.stringMatching(/^budget\.(reserved|refused)$/)]);
      }),
      draws(60, 600),
    );
  });
});
