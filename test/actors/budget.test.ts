import { describe, expect, it } from "vitest";
import { createActor } from "xstate";
import { budgetLogic } from "#actors/budget";
import type { WorkerEvent } from "#actors/messages";
import { type Book, ledgerOf, openBook } from "#src/policy/book";
import { type BudgetOptions, budgetOptions } from "#src/policy/budget";
import { mailbox } from "./support.ts";

/** A budget, its book, and what it commits. Nothing is stored yet. */
function budget(options: Partial<BudgetOptions>, book: Book = openBook({ cost: () => 0, costOf: () => 0 })) {
  const log: string[] = [];
  const actor = createActor(budgetLogic, {
    input: {
      options: budgetOptions.parse(options),
      book,
      commit: ({ ordinal, amount }) => void log.push(`promise ${amount} to ${ordinal}`),
      commitCost: ({ ordinal, amount }) => void log.push(`${ordinal} cost ${amount}`),
    },
  }).start();
  const workers = new Map<number, ReturnType<typeof mailbox<WorkerEvent>>>();
  return {
    actor,
    ledger: () => ledgerOf(book, "a"),
    book,
    log,
    workers,
    ask: (ordinal: number, amount: number, condition = "a") => {
      const box = mailbox<WorkerEvent>();
      workers.set(ordinal, box);
      const send = (event: WorkerEvent): void => {
        box.send(event);
        log.push(`${event.type} to ${ordinal}`);
      };
      actor.send({ type: "budget.reserve", ordinal, attempt: 1, condition, amount, worker: { ...box, send } });
    },
    settle: (ordinal: number, amount: number, cost: number, condition = "a") =>
      actor.send({ type: "budget.settle", ordinal, attempt: 1, condition, amount, cost }),
    answers: (ordinal: number) => workers.get(ordinal)!.mail,
  };
}

describe("a budget", () => {
  it("commits a promise before it is given, and the cost after", () => {
    const { ask, settle, log } = budget({ maxTotal: 10 });
    ask(1, 4);
    settle(1, 4, 3);
    expect(log).toEqual(["promise 4 to 1", "budget.reserved to 1", "1 cost 3"]);
  });

  it("lets wait what may still fit, and refuses it when nothing is open any more", () => {
    const { ask, settle, answers } = budget({ maxTotal: 10 });
    ask(1, 6);
    ask(2, 5);
    expect(answers(2)).toEqual([]);
    settle(1, 6, 6);
    expect(answers(2)).toEqual([{ type: "budget.refused", limit: "run" }]);
  });

  it("gives what has become free to those who wait, in the order they came", () => {
    const { ask, settle, answers } = budget({ maxTotal: 10 });
    ask(1, 10);
    ask(2, 3);
    ask(3, 3);
    ask(4, 3);
    settle(1, 10, 4);
    expect([2, 3, 4].map((ordinal) => answers(ordinal).map(({ type }) => type))).toEqual([
      ["budget.reserved"],
      ["budget.reserved"],
      [],
    ]);
  });

  it("refuses one condition and lets the others continue", () => {
    const { ask, answers } = budget({ maxPerCondition: 5 });
    ask(1, 6);
    ask(2, 5, "b");
    expect(answers(1)).toEqual([{ type: "budget.refused", limit: "condition" }]);
    expect(answers(2)).toEqual([{ type: "budget.reserved", amount: 5 }]);
  });

  it("promises nothing to those who were stopped while they waited", () => {
    const { ask, settle, workers, ledger, answers } = budget({ maxTotal: 10 });
    ask(1, 10);
    ask(2, 5);
    workers.get(2)!.stop();
    settle(1, 10, 1);
    expect(answers(2)).toEqual([]);
    expect(ledger()).toMatchObject({ spent: 1, reserved: 0 });
  });

  it("can be raised while somebody waits, and continues with its books after a restart", () => {
    const { ask, actor, answers, book } = budget({ maxTotal: 10 });
    ask(1, 9);
    ask(2, 5);
    actor.send({ type: "budget.change", limits: { maxTotal: 14 } });
    expect(answers(2)).toEqual([{ type: "budget.reserved", amount: 5 }]);

    const restarted = budget({ maxTotal: 14 }, book);
    restarted.ask(3, 1);
    expect(restarted.answers(3)).toEqual([]); // 9 and 5 are still promised
    restarted.settle(1, 9, 8);
    expect(restarted.answers(3)).toEqual([{ type: "budget.reserved", amount: 1 }]);
  });

  it("promises an attempt once, however often it asks, and settles it once", () => {
    const { ask, settle, ledger, answers, log } = budget({ maxTotal: 10 });
    ask(1, 6);
    ask(1, 6);
    expect(answers(1)).toEqual([{ type: "budget.reserved", amount: 6 }]);
    expect(ledger()).toMatchObject({ spent: 0, reserved: 6 });
    settle(1, 6, 4);
    settle(1, 6, 4);
    settle(9, 5, 5); // was promised nothing
    expect(ledger()).toMatchObject({ spent: 4, reserved: 0 });
    expect(log.filter((line) => line.includes("cost"))).toEqual(["1 cost 4"]);
  });

  it("counts what was not promised; writes it where no row will tell of it", () => {
    let late = 0;
    const { actor, ledger, log } = budget({ maxTotal: 10 }, openBook({ cost: () => late, costOf: () => late }));
    const spent = { type: "budget.spend", attempt: 1, condition: "a", amount: 2 } as const;
    actor.send({ ...spent, ordinal: 1, isInRow: true });
    actor.send({ ...spent, ordinal: 2, isInRow: false });
    late = 3; // charged after its attempt had ended
    actor.send({ type: "budget.review" });
    expect(ledger()).toMatchObject({ spent: 7, reserved: 0 });
    expect(log).toEqual(["2 cost 2"]);
  });

  it("writes nothing where nothing is estimated and nothing was paid", () => {
    const { ask, settle, log } = budget({ maxTotal: 10 });
    ask(1, 0);
    settle(1, 0, 0);
    expect(log).toEqual(["budget.reserved to 1"]);
  });
});
