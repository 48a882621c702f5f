import { describe, expect, it } from "vitest";
import { type AnyActorRef, createActor, createMachine, type EventObject, fromCallback, stopChild } from "xstate";
import { workerLogic } from "#actors/worker";
import type { TaskMoney, WorkerInput, WorkerScope } from "#actors/worker-scope";
import { Answers } from "#src/experiment/answers";
import { answerOf, failedAttemptOf, lostOutcome } from "#src/experiment/attempts";
import type { AttemptResult } from "#src/experiment/execute";
import type { Outcome } from "#src/experiment/outcome";
import type { Task } from "#src/experiment/task";
import { crash, killed, normal, shutdown } from "#src/kernel/exit";
import { type Failure, failure } from "#src/kernel/failure";
import { err, ok } from "#src/kernel/result";
import { type ErrorVerdict, retryOptions } from "#src/policy/retry";
import { manualClock } from "#src/testing/manual-clock";
import { reclaim } from "#supervisors/reclaim";
import { ears } from "./support.ts";

const task: Task = { ordinal: 3, condition: "a", item: { id: "q1", row: {}, cluster: "p9" }, repeat: 1 };
const reached = new Set<string>();

const attemptOf = (result: AttemptResult["result"], more: Partial<AttemptResult> = {}): AttemptResult => ({
  result,
  startedAt: 100,
  elapsedMs: 20,
  worker: "here",
  ...more,
});
const good = attemptOf(ok({ metrics: { accuracy: 1 }, output: { text: "B" }, scored: true }), { cost: 0.5 });
const bad = (error: Failure) => attemptOf(err(error), { cost: 0.25 });
const timeout = failure("timeout", "late");
const notFound = failure("not_found", "no such model");

/** A worker among services that only listen; what they hear and what the worker does is one log. */
function worker(
  { money, ...scope }: Partial<Omit<WorkerScope, "money">> & { readonly money?: Partial<TaskMoney> } = {},
  input: Partial<WorkerInput> = {},
) {
  const log: string[] = [];
  const stored: Outcome[] = [];
  const heard = ears();
  const clock = manualClock();
  let finish: (attempt: AttemptResult) => void = () => {};
  const service = (name: string) =>
    fromCallback<EventObject>(({ receive }) =>
      receive((event) => {
        const { type, throttled, amount, cost, outcome } = event as EventObject & Record<string, unknown>;
        const details = [
          throttled !== undefined && (throttled ? "throttled" : "served"),
          amount !== undefined && amount,
          cost !== undefined && `cost ${cost}`,
        ];
        log.push([`${name}:`, type, ...details.filter((detail) => detail !== false && detail !== undefined)].join(" "));
        if (type === "outcome.store") stored.push(outcome as Outcome);
      }),
    );
  const whole: WorkerInput = {
    task,
    earlier: [],
    leftSlot: () => void log.push("left its slot"),
    scope: {
      executor: {
        name: "here",
        run: (_, attempt) => {
          log.push(`attempt ${attempt}`);
          return {
            result: new Promise((resolve) => {
              finish = resolve;
            }),
            cancel: () => void log.push("cancelled"),
          };
        },
      },
      clock,
      retry: retryOptions.parse({ jitter: false }),
      seed: 42,
      facts: heard.facts,
      run: {
        send: (command) => {
          heard.run.send(command);
          if (command.type === "budget.exhausted") log.push(`${command.limit} exhausted at ${command.condition}`);
        },
      },
      isFinished: () => false,
      answers: new Answers([], true),
      intake: { draining: false },
      noteAttempt: () => {},
      hooks: {},
      ...scope,
      money: {
        settle: ({ attempt, amount }) => void log.push(`money: attempt ${attempt} settled at ${amount}`),
        chargedLate: ({ ordinal }, amount) => void log.push(`${amount} late for ${ordinal}`),
        writeOff: ({ ordinal }) => void log.push(`${ordinal} again`),
        ...money,
      },
    },
    ...input,
  };
  const root = createActor(
    createMachine({
      context: ({ spawn }) => {
        for (const name of ["limiter", "budget", "collector"]) spawn(service(name), { systemId: name });
        spawn(workerLogic, { id: "worker", systemId: "worker", input: whole });
        return {};
      },
      on: { "worker.stop": { actions: "stopWorker" }, "*": {} }, // a worker may crash here
    }).provide({ actions: { stopWorker: stopChild("worker") } }),
    {
      inspect: (event) => {
        if (event.type === "@xstate.event" && (event.actorRef as AnyActorRef).id === "worker")
          reached.add(event.event.type);
        if (event.type === "@xstate.snapshot" && "value" in event.snapshot) reached.add(String(event.snapshot.value));
      },
    },
  );
  root.start();
  const actor = root.system.get("worker") as ReturnType<typeof createActor<typeof workerLogic>>;
  const settled = () => clock.advance(0);
  return {
    actor,
    stop: () => root.send({ type: "worker.stop" }),
    heard,
    log,
    stored,
    whole,
    clock,
    settled,
    send: (...events: Parameters<typeof actor.send>[0][]) => {
      for (const event of events) actor.send(event);
    },
    state: () => actor.getSnapshot().value,
    exit: () => {
      const { status, output, error } = actor.getSnapshot();
      return status === "done" ? output : status === "error" ? error : status;
    },
    /** The attempt under way ends. */
    end: async (attempt: AttemptResult) => {
      finish(attempt);
      await settled();
    },
    /** It is let in, and its attempt ends so. */
    live: async (attempt: AttemptResult) => {
      actor.send({ type: "call.admitted" });
      finish(attempt);
      await settled();
    },
  };
}

