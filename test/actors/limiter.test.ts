import { describe, expect, it } from "vitest";
import { createActor } from "xstate";
import { type LimiterInput, limiterLogic } from "#actors/limiter";
import type { WorkerEvent } from "#actors/messages";
import { openBook } from "#src/policy/book";
import { SharedPool } from "#src/policy/share";
import { manualClock } from "#src/testing/manual-clock";
import { coverageOf, ears, mailbox } from "./support.ts";

const coverage = coverageOf(limiterLogic);

/** A limiter, and workers by their ordinals. */
function limiter(change: Partial<LimiterInput> = {}) {
  const clock = manualClock(1000);
  const heard = ears();
  const trials: number[] = [];
  const startsMs: number[] = [];
  const workers = new Map<number, ReturnType<typeof mailbox<WorkerEvent>>>();
  const actor = createActor(limiterLogic, {
    clock,
    inspect: coverage.inspect,
    input: {
      maxParallel: 2,
      rateLimit: undefined,
      clock,
      facts: heard.facts,
      trialStarted: (ordinal) => void trials.push(ordinal),
      ...change,
    },
  }).start();
  const admitted: number[] = [];
  return {
    actor,
    clock,
    heard,
    trials,
    admitted,
    startsMs,
    workers,
    /** Tasks ask to start, in this order. */
    ask: (...ordinals: number[]) => {
      for (const ordinal of ordinals) {
        const box = mailbox<WorkerEvent>();
        const send = (event: WorkerEvent): void => {
          box.send(event);
          admitted.push(ordinal);
          startsMs.push(clock.now());
        };
        const worker = { ...box, send };
        workers.set(ordinal, worker);
        actor.send({ type: "call.admit", ordinal, worker });
      }
    },
    settle: (...ordinals: number[]) => {
      for (const ordinal of ordinals) actor.send({ type: "call.settle", ordinal });
    },
    state: () => actor.getSnapshot().value,
  };
}

describe("slots", () => {
  it("are given first come, first served, never more than there are", () => {
    const { ask, settle, admitted } = limiter();
    ask(5, 3, 9, 1);
    expect(admitted).toEqual([5, 3]);
    settle(3);
    expect(admitted).toEqual([5, 3, 9]);
    settle(9, 5);
    expect(admitted).toEqual([5, 3, 9, 1]);
  });

  it("are freed once, by whoever has one", () => {
    const { ask, settle, admitted } = limiter();
    ask(1, 2, 3, 4, 5);
    settle(1, 1, 1, 77);
    expect(admitted).toEqual([1, 2, 3]);
  });

  it("are not wasted on workers that were stopped while they waited", () => {
    const { ask, settle, admitted, workers } = limiter({ maxParallel: 1 });
    ask(1, 2, 3);
    workers.get(2)!.stop();
    settle(1);
    expect(admitted).toEqual([1, 3]);
  });

  it("are held again by those who ran when the limiter was restarted", () => {
    const { actor, ask, settle, admitted } = limiter();
    const worker = mailbox<WorkerEvent>();
    actor.send({ type: "call.hold", ordinal: 8, worker });
    actor.send({ type: "call.hold", ordinal: 8, worker });
    ask(1, 2);
    expect(admitted).toEqual([1]);
    settle(8);
    expect(admitted).toEqual([1, 2]);
  });

  it("are not freed by an attempt whose successor holds them, however late it says that it ended", () => {
    const { actor, ask, settle, admitted, workers } = limiter({ maxParallel: 1 });
    ask(1);
    const first = workers.get(1)!;
    ask(1, 2); // the next attempt is there before the end of the first has been heard
    actor.send({ type: "call.settle", ordinal: 1, worker: first });
    actor.send({ type: "call.settle", ordinal: 1, worker: first });
    expect(admitted).toEqual([1, 1]);
    settle(1);
    expect(admitted).toEqual([1, 1, 2]);
  });

  it("are served in order for thousands, although the queue is cut on the way", () => {
    const { ask, settle, admitted } = limiter({ maxParallel: 1 });
    const ordinals = Array.from({ length: 5000 }, (_, i) => i);
    ask(...ordinals);
    settle(...ordinals);
    expect(admitted).toEqual(ordinals);
  });

  it("can be made more or fewer while the run is active", () => {
    const { actor, ask, settle, admitted } = limiter({ maxParallel: 1 });
    ask(1, 2, 3, 4, 5);
    actor.send({ type: "limits.change", maxParallel: 3 });
    expect(admitted).toEqual([1, 2, 3]);
    actor.send({ type: "limits.change", maxParallel: 1 });
    settle(1, 2);
    expect(admitted).toEqual([1, 2, 3]);
    settle(3);
    expect(admitted).toEqual([1, 2, 3, 4]);
  });
});

