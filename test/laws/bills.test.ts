import { defineExperiment, type ExperimentInput, type RunStore } from "crucible-harness";
import { faults } from "crucible-harness/testing";
import { describe, expect, it } from "vitest";
import type { ExecutorFactory } from "#src/execute/scope";
import type { AttemptResult } from "#src/experiment/execute";
import { StoreError } from "#src/kernel/errors";
import { failure } from "#src/kernel/failure";
import { err } from "#src/kernel/result";
import { begin, finish, goOn, lastingStore, rowsOf, sleep, type World, world } from "./harness.ts";
import { counting, death, deaths, sampled } from "./killing.ts";

/** What every call costs, whoever still waits for its answer. */
const PRICE = 0.5;

interface Server {
  /** Sum of all bills: what was really spent. */
  billed: number;
  /** The most calls that were out and not yet billed. */
  peak: number;
}

/** How long a server works on the n-th call, and whether the condition hears of its bill. */
interface Call {
  readonly ms: number;
  readonly says: "charges" | "nothing" | "reset";
}

/** An experiment against a server that bills every call it was sent, also those that nobody waits for any more. */
function billed(
  here: World,
  call: (n: number) => Call,
  more: Partial<ExperimentInput<{ id: string }>> & { estimate?: number } = {},
) {
  const server: Server = { billed: 0, peak: 0 };
  const { estimate, ...options } = more;
  let [calls, out] = [0, 0];
  const experiment = defineExperiment({
    name: "bills",
    dataset: Array.from({ length: 12 }, (_, i) => ({ id: `i${i}` })),
    conditions: [
      {
        name: "c",
        ...(estimate === undefined ? {} : { estimatedCost: estimate }),
        run: async (_: { id: string }, context) => {
          const { ms, says } = call(calls++);
          out += 1;
          server.peak = Math.max(server.peak, out);
          await sleep(here.clock, ms); // the signal is not passed on, as in most code that people write
          out -= 1;
          server.billed += PRICE;
          if (says === "reset") throw Object.assign(new Error("socket hang up"), { code: "ECONNRESET" });
          if (says === "charges") context.charge(PRICE);
          return { accuracy: 1 };
        },
      },
    ],
    metrics: ["accuracy"],
    ...options,
  });
  return { experiment, server };
}

const config = {
  maxParallel: 3,
  timeoutMs: 20,
  errorHandling: { maxRetries: 2, initialDelayMs: 5, maxFailureRate: 1 },
};

describe("a server that answers after the timeout, and sends its bill", () => {
  it.each(["nothing", "charges"] as const)(
    "cannot make the run pass its budget (the condition says %s)",
    async (says) => {
      const here = world();
      const { experiment, server } = billed(here, () => ({ ms: 60, says }), {
        config,
        costBudget: { maxTotal: 3 },
        estimate: PRICE,
      });
      const report = await finish(here, begin(here, experiment));
      await here.clock.advance(100);
      expect(report.status).toBe("budget_exhausted");
      expect(server.billed).toBeLessThanOrEqual(3);
      expect(report.cost).toBeCloseTo(server.billed, 9);
    },
  );

  it("is counted as it charges where nothing was estimated", async () => {
    const here = world();
    const { experiment, server } = billed(here, () => ({ ms: 60, says: "charges" }), {
      dataset: Array.from({ length: 100 }, (_, i) => ({ id: `i${i}` })),
      config,
      costBudget: { maxTotal: 3 },
    });
    const report = await finish(here, begin(here, experiment));
    await here.clock.advance(100);
    expect(report.status).toBe("budget_exhausted");
    expect(server.billed).toBeLessThanOrEqual(3 + server.peak * PRICE);
  });
});

/** Ways in which money is watched over: not at all, without an idea of what a call costs, with the right one, with too low a one. */
const watched = [
  {},
  { costBudget: { maxTotal: 1000 } },
  { costBudget: { maxTotal: 1000 }, estimate: PRICE },
  { costBudget: { maxTotal: 1000 }, estimate: PRICE / 5 },
];