describe("an attempt that succeeds", () => {
  it("asks for a slot, runs, leaves the slot, and ends when its outcome is stored", async () => {
    const { log, live, stored, send, state, exit, heard } = worker();
    expect(log).toEqual(["limiter: call.admit"]);
    await live(good);
    expect(log.slice(1)).toEqual([
      "attempt 1",
      "limiter: call.settle served",
      "budget: budget.spend 0.5",
      "left its slot",
      "collector: outcome.store",
    ]);
    expect(heard.all).toEqual([{ type: "task.started", ordinal: 3, attempt: 1 }]);
    expect(stored).toEqual([
      {
        ordinal: 3,
        condition: "a",
        itemId: "q1",
        cluster: "p9",
        repeat: 1,
        finalStatus: "success",
        metrics: { accuracy: 1 },
        output: { text: "B" },
        attempts: 1,
        retryDelaysMs: [],
        errorHistory: [],
        elapsedMs: 20,
        startedAt: 100,
        cost: 0.5,
        worker: "here",
      },
    ]);
    expect(state()).toBe("storing");
    send({ type: "outcome.stored" });
    expect(exit()).toEqual(normal);
  });

  it("is unscored when it has no value for any metric, and keeps what was refused", async () => {
    const { live, stored } = worker({ lineageOf: () => ({ traceId: "t" }) });
    const usage = { promptTokens: 1, completionTokens: 2, totalTokens: 3, calls: 1 };
    await live(attemptOf(ok({ metrics: {}, scored: false, invalidMetrics: ["accuracy missing"] }), { usage }));
    expect(stored).toMatchObject([
      { finalStatus: "unscored", invalidMetrics: ["accuracy missing"], usage, lineage: { traceId: "t" } },
    ]);
    expect(stored[0]).not.toHaveProperty("cost");
  });

  it("after failures has their history, their delays and their cost", async () => {
    const earlier = [
      { failure: timeout, at: 10, delayMs: 1000, cost: 2 },
      { failure: notFound, at: 20, delayMs: 2000 },
    ];
    const { live, stored, log } = worker({}, { earlier });
    await live(good);
    expect(log).toContain("attempt 3");
    expect(stored).toMatchObject([
      {
        attempts: 3,
        retryDelaysMs: [1000, 2000],
        errorHistory: [
          { attempt: 1, error: timeout, at: 10 },
          { attempt: 2, error: notFound, at: 20 },
        ],
        cost: 2.5,
      },
    ]);
  });
});

