import { describe, expect, it } from "vitest";
import { createActor } from "xstate";
import { collectorLogic } from "#actors/collector";
import type { WorkerEvent } from "#actors/messages";
import { answerOf } from "#src/experiment/attempts";
import type { AttemptResult } from "#src/experiment/execute";
import type { Outcome } from "#src/experiment/outcome";
import { ok } from "#src/kernel/result";
import { memoryStore } from "#src/store/memory";
import type { RunStore } from "#src/store/store";
import { manualClock } from "#src/testing/manual-clock";
import { coverageOf, ears, ended, mailbox } from "./support.ts";

const coverage = coverageOf(collectorLogic);

/** A collector of batches of three over a store, and workers that wait for its answers. */
function collector(append?: RunStore["append"], counted = new Set<number>()) {
  const clock = manualClock();
  const heard = ears();
  const kept = memoryStore();
  const store = append ? { ...kept, append } : kept;
  const log: string[] = [];
  const unanswered = new Set<readonly Outcome[]>();
  const actor = createActor(collectorLogic, {
    clock,
    inspect: coverage.inspect,
    input: {
      store: {
        ...store,
        append: (rows: readonly Outcome[]) => {
          log.push(`commit ${rows.map(({ ordinal }) => ordinal).join(" ")}`);
          return store.append(rows);
        },
      },
      gatherMs: 5,
      batchRows: 3,
      unanswered,
      kept: (ordinals) => void log.push(`kept ${ordinals.join(" ")}`),
      committed: (outcomes) => {
        for (const { ordinal } of outcomes) counted.add(ordinal);
        log.push(`new ${outcomes.map(({ ordinal }) => ordinal).join(" ")}`);
      },
      isCounted: (ordinal) => counted.has(ordinal),
      run: heard.run,
    },
  }).start();
  return {
    actor,
    clock,
    log,
    heard,
    kept,
    state: () => actor.getSnapshot().value,
    shutDown: () => actor.send({ type: "actor.shutdown" }),
    give: (...ordinals: number[]) =>
      ordinals.map((ordinal) => {
        const worker = mailbox<WorkerEvent>();
        actor.send({ type: "outcome.store", outcome: ended(ordinal), worker });
        return worker;
      }),
  };
}

/** A store whose commits end when the test says so. */
function slowStore() {
  const store = memoryStore();
  const commits: { finish: () => void; fail: (why: unknown) => void }[] = [];
  const append = (rows: readonly Outcome[]): Promise<readonly number[]> =>
    new Promise((resolve, reject) => {
      commits.push({ finish: () => resolve(store.append(rows)), fail: reject });
    });
  return { append, commits };
}

describe("a collector", () => {
  it("acknowledges after the commit, and not before", async () => {
    const { give, clock, log } = collector();
    const [worker] = give(7);
    await clock.advance(4);
    expect([log, worker!.mail]).toEqual([[], []]);
    await clock.advance(1);
    expect(log).toEqual(["commit 7", "new 7"]);
    expect(worker!.mail).toEqual([{ type: "outcome.stored" }]);
  });

  it("commits what came together together, and a full batch at once", async () => {
    const { give, clock, log, state } = collector();
    give(1, 2, 3, 4);
    expect(log).toEqual(["commit 1 2 3", "new 1 2 3"]);
    await clock.drain();
    expect(log.slice(2)).toEqual(["commit 4", "new 4"]);
    expect(state()).toBe("idle");
  });

  it("commits a failure at once, with what it holds: the breaker counts what is stored", () => {
    const { actor, give, log } = collector();
    actor.send({ type: "outcome.store", outcome: ended(1, "failed") });
    expect(log).toEqual(["commit 1", "new 1"]);
    give(2);
    actor.send({ type: "outcome.store", outcome: ended(3, "failed") });
    expect(log.slice(2)).toEqual(["commit 2 3", "new 2 3"]);
  });

  it("gathers what comes during a commit for the next", async () => {
    const { append, commits } = slowStore();
    const { give, clock, log } = collector(append);
    give(1, 2, 3);
    const [fourth] = give(4, 5, 6, 7);
    expect(log).toEqual(["commit 1 2 3"]);
    commits[0]!.finish();
    await clock.advance(0);
    expect(log).toEqual(["commit 1 2 3", "new 1 2 3", "commit 4 5 6 7"]);
    expect(fourth!.mail).toEqual([]);
    commits[1]!.finish();
    await clock.advance(0);
    expect(fourth!.types()).toEqual(["outcome.stored"]);
  });

  it("reports a row once, however often it is given, and answers everybody", async () => {
    const { give, clock, log } = collector();
    const workers = [...give(1), ...give(1), ...give(2)];
    const again = give(2);
    await clock.drain();
    expect(log).toEqual(["commit 1 1 2", "new 1 2", "commit 2"]);
    expect([...workers, ...again].map((worker) => worker.types())).toEqual(Array(4).fill(["outcome.stored"]));
  });

  it("reports a row whose commit was never answered: the next collector finds it in the store, and not counted", async () => {
    const store = memoryStore();
    const lostAnswer = (rows: readonly Outcome[]): Promise<readonly number[]> => {
      store.append(rows);
      return new Promise(() => {});
    };
    const counted = new Set<number>();
    const first = collector(lostAnswer, counted);
    first.give(1);
    await first.clock.drain();
    first.actor.stop();
    expect(first.log).toEqual(["commit 1"]);

    const second = collector(store.append, counted);
    const [worker] = second.give(1);
    await second.clock.drain();
    expect(second.log).toEqual(["commit 1", "new 1"]);
    expect(worker!.types()).toEqual(["outcome.stored"]);
  });

  it("answers nobody who is gone, and needs nobody to answer", async () => {
    const { actor, give, clock, log } = collector();
    const [gone] = give(1);
    gone!.stop();
    actor.send({ type: "outcome.store", outcome: ended(2) });
    await clock.drain();
    expect(log).toEqual(["commit 1 2", "new 1 2"]);
    expect(gone!.mail).toEqual([]);
  });
});