/** An experiment that pays for every call in advance, and then works; some calls are refused after they were paid. */
function prepaid(here: World, { estimate, ...more }: (typeof watched)[number] & { estimate?: number }) {
  const paid = { amount: 0 };
  const experiment = defineExperiment({
    name: "prepaid",
    dataset: Array.from({ length: 5 }, (_, i) => ({ id: `i${i}` })),
    conditions: [
      {
        name: "c",
        ...(estimate === undefined ? {} : { estimatedCost: estimate }),
        run: async ({ id }: { id: string }, context) => {
          context.charge(PRICE);
          paid.amount += PRICE;
          await sleep(here.clock, 10);
          if (id === "i1" && context.attempt === 1) throw Object.assign(new Error("503"), { status: 503 });
          return { accuracy: 1 };
        },
      },
    ],
    metrics: ["accuracy"],
    config: { maxParallel: 2, errorHandling: { initialDelayMs: 10, jitter: false, maxFailureRate: 1 } },
    ...more,
  });
  return { experiment, paid };
}

const mortals = [
  "conditions/c/tasks/*",
  "conditions/c/tasks",
  "conditions/c",
  "services",
  "services/budget",
  "services/collector",
];

const NEVER = Number.POSITIVE_INFINITY;
/** Of the events at which an actor may die, so many are left out: trying all takes two minutes. */
const EVERY = 8;

describe.each(watched)("the books of a run (%j)", (money) => {
  describe.each(deaths)("in which an actor dies (%s)", (how) => {
    it.each(mortals)("hold all that was paid, also after an abort and a resume: %s", async (path) => {
      const counter = counting(path);
      const straight = world();
      await finish(
        straight,
        begin(straight, prepaid(straight, money).experiment, lastingStore(), { faults: counter.faults }),
      );
      const wrong: unknown[] = [];
      // without a budget nothing is written of a task before its row: a collector that dies as it is stopped takes that along
      const aborts = money.costBudget || !path.startsWith("services") ? [12, 22, NEVER] : [NEVER];
      for (const [i, at] of sampled(counter.count()).entries()) {
        if (i % EVERY !== 0) continue;
        const abortAt = aborts[(i / EVERY) % aborts.length]!;
        const here = world();
        const store = lastingStore();
        const { experiment, paid } = prepaid(here, money);
        const handle = begin(here, experiment, store, { faults: death(how, path, at) });
        const first = await finish(here, handle, () => {
          if (here.clock.now() >= 1000 + abortAt) handle.abort();
        });
        const onTheWay = paid.amount;
        const second = await finish(here, goOn(here, experiment, store));
        const isWrong = Math.abs(first.cost - onTheWay) + Math.abs(second.cost - paid.amount) > 1e-9;
        if (isWrong) wrong.push({ at, abortAt, first: [first.cost, onTheWay], second: [second.cost, paid.amount] });
      }
      expect(wrong).toEqual([]);
    });
  });

  it("hold what was paid when the process died twice in the middle of an attempt", async () => {
    const wrong: unknown[] = [];
    for (let first = 1; first < 40; first += 3) {
      const here = world();
      const store = lastingStore();
      const { experiment, paid } = prepaid(here, money);
      await dieAfter(first, here, (mortal) => begin(here, experiment, mortal), store);
      await dieAfter(7, here, (mortal) => goOn(here, experiment, mortal), store);
      const { cost, accounting } = await finish(here, goOn(here, experiment, store));
      expect(accounting.succeeded).toBe(5);
      // nobody could write down what was charged beyond its promise, nor without a budget what was about to be stored
      const unwritten = 2 * (money.costBudget ? 2 : 4) * (PRICE - (money.estimate ?? 0));
      if (cost > paid.amount + 1e-9 || cost < paid.amount - unwritten - 1e-9) wrong.push([first, cost, paid.amount]);
    }
    expect(wrong).toEqual([]);
  });
});