describe("an attempt that fails", () => {
  it("crashes with its failure and the delay when another could help: its pool starts the next", async () => {
    const { live, exit, stored, log } = worker();
    await live(bad(timeout));
    expect(exit()).toEqual(crash({ failure: timeout, at: 120, delayMs: 1000, cost: 0.25 }));
    expect(stored).toEqual([]);
    expect(log).toContain("left its slot");
  });

  it("stores its failure when no other could help, and ends in good order", async () => {
    const { live, exit, stored, send } = worker();
    await live(bad(notFound));
    expect(stored).toMatchObject([
      {
        finalStatus: "failed_permanent",
        error: notFound,
        metrics: {},
        attempts: 1,
        cost: 0.25,
        errorHistory: [{ attempt: 1, error: notFound, at: 120 }],
      },
    ]);
    send({ type: "outcome.stored" });
    expect(exit()).toEqual(shutdown(notFound));
  });

  it("has no next one when the retries are spent", async () => {
    const earlier = Array.from({ length: 3 }, () => ({ failure: timeout, at: 0, delayMs: 1 }));
    const { live, stored } = worker({}, { earlier });
    await live(bad(timeout));
    expect(stored).toMatchObject([{ finalStatus: "failed_retries_exhausted", attempts: 4 }]);
    expect(stored[0]?.errorHistory).toHaveLength(4);
  });

  it.each([
    ["rate_limited", "limiter: call.settle throttled"],
    ["timeout", "limiter: call.settle"],
  ] as const)("tells the limiter what %s says of the server's load", async (kind, told) => {
    const { live, log } = worker();
    await live(bad(failure(kind, "")));
    expect(log).toContain(told);
  });

  const verdict = async (given: ErrorVerdict | undefined, error: Failure) => {
    const asked: Failure[] = [];
    const own = worker({
      hooks: {
        onError: async (_, failed) => {
          asked.push(failed);
          return given;
        },
      },
    });
    await own.live(bad(error));
    expect(asked).toEqual([error]);
    return own;
  };

  it("is judged by the hook: skip stores, retry crashes, nothing leaves it to the kind of failure", async () => {
    expect((await verdict("skip", timeout)).stored).toMatchObject([{ finalStatus: "skipped", error: timeout }]);
    expect((await verdict("retry", notFound)).exit()).toMatchObject({ kind: "crash" });
    expect((await verdict(undefined, notFound)).stored).toMatchObject([{ finalStatus: "failed_permanent" }]);
  });

  it("ends the run when the hook says so, and stays unstored for the next session", async () => {
    const { heard, exit, stored } = await verdict("abort", timeout);
    expect(heard.stops).toEqual([
      { status: "aborted", reason: 'onError answered "abort" at a/q1/1: late', quotesTask: true },
    ]);
    expect([exit(), stored]).toEqual([shutdown("dropped"), []]);
  });
});

describe("hooks", () => {
  const hooked = (log: string[], input: Partial<WorkerInput> = {}) => {
    const gates: Record<string, () => void> = {};
    const hook = (name: string) => () =>
      new Promise<void>((resolve) => {
        log.push(name);
        gates[name] = resolve;
      });
    const own = worker({ hooks: { beforeTask: hook("before"), afterTask: hook("after") } }, input);
    return {
      ...own,
      pass: async (name: string) => {
        gates[name]!();
        await own.settled();
      },
    };
  };

  it("stand around the task: before its first attempt, after its outcome is stored", async () => {
    const hooks: string[] = [];
    const { send, pass, end, state, exit, log } = hooked(hooks);
    send({ type: "call.admitted" });
    expect([state(), hooks, log]).toEqual(["preparing", ["before"], ["limiter: call.admit"]]);
    await pass("before");
    expect(state()).toBe("running");
    await end(good);
    expect(hooks).toEqual(["before"]);
    send({ type: "outcome.stored" });
    expect([state(), hooks]).toEqual(["reporting", ["before", "after"]]);
    await pass("after");
    expect(exit()).toEqual(normal);
  });

  it("are not asked before a second attempt", () => {
    const hooks: string[] = [];
    const { send, state } = hooked(hooks, { earlier: [{ failure: timeout, at: 0, delayMs: 1 }] });
    send({ type: "call.admitted" });
    expect([state(), hooks]).toEqual(["running", []]);
  });

  it("that answer a worker which was stopped are not heard", async () => {
    const hooks: string[] = [];
    const { send, pass, stop, log } = hooked(hooks);
    send({ type: "call.admitted" });
    stop();
    await pass("before");
    expect(log).toEqual(["limiter: call.admit"]);
  });
});

