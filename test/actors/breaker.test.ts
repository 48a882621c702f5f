import { describe, expect, it } from "vitest";
import { createActor } from "xstate";
import { type BreakerInput, breakerMachine } from "#actors/breaker";
import { type Failure, failure } from "#src/kernel/failure";
import { type BreakerOptions, breakerOptions, type CircuitState } from "#src/policy/breaker";
import { manualClock } from "#src/testing/manual-clock";
import { coverageOf, ears, ended } from "./support.ts";

const coverage = coverageOf(breakerMachine);

/** A breaker over a window of four tasks, one of which may fail. */
function breaker(options: Partial<BreakerOptions> = {}, change: Partial<BreakerInput> = {}) {
  const clock = manualClock();
  const heard = ears();
  const circuit: CircuitState[] = [];
  const actor = createActor(breakerMachine, {
    clock,
    inspect: coverage.inspect,
    input: {
      options: breakerOptions.parse({
        failureWindow: 4,
        maxFailureRate: 0.25,
        onOpen: "pause",
        coolDownMs: 500,
        ...options,
      }),
      planned: 100,
      earlier: [],
      circuit: "closed",
      changeCircuit: (state) => void circuit.push(state),
      facts: heard.facts,
      run: heard.run,
      ...change,
    },
  }).start();
  let next = 0;
  return {
    clock,
    heard,
    circuit,
    state: () => actor.getSnapshot().value,
    /** Tasks end, each as its letter says: ok, failed, throttled, skipped, unscored. */
    store: (tasks: string, first = next) => {
      const hows = { o: "ok", f: "failed", t: "throttled", s: "skipped", u: "unscored" } as const;
      const outcomes = [...tasks].map((task, i) => ended(first + i, hows[task as keyof typeof hows]));
      next = Math.max(next, first + tasks.length);
      actor.send({ type: "outcomes.stored", outcomes });
    },
    fail: (kind: Failure["kind"], times: number) => {
      for (let i = 0; i < times; i++)
        actor.send({ type: "attempt.failed", error: failure(kind, `no answer to call ${i}`) });
    },
    succeed: () => actor.send({ type: "attempt.succeeded" }),
    tryWith: (ordinal: number) => actor.send({ type: "trial.started", ordinal }),
  };
}

describe("a circuit of a run in which nothing has worked yet", () => {
  it("opens after so many failed attempts, retried ones included, and says what they said", () => {
    const { fail, state, heard } = breaker({ onOpen: "abort" });
    fail("connection_refused", 19);
    expect([state(), heard.stops]).toEqual(["closed", []]);
    fail("connection_refused", 1);
    expect(state()).toBe("open");
    expect(heard.stops).toEqual([
      {
        status: "aborted",
        cause: "breaker",
        quotesTask: true,
        reason:
          "the circuit breaker opened: the first 20 attempts failed and none succeeded; most often: connection_refused: no answer to call 0 (20 times)",
      },
    ]);
  });

  it("pauses where it is to pause, and counts from the beginning afterwards", async () => {
    const { fail, state, store, tryWith, clock } = breaker({ maxFailuresBeforeSuccess: 3 });
    fail("timeout", 3);
    expect(state()).toBe("open");
    await clock.advance(500);
    fail("timeout", 9);
    expect(state()).toBe("halfOpen");
    tryWith(7);
    store("o", 7);
    fail("timeout", 2);
    expect(state()).toBe("closed");
  });

  it("is not opened by rate limits, after a success, without the option, or where nothing opens it", () => {
    const throttled = breaker();
    throttled.fail("rate_limited", 100);
    const proven = breaker();
    proven.fail("timeout", 19);
    proven.succeed();
    proven.fail("timeout", 19);
    const [without, tolerant] = [breaker({ maxFailuresBeforeSuccess: null }), breaker({ maxFailureRate: 1 })];
    without.fail("timeout", 100);
    tolerant.fail("timeout", 100);
    expect([throttled, proven, without, tolerant].map(({ state }) => state())).toEqual(Array(4).fill("closed"));
  });
});