/** Runs on a store that hears nothing any more after so many milliseconds, as if the process had died. */
async function dieAfter(
  ms: number,
  here: World,
  run: (store: RunStore) => ReturnType<typeof begin>,
  store: RunStore,
): Promise<void> {
  let dead = false;
  const mortal = Object.fromEntries(
    Object.entries(store).map(([name, member]) => [
      name,
      typeof member !== "function" ? member : (...given: unknown[]) => (dead ? silence(name) : member(...given)),
    ]),
  ) as unknown as RunStore;
  const handle = run(mortal);
  const diesAt = here.clock.now() + ms;
  await finish(here, handle, () => {
    if (here.clock.now() < diesAt || dead) return;
    dead = true;
    handle.abort();
  }).catch(() => {});
}

/** What the dead are answered. */
const silence = (method: string): unknown =>
  method === "abandon"
    ? 0
    : ["append", "sessions", "outcomes", "endings", "closeReservations"].includes(method)
      ? []
      : undefined;

describe("a run without a budget", () => {
  it.each(["killed", "aborted"] as const)(
    "says which tasks were under way when it was %s, and ran again",
    async (how) => {
      const here = world();
      const store = lastingStore();
      const { experiment } = prepaid(here, {});
      if (how === "killed") await dieAfter(5, here, (mortal) => begin(here, experiment, mortal), store);
      else {
        const handle = begin(here, experiment, store);
        await finish(here, handle, () => {
          if (here.clock.now() === 1005) handle.abort();
        });
      }
      expect(await rowsOf(store)).toEqual([]);
      await finish(here, goOn(here, experiment, store));
      expect((await store.sessions()).at(-1)).toMatchObject({ status: "completed", rerun: 2 });
    },
  );
});

/** Ways in which a condition is begun. */
const beginnings = {
  "at once": {},
  "by a limit": { config: { maxParallel: 1, rateLimit: 100 } },
  "by an executor that begins later": { faults: faults([{ target: "executor", fault: "delay", at: 2, forMs: 5 }]) },
};
/** When a condition that aborts its own run charges: before it does, right after, or once it has waited. */
const moments = ["before", "after", "later"] as const;

describe.each(watched)("a condition that aborts its own run before it first waits (%j)", ({ estimate, ...more }) => {
  it.each(Object.entries(beginnings).flatMap(([name, given]) => moments.map((moment) => ({ name, moment, given }))))(
    "is cancelled, and in the books: begun $name, charged $moment",
    async ({ moment, given }) => {
      const here = world();
      const inner = lastingStore();
      let [calls, paid, promised, unknown, heard] = [0, 0, 0, 0, false];
      const store: RunStore = {
        ...inner,
        reserve: (promise) => {
          promised = promise.amount;
          return inner.reserve(promise);
        },
      };
      const experiment = defineExperiment({
        name: "aborts itself",
        dataset: Array.from({ length: 3 }, (_, i) => ({ id: `i${i}` })),
        conditions: [
          {
            name: "c",
            ...(estimate === undefined ? {} : { estimatedCost: estimate }),
            run: async (_: { id: string }, context) => {
              const pay = (): void => {
                paid += PRICE;
                context.charge(PRICE);
              };
              calls += 1;
              if (calls !== 2 || moment === "before") pay();
              if (calls !== 2) return { accuracy: 1 };
              handle.abort();
              if (moment === "after") pay();
              context.signal.addEventListener("abort", () => {
                heard = true;
              });
              // what is charged after the session has ended is known as far as it was promised
              if (moment === "later") unknown = PRICE - promised;
              await sleep(here.clock, 500);
              if (moment === "later") pay();
              return { accuracy: 1 };
            },
          },
        ],
        metrics: ["accuracy"],
        config: { maxParallel: 1 },
        ...more,
        ...("config" in given ? { config: given.config } : {}),
      });
      const handle = begin(here, experiment, store, "faults" in given ? { faults: given.faults } : {});
      const aborted = await finish(here, handle);
      await here.clock.advance(1000);
      expect({ heard, status: aborted.status }).toEqual({ heard: true, status: "aborted" });
      const resumed = await finish(here, goOn(here, experiment, store));
      expect(resumed.accounting.succeeded).toBe(3);
      expect(resumed.cost).toBeCloseTo(paid - unknown, 9);
    },
  );
});