describe("money", () => {
  const reservationOf = () => 4;

  it("is promised before the attempt, and settled after it", async () => {
    const { send, end, log, state } = worker({ money: { reservationOf } });
    send({ type: "call.admitted" });
    expect([state(), log.at(-1)]).toEqual(["reserving", "budget: budget.reserve 4"]);
    send({ type: "budget.reserved", amount: 4 });
    await end(good);
    expect(log.slice(2)).toEqual([
      "attempt 1",
      "limiter: call.settle served",
      "budget: budget.settle 4 cost 0.5",
      "left its slot",
      "collector: outcome.store",
    ]);
  });

  it("that is refused ends the worker without an attempt", () => {
    const { send, exit, log } = worker({ money: { reservationOf } });
    send({ type: "call.admitted" }, { type: "budget.refused", limit: "condition" });
    expect(exit()).toEqual(shutdown("refused"));
    expect(log).toContain("condition exhausted at a");
    expect(log).toContain("left its slot");
    expect(log).not.toContain("attempt 1");
  });

  it("is not waited for when the run drains", () => {
    const { send, exit, log } = worker({ money: { reservationOf } });
    send({ type: "call.admitted" }, { type: "run.drain" });
    expect([exit(), log.at(-1)]).toEqual([shutdown("dropped"), "left its slot"]);
  });

  it("is promised before the hook is asked", () => {
    const { send, state } = worker({ money: { reservationOf }, hooks: { beforeTask: () => new Promise(() => {}) } });
    send({ type: "call.admitted" }, { type: "budget.reserved", amount: 4 });
    expect(state()).toBe("preparing");
  });
});

describe("a worker that waits", () => {
  it("is dropped when the run drains; one that runs may end", async () => {
    const waits = worker();
    waits.send({ type: "run.drain" });
    expect(waits.exit()).toEqual(shutdown("dropped"));

    const runs = worker();
    runs.send({ type: "call.admitted" }, { type: "run.drain" });
    await runs.end(good);
    expect(runs.stored).toHaveLength(1);
  });

  it("is dropped when its task turns out to be done", () => {
    const { send, exit, log } = worker({ isFinished: (ordinal) => ordinal === 3 });
    send({ type: "call.admitted" });
    expect(exit()).toEqual(shutdown("dropped"));
    expect(log.slice(1)).toEqual(["limiter: call.settle", "left its slot"]);
  });
});

describe("a service that comes back", () => {
  const up = (service: "limiter" | "budget" | "collector" | "breaker") => ({ type: "service.up", service }) as const;

  it("is asked again by whoever waits for its answer, and by nobody else", async () => {
    const { send, end, log } = worker({ money: { reservationOf: () => 4 } });
    const newLines = (): string[] => log.splice(0);
    newLines();
    send(up("budget"), up("collector"), up("breaker"));
    expect(newLines()).toEqual([]);
    send(up("limiter"));
    expect(newLines()).toEqual(["limiter: call.admit"]);

    send({ type: "call.admitted" });
    newLines();
    send(up("collector"), up("budget"), up("limiter"));
    expect(newLines()).toEqual(["budget: budget.reserve 4", "limiter: call.hold"]);

    send({ type: "budget.reserved", amount: 4 });
    newLines();
    send(up("budget"), up("collector"), up("limiter"));
    expect(newLines()).toEqual(["limiter: call.hold"]);

    await end(good);
    newLines();
    send(up("budget"), up("limiter"), up("collector"));
    expect(newLines()).toEqual(["budget: budget.settle 4 cost 0.5", "collector: outcome.store"]); // a budget that died of it never heard
  });

  it("learns that a slot is taken also while the hook is asked", () => {
    const { send, log } = worker({ hooks: { beforeTask: () => new Promise(() => {}) } });
    send({ type: "call.admitted" }, up("limiter"), up("collector"));
    expect(log).toEqual(["limiter: call.admit", "limiter: call.hold"]);
  });
});