describe("a server that says too many", () => {
  const refuse = (actor: ReturnType<typeof limiter>["actor"], ordinal: number): void =>
    actor.send({ type: "call.settle", ordinal, throttled: true });

  it("takes back a slot for each refusal, and calm gives them back", () => {
    const { actor, ask, settle, admitted, heard } = limiter({ maxParallel: 4 });
    ask(...Array.from({ length: 30 }, (_, i) => i + 1));
    refuse(actor, 1);
    refuse(actor, 2);
    expect(heard.all.map((fact) => "allowed" in fact && fact.allowed)).toEqual([3, 2]);
    expect(admitted).toEqual([1, 2, 3, 4]);
    settle(3); // by a timeout, say: no news of the server's load
    for (let ordinal = 4; ordinal <= 21; ordinal++) actor.send({ type: "call.settle", ordinal, throttled: false });
    expect(heard.all.map((fact) => "allowed" in fact && fact.allowed)).toEqual([3, 2, 3, 4]);
    expect(admitted).toHaveLength(21 + 4);
  });

  it("is not news where it refuses one of many", () => {
    const { actor, ask, heard } = limiter({ maxParallel: 50 });
    ask(...Array.from({ length: 50 }, (_, i) => i));
    for (let ordinal = 0; ordinal < 4; ordinal++) refuse(actor, ordinal);
    expect(heard.all).toEqual([]);
    refuse(actor, 4);
    expect(heard.all).toEqual([{ type: "concurrency.changed", allowed: 45 }]);
  });

  it("is asked again after a wait when it refused the only one, on trial too", async () => {
    const { actor, ask, admitted, clock, state, startsMs } = limiter({ maxParallel: 1 });
    ask(1, 2, 3);
    refuse(actor, 1);
    expect([admitted, state()]).toEqual([[1], "throttled"]);
    await clock.drain();
    actor.send({ type: "intake.change", intake: "trial" });
    refuse(actor, 2);
    expect([admitted, state()]).toEqual([[1, 2], "trialThrottled"]);
    await clock.drain();
    expect([admitted, state()]).toEqual([[1, 2, 3], "trial"]);
    expect(startsMs).toEqual([1000, 1100, 1400]);
  });
});

describe("a rate", () => {
  it("lets so many start in a second and the next as soon as it is over", async () => {
    const { ask, clock, startsMs, settle } = limiter({ maxParallel: 10, rateLimit: 2 });
    ask(1, 2, 3, 4, 5);
    settle(1);
    expect(startsMs).toEqual([1000, 1000]);
    await clock.advance(999);
    expect(startsMs).toHaveLength(2);
    await clock.drain();
    expect(startsMs).toEqual([1000, 1000, 2000, 2000, 3000]);
    expect(clock.pending).toBe(0);
  });

  it("costs nobody time who does not wait for it", async () => {
    const { ask, clock, settle, admitted, state } = limiter({ maxParallel: 1, rateLimit: 2 });
    ask(1, 2, 3);
    await clock.advance(5000);
    settle(1, 2);
    expect(admitted).toEqual([1, 2, 3]);
    expect(state()).toBe("open");
  });

  it("can be changed while tasks wait for it", async () => {
    const { actor, ask, admitted, clock, state } = limiter({ maxParallel: 10, rateLimit: 1 });
    ask(1, 2, 3);
    expect([admitted, state()]).toEqual([[1], "throttled"]);
    ask(4);
    actor.send({ type: "limits.change", rateLimit: 1000 });
    expect(admitted).toEqual([1, 2, 3, 4]);
    expect(clock.pending).toBe(0);
  });
});

describe("a closed intake", () => {
  it("lets nobody start until it opens, and then in the order they came", () => {
    const { actor, ask, settle, admitted } = limiter({ maxParallel: 3 });
    ask(1);
    actor.send({ type: "intake.change", intake: "closed" });
    ask(2, 3);
    settle(1);
    expect(admitted).toEqual([1]);
    actor.send({ type: "intake.change", intake: "open" });
    expect(admitted).toEqual([1, 2, 3]);
  });

  it("may be closed from the beginning, and while tasks wait for the rate", async () => {
    const begins = limiter({ intake: "closed" });
    begins.ask(1);
    expect(begins.admitted).toEqual([]);

    const { actor, ask, admitted, clock } = limiter({ rateLimit: 1 });
    ask(1, 2);
    actor.send({ type: "intake.change", intake: "closed" });
    await clock.drain();
    expect(admitted).toEqual([1]);
  });

  it("stays closed when the limits are changed", () => {
    const { actor, ask, admitted } = limiter();
    actor.send({ type: "intake.change", intake: "closed" });
    ask(1);
    actor.send({ type: "limits.change", maxParallel: 5, rateLimit: 9 });
    expect(admitted).toEqual([]);
    actor.send({ type: "intake.change", intake: "open" });
    expect(admitted).toEqual([1]);
  });
});