describe("a closed circuit", () => {
  it("opens when more than its share of the window failed, and not before the window is full", () => {
    const { store, state, heard, circuit } = breaker();
    store("off");
    expect([state(), circuit]).toEqual(["closed", []]);
    store("o");
    expect([state(), circuit]).toEqual(["open", ["open"]]);
    expect(heard.all).toEqual([{ type: "circuit.opened", failures: 2, ended: 4 }]);
    expect(heard.stops).toEqual([]);
  });

  it("does not mind tasks that were throttled or skipped", () => {
    const { store, state } = breaker();
    store("tsttssttoofo");
    expect(state()).toBe("closed");
    store("f");
    expect(state()).toBe("open");
  });

  it("ends the run, resumable, when it opens permanently", () => {
    const { store, heard } = breaker({ onOpen: "abort" });
    store("ffoo");
    expect(heard.stops).toEqual([
      {
        status: "aborted",
        cause: "breaker",
        quotesTask: true,
        reason:
          "the circuit breaker opened: 2 of the last 4 tasks failed, more than 25 %; most often: server_error: 500 (2 times)",
      },
    ]);
  });

  it("remembers the tasks that ended before it was restarted", () => {
    const { state, store } = breaker({}, { earlier: [ended(0, "failed"), ended(1), ended(2)] });
    expect(state()).toBe("closed");
    store("f", 3);
    expect(state()).toBe("open");
  });
});

describe("an open circuit", () => {
  it("cools down, whatever ends meanwhile, and then lets one task try", async () => {
    const { store, state, clock, heard, circuit } = breaker();
    store("ffff");
    store("oooo");
    await clock.advance(499);
    expect(state()).toBe("open");
    await clock.advance(1);
    expect([state(), circuit]).toEqual(["halfOpen", ["open", "halfOpen"]]);
    expect(heard.types()).toEqual(["circuit.opened", "circuit.halfOpened"]);
  });

  it("is still open after a restart", async () => {
    const { state, circuit, clock } = breaker({}, { circuit: "open" });
    expect([state(), circuit]).toEqual(["open", ["open"]]);
    await clock.drain();
    expect(state()).toBe("halfOpen");
  });
});

describe("a half-open circuit", () => {
  const halfOpen = (options: Partial<BreakerOptions> = {}) => breaker(options, { circuit: "halfOpen" });

  it("closes when the trial task succeeds, with an empty memory", () => {
    const { store, tryWith, state, heard, circuit } = halfOpen();
    tryWith(7);
    store("o", 7);
    expect([state(), circuit]).toEqual(["closed", ["halfOpen", "closed"]]);
    expect(heard.types()).toEqual(["circuit.halfOpened", "circuit.closed"]);
    store("fff");
    expect(state()).toBe("closed");
  });

  it("opens again when the trial task fails, and tries again later", async () => {
    const { store, tryWith, circuit, clock, heard } = halfOpen();
    tryWith(7);
    store("f", 7);
    expect(circuit).toEqual(["halfOpen", "open"]);
    await clock.advance(500);
    expect(circuit).toEqual(["halfOpen", "open", "halfOpen"]);
    expect(heard.stops).toEqual([]);
  });

  it("ends the run when the trial task fails and an open circuit is to end it", () => {
    const { store, tryWith, heard } = halfOpen({ onOpen: "abort" });
    expect(heard.stops).toEqual([]);
    tryWith(7);
    store("f", 7);
    expect(heard.stops).toEqual([
      {
        status: "aborted",
        cause: "breaker",
        quotesTask: true,
        reason: "the circuit breaker opened again: the trial task failed too",
      },
    ]);
  });

  it("heeds nobody but the trial task", () => {
    const { store, tryWith, state } = halfOpen();
    store("ff", 1);
    tryWith(7);
    store("off", 3);
    expect(state()).toBe("halfOpen");
    store("fof", 6); // 6 and 8 ran beside the trial
    expect(state()).toBe("closed");
  });

  it.each([
    ["o", "closed"],
    ["f", "open"],
    ["t", "halfOpen"],
  ])(
    "decides by the trial's result (%s) also when it hears of it before it hears which task is the trial",
    (how, then) => {
      const { store, tryWith, state } = halfOpen();
      store("ff", 1);
      store(how, 7);
      tryWith(7);
      expect(state()).toBe(then);
    },
  );

  it.each(["t", "s", "u"])("asks for another trial when this one says nothing (%s)", (how) => {
    const { store, tryWith, state, circuit } = halfOpen();
    tryWith(7);
    store(how, 7);
    expect([state(), circuit]).toEqual(["halfOpen", ["halfOpen", "halfOpen"]]);
    tryWith(8);
    store("o", 8);
    expect(state()).toBe("closed");
  });
});

it("every state and every event of the chart was reached", () => {
  expect(coverage.missing()).toEqual([]);
});