describe("a worker that is stopped", () => {
  it("cancels its attempt, and what comes of that is dropped", async () => {
    const { send, stop, log, end, stored } = worker();
    send({ type: "call.admitted" });
    stop();
    await end(good);
    expect([log.at(-1), stored]).toEqual(["cancelled", []]);
  });

  it("leaves no outcome when its attempt was cancelled while the run drains: it is done in the next session", async () => {
    const intake = { draining: false };
    const { send, end, exit, stored } = worker({ intake });
    send({ type: "call.admitted" });
    intake.draining = true;
    await end(bad(failure("cancelled", "the run was stopped")));
    expect([exit(), stored]).toEqual([shutdown("dropped"), []]);
  });

  it("has failed permanently when it was its condition that cancelled something: no task leaves the denominator", async () => {
    const { live, stored } = worker();
    await live(bad(failure("cancelled", "This operation was aborted")));
    expect(stored).toMatchObject([{ finalStatus: "failed_permanent", error: { kind: "cancelled" } }]);
  });
});

describe("a worker that broke", () => {
  const clock = manualClock(77);

  it("gives back its slot, its attempt and its promise; a call that was under way counts as spent", () => {
    const runs = worker({ money: { reservationOf: () => 4 } });
    runs.send({ type: "call.admitted" }, { type: "budget.reserved", amount: 4 });
    runs.log.length = 0;
    reclaim(runs.actor);
    expect(runs.log).toEqual(["cancelled", "limiter: call.settle", "money: attempt 1 settled at 4"]);

    const prepares = worker({ money: { reservationOf: () => 4 }, hooks: { beforeTask: () => new Promise(() => {}) } });
    prepares.send({ type: "call.admitted" }, { type: "budget.reserved", amount: 4 });
    reclaim(prepares.actor);
    expect(prepares.log.at(-1)).toBe("money: attempt 1 settled at 0");

    const waits = worker();
    reclaim(waits.actor);
    expect(waits.log).toEqual(["limiter: call.admit", "limiter: call.settle"]);
  });

  it("left its own report, or is told of as a crash", () => {
    const report = { failure: timeout, at: 5, delayMs: 9 };
    expect(failedAttemptOf(crash(report), clock)).toBe(report);
    expect(failedAttemptOf(crash(new TypeError("x is not a function")), clock)).toEqual({
      failure: { kind: "crash", message: "x is not a function" },
      at: 77,
      delayMs: 0,
    });
    expect(failedAttemptOf(killed, clock)).toMatchObject({
      failure: { kind: "crash", message: "the worker was killed" },
    });
  });

  it("again and again has an outcome all the same", () => {
    const { whole, clock } = worker({}, { earlier: [{ failure: timeout, at: 1, delayMs: 50, cost: 2 }] });
    expect(lostOutcome(whole, crash(new Error("broke")), 3, { clock, worker: "here" })).toMatchObject({
      ordinal: 3,
      finalStatus: "failed_retries_exhausted",
      error: { kind: "crash", message: "broke" },
      attempts: 2,
      errorHistory: [{ attempt: 1 }, { attempt: 2, error: { kind: "crash" } }],
      retryDelaysMs: [50],
      cost: 5,
      worker: "here",
    });
  });
});