describe("an intake on trial", () => {
  it("lets one task through and says which; all others wait for its result", () => {
    const { actor, ask, settle, admitted, trials } = limiter();
    actor.send({ type: "intake.change", intake: "closed" });
    ask(4, 5, 6);
    actor.send({ type: "intake.change", intake: "trial" });
    expect([admitted, trials]).toEqual([[4], [4]]);
    settle(4);
    ask(7);
    actor.send({ type: "limits.change", maxParallel: 9 });
    expect(admitted).toEqual([4]);
    actor.send({ type: "intake.change", intake: "open" });
    expect(admitted).toEqual([4, 5, 6, 7]);
  });

  it("lets that task through again when it is tried again", () => {
    const { actor, ask, settle, admitted, trials } = limiter();
    actor.send({ type: "intake.change", intake: "closed" });
    ask(4, 5);
    actor.send({ type: "intake.change", intake: "trial" });
    settle(4);
    ask(4);
    expect([admitted, trials]).toEqual([[4, 4], [4]]);
  });

  it("lets another task through when that one will have no result", () => {
    const { actor, ask, admitted, trials } = limiter();
    actor.send({ type: "intake.change", intake: "closed" });
    ask(4, 5, 6);
    actor.send({ type: "intake.change", intake: "trial" });
    actor.send({ type: "call.settle", ordinal: 4, gone: true });
    expect([admitted, trials]).toEqual([
      [4, 5],
      [4, 5],
    ]);
  });

  it("waits for a task when there is none, or only such as were stopped", () => {
    const { ask, admitted, trials, actor, workers } = limiter({ intake: "trial" });
    expect(admitted).toEqual([]);
    ask(3, 4);
    expect([admitted, trials]).toEqual([[3], [3]]);
    actor.send({ type: "intake.change", intake: "closed" });
    workers.get(4)!.stop();
    actor.send({ type: "intake.change", intake: "trial" });
    ask(5);
    expect([admitted, trials]).toEqual([
      [3, 5],
      [3, 5],
    ]);
  });

  it("tries another task at every try", () => {
    const { actor, ask, admitted, trials } = limiter({ intake: "trial" });
    ask(1, 2);
    actor.send({ type: "intake.change", intake: "trial" });
    expect([admitted, trials]).toEqual([
      [1, 2],
      [1, 2],
    ]);
  });

  it("waits for a slot: there are never more tasks than may run", () => {
    const { actor, ask, settle, admitted } = limiter({ maxParallel: 1 });
    ask(1, 2);
    actor.send({ type: "intake.change", intake: "closed" });
    actor.send({ type: "intake.change", intake: "trial" });
    expect(admitted).toEqual([1]);
    settle(1);
    expect(admitted).toEqual([1, 2]);
  });

  it("waits for the rate: there are never more starts than may be", async () => {
    const { actor, ask, settle, admitted, startsMs, clock } = limiter({ rateLimit: 1 });
    ask(1, 2, 3);
    actor.send({ type: "intake.change", intake: "closed" });
    actor.send({ type: "intake.change", intake: "trial" });
    settle(1);
    ask(4);
    expect(admitted).toEqual([1]);
    await clock.drain();
    expect([admitted, startsMs]).toEqual([
      [1, 2],
      [1000, 2000],
    ]);
    settle(2);
    ask(2); // its second attempt
    actor.send({ type: "limits.change", rateLimit: 5 });
    expect(admitted).toEqual([1, 2, 2]);
  });

  it("opens also while the trial waits for the rate", async () => {
    const { actor, ask, admitted, clock } = limiter({ rateLimit: 1, maxParallel: 9 });
    ask(1, 2);
    actor.send({ type: "intake.change", intake: "trial" });
    actor.send({ type: "intake.change", intake: "open" });
    await clock.drain();
    expect(admitted).toEqual([1, 2]);
  });
});

describe("slots that runs share", () => {
  it("are taken in turns, by a trial too", () => {
    const pool = new SharedPool({ maxParallel: 1 });
    const both = [0, 1].map(() => {
      const share = pool.share();
      const own = limiter({ share, maxParallel: 9 });
      share.join(openBook({ cost: () => 0, costOf: () => 0 }), {
        slotFreed: () => own.actor.send({ type: "slot.freed" }),
        moneyChanged: () => {},
      });
      return own;
    });
    const [a, b] = both as [(typeof both)[0], (typeof both)[0]];
    a.ask(1, 2);
    b.actor.send({ type: "intake.change", intake: "trial" });
    b.ask(5, 6);
    expect([a.admitted, b.admitted]).toEqual([[1], []]);
    a.settle(1);
    expect([a.admitted, b.admitted, b.trials]).toEqual([[1], [5], [5]]);
    b.settle(5);
    expect([a.admitted, b.admitted]).toEqual([[1, 2], [5]]);
  });
});

it("every state and every event of the chart was reached", () => {
  expect(coverage.missing()).toEqual([]);
});