describe("an attempt that its executor had not begun when the run was aborted", () => {
  it("cost nothing, and what was promised to it is free again", async () => {
    const here = world();
    const store = lastingStore();
    const { experiment } = prepaid(here, { costBudget: { maxTotal: 3 }, estimate: PRICE });
    const refused = err(failure("cancelled", "the run was stopped"));
    const busy: ExecutorFactory = () => ({
      name: "busy",
      run: () => {
        let end: (ended: AttemptResult) => void;
        const result = new Promise<AttemptResult>((resolve) => {
          end = resolve;
        });
        const cancel = (): void =>
          end({ result: refused, startedAt: here.clock.now(), elapsedMs: 0, begun: false, worker: "busy" });
        return { result, cancel };
      },
    });
    const handle = begin(here, experiment, store, { executor: busy });
    const aborted = await finish(here, handle, (step) => {
      if (step === 20) handle.abort();
    });
    expect(aborted).toMatchObject({ status: "aborted", cost: 0 });
    const resumed = await finish(here, goOn(here, experiment, store));
    expect(resumed).toMatchObject({ status: "completed", cost: 6 * PRICE }); // five tasks, one of them twice
  });

  it("is never shown as less than nothing, at any moment, also where the n-th write fails", async () => {
    const least = { cost: 0, reserved: 0, condition: 0 };
    let seen = 0;
    for (let nth = 1; nth <= 12; nth++) {
      const here = world();
      const { experiment } = prepaid(here, { costBudget: { maxTotal: 30 }, estimate: PRICE });
      let writes = 0;
      const store = lastingStore();
      const failing =
        <A extends unknown[], R>(write: (...given: A) => R) =>
        (...given: A): R => {
          writes += 1;
          if (writes >= nth) throw new StoreError("memory", "database or disk is full");
          return write(...given);
        };
      const full = {
        ...store,
        append: failing(store.append),
        reserve: failing(store.reserve),
        settle: failing(store.settle),
        lose: failing(store.lose),
      };
      const handle = begin(here, experiment, full, { executor: neverBegins(here, nth % 3 === 0) });
      const look = (): void => {
        const { cost, reserved, conditions } = handle.status();
        seen += 1;
        least.cost = Math.min(least.cost, cost);
        least.reserved = Math.min(least.reserved, reserved);
        for (const own of conditions.values()) least.condition = Math.min(least.condition, own.cost);
      };
      await finish(here, handle, (step) => {
        look();
        if (step === 10 + nth) handle.abort();
      }).catch((error: unknown) => expect(error).toBeInstanceOf(StoreError));
      look();
    }
    expect(least).toEqual({ cost: 0, reserved: 0, condition: 0 });
    expect(seen).toBeGreaterThan(100);
  });
});

/** Gives attempts back before they begin, when they are cancelled; `later` a moment after. */
const neverBegins =
  (here: World, later: boolean): ExecutorFactory =>
  () => ({
    name: "busy",
    run: () => {
      let end: (ended: AttemptResult) => void;
      const result = new Promise<AttemptResult>((resolve) => {
        end = resolve;
      });
      const back: AttemptResult = {
        result: err(failure("cancelled", "the run was stopped")),
        startedAt: here.clock.now(),
        elapsedMs: 0,
        begun: false,
        worker: "busy",
      };
      return { result, cancel: () => void (later ? here.clock.setTimeout(() => end(back), 3) : end(back)) };
    },
  });