describe("an answer that is scored apart", () => {
  const state = { messages: [{ role: "assistant", content: "4" }] } as const;
  const given = attemptOf(ok({ metrics: { latency: 20, cost: 1 }, scored: false, answer: state }), { cost: 1 });
  const apart = (more: Parameters<typeof worker>[0] = {}) => {
    const answers = new Answers(["a"], true);
    return { answers, ...worker({ answers, ...more }) };
  };

  it("is stored before it is scored, in the same slot, and its row has what both stages cost and took", async () => {
    const { log, live, end, send, state: at, stored, answers, exit, heard } = apart();
    await live(given);
    expect(at()).toBe("keeping");
    expect(answers.get(3)).toMatchObject({ attempts: 1, state, cost: 1 });
    answers.keep(3);
    send({ type: "answer.kept" });
    expect(at()).toBe("scoring");
    await end(good);
    expect(log.slice(1)).toEqual([
      "attempt 1",
      "budget: budget.spend 1",
      "collector: answer.keep",
      "attempt 2",
      "limiter: call.settle served",
      "budget: budget.spend 0.5",
      "left its slot",
      "collector: outcome.store",
    ]);
    expect(stored).toMatchObject([
      {
        finalStatus: "success",
        attempts: 1,
        cost: 1.5,
        elapsedMs: 40,
        scoring: { attempts: 1, cost: 0.5, elapsedMs: 20 },
      },
    ]);
    expect(heard.all).toEqual([
      { type: "task.started", ordinal: 3, attempt: 1 },
      { type: "task.started", ordinal: 3, attempt: 2, stage: "scoring" },
    ]);
    send({ type: "outcome.stored" });
    expect(exit()).toEqual(normal);
  });

  it("is told again to a collector, a limiter and a budget that were restarted", async () => {
    const { log, live, send } = apart({ money: { reservationOf: () => 3 } });
    send({ type: "call.admitted" }, { type: "budget.reserved", amount: 3 });
    await live(given);
    const before = log.length;
    for (const service of ["collector", "limiter", "budget"] as const) send({ type: "service.up", service });
    expect(log.slice(before)).toEqual([
      "collector: answer.keep",
      "limiter: call.hold",
      "budget: budget.settle 1 cost 1",
    ]);
  });

  it("keeps for its scoring what is left of its promise", async () => {
    const { answers, send, end, actor, state: at } = apart({ money: { reservationOf: () => 3 } });
    send({ type: "call.admitted" }, { type: "budget.reserved", amount: 3 });
    expect(at()).toBe("answering");
    await end(given);
    expect(actor.getSnapshot().context.reserved).toBe(2);
    answers.keep(3);
    send({ type: "answer.kept" }, { type: "service.up", service: "limiter" });
    await end(bad(notFound));
    await Promise.resolve();
    expect(actor.getSnapshot().context.attempt).toMatchObject({ cost: 0.25 });
  });

  it("that waits from before is scored at once; one that was not stored yet is stored first", async () => {
    const answer = { ...answerOf(task, [], given), ordinal: 3 };
    const before = new Answers(["a"], true);
    before.add(answer);
    const first = worker({ answers: before });
    first.send({ type: "call.admitted" });
    expect(first.state()).toBe("keeping");
    before.keep(3);
    const second = worker({ answers: before });
    second.send({ type: "call.admitted" });
    expect([second.state(), second.log.at(-1)]).toEqual(["scoring", "attempt 2"]);
    await second.end(bad(timeout));
    expect(second.exit()).toMatchObject({ kind: "crash", error: { failure: timeout } });
  });

  it("is not asked for again by an executor that knows nothing of answers: that is said", async () => {
    const { answers, live, send, end, stored } = apart();
    await live(given);
    answers.keep(3);
    send({ type: "answer.kept" });
    await end(given);
    expect(stored).toMatchObject([
      {
        finalStatus: "failed_permanent",
        error: {
          message:
            "the executor here was given an answer to score, and asked for another: run(task) must pass on task.answer",
        },
      },
    ]);
  });

  it("is left where the run drains and its scoring was taken back", async () => {
    const intake = { draining: false };
    const { answers, live, send, end, exit } = apart({ intake });
    await live(given);
    intake.draining = true;
    answers.keep(3);
    send({ type: "answer.kept" });
    await end(bad(failure("cancelled", "the run was stopped")));
    expect([exit(), answers.get(3)?.cost]).toMatchObject([{ kind: "shutdown", reason: "dropped" }, 1]);
  });
});

it("every state and every event of the chart was reached", () => {
  const { states } = workerLogic.config;
  const events = Object.values(states).flatMap(({ on }) => Object.keys(on ?? {}));
  expect([...Object.keys(states), ...events].filter((name) => !reached.has(name))).toEqual([]);
});