describe("answers that are to be scored", () => {
  const answer = (ordinal: number) => ({ ...answerOf(taskOf(ordinal), [], given), ordinal });
  const taskOf = (ordinal: number) => ({ ordinal, condition: "a", item: { id: `q${ordinal}`, row: {} }, repeat: 0 });
  const given: AttemptResult = {
    result: ok({ metrics: {}, scored: false, answer: { messages: [] } }),
    startedAt: 1,
    elapsedMs: 1,
    worker: "here",
  };
  const keep = (actor: ReturnType<typeof collector>["actor"], ...ordinals: number[]) =>
    ordinals.map((ordinal) => {
      const worker = mailbox<WorkerEvent>();
      actor.send({ type: "answer.keep", answer: answer(ordinal), worker });
      return worker;
    });

  it("are committed with all that came in the same turn, before rows, and acknowledged as kept", async () => {
    const { actor, give, clock, log, state, kept } = collector();
    const [row] = give(9);
    const workers = keep(actor, 1, 2);
    expect([state(), log]).toEqual(["hurrying", []]);
    await clock.advance(0);
    expect(log).toEqual(["commit 9", "kept 1 2", "new 9"]);
    expect(workers.map((worker) => worker.types())).toEqual([["answer.kept"], ["answer.kept"]]);
    expect(row!.types()).toEqual(["outcome.stored"]);
    expect([...(kept.answers!() as Iterable<{ ordinal: number }>)].map(({ ordinal }) => ordinal)).toEqual([1, 2]);
  });

  it("that come during a commit are next", async () => {
    const { append, commits } = slowStore();
    const { actor, give, clock, log, state } = collector(append);
    give(1, 2, 3);
    const [worker] = keep(actor, 4);
    commits[0]!.finish();
    await clock.advance(0);
    expect([log.at(-1), state(), worker!.types()]).toEqual(["kept 4", "idle", ["answer.kept"]]);
  });

  it("alone wait for nothing, and rows behind them fill their batch", async () => {
    const { actor, give, clock, log } = collector();
    keep(actor, 1);
    give(2, 3);
    expect(log).toEqual(["commit 2 3", "kept 1", "new 2 3"]);
    keep(actor, 4);
    await clock.advance(0);
    expect(log.at(-1)).toBe("kept 4");
  });
});

describe("asked to stop", () => {
  it("it ends at once when it holds nothing", () => {
    const { actor, shutDown, log } = collector();
    shutDown();
    expect([actor.getSnapshot().status, log]).toEqual(["done", []]);
  });

  it("it commits and acknowledges what it holds first", () => {
    const { actor, give, shutDown, log } = collector();
    const [worker] = give(1);
    shutDown();
    expect(log).toEqual(["commit 1", "new 1"]);
    expect(worker!.types()).toEqual(["outcome.stored"]);
    expect(actor.getSnapshot().status).toBe("done");
  });

  it("in the middle of a commit, it commits what came meanwhile too", async () => {
    const { append, commits } = slowStore();
    const { actor, clock, give, shutDown, log } = collector(append);
    give(1, 2, 3, 4);
    shutDown();
    commits[0]!.finish();
    await clock.advance(0);
    expect([log.at(-1), actor.getSnapshot().status]).toEqual(["commit 4", "active"]);
    commits[1]!.finish();
    await clock.advance(0);
    expect([log.at(-1), actor.getSnapshot().status]).toEqual(["new 4", "done"]);
  });
});

describe("a store that refuses", () => {
  const disk = new Error("disk is full");
  it.each([
    [
      "throws",
      () => {
        throw disk;
      },
    ],
    ["rejects", () => Promise.reject(disk)],
  ] as [string, RunStore["append"]][])(
    "and %s ends the run with one sentence; nothing is acknowledged",
    async (_, append) => {
      const { actor, give, clock, heard, state, shutDown } = collector(append);
      const workers = give(1, 2, 3);
      await clock.drain();
      workers.push(...give(4));
      expect(state()).toBe("refused");
      expect(heard.stops).toMatchObject([
        {
          status: "aborted",
          reason: "the store at memory refused 3 results (disk is full); what was stored before is safe",
        },
      ]);
      expect(workers.flatMap((worker) => worker.mail)).toEqual([]);
      shutDown();
      expect(actor.getSnapshot().status).toBe("done");
    },
  );

  it("its last rows keeps nobody waiting: asked to stop, the collector does", async () => {
    const { actor, give, clock, heard, shutDown } = collector(() => Promise.reject(disk));
    give(1, 2);
    shutDown();
    await clock.drain();
    expect([actor.getSnapshot().status, heard.stops.length]).toEqual(["done", 1]);
  });
});

it("every state and every event of the chart was reached", () => {
  expect(coverage.missing()).toEqual([]);
});
