import { defineExperiment } from "crucible-harness";
import { isAlive, supervisor } from "crucible-harness/supervision";
import {
  defaultFaults,
  type FaultSchedule,
  replay,
  type SimulatedWorld,
  type SimulationError,
  simulate,
  simulateRun,
} from "crucible-harness/testing";
import { describe, expect, it } from "vitest";
import { type AnyActorRef, setup } from "xstate";
import type { Decision } from "#src/testing/draws";
import { runs } from "../runs.ts";

const job = setup({ types: { events: {} as { type: "work" } }, delays: { work: 10 } }).createMachine({
  id: "job",
  initial: "idle",
  states: { idle: { on: { work: "busy" } }, busy: { after: { work: "idle" } } },
});
const app = supervisor({
  intensity: 2,
  period: 1000,
  children: [
    { id: "a", start: job, name: "a" },
    { id: "b", start: job, name: "b" },
  ],
});
const crashes = [{ target: "actor", path: "app/*", fault: "crash", probability: 0.2 }] as const;

/** Two jobs that are given work at random times, and may crash over it. */
async function jobs(world: SimulatedWorld): Promise<void> {
  const root = world.start(app, { faults: [...crashes] });
  world.always(() => (isAlive(root) ? undefined : "the application is down"));
  for (let n = 0; n < 10; n++) {
    await world.sleep(1 + world.int("pause", 200));
    (root.system.get(world.pick("who", ["a", "b"])) as AnyActorRef | undefined)?.send({ type: "work" });
  }
}

const fail = (): never => {
  throw new RangeError("a bug");
};

/** Takes this process as one that has no handlers of its own: the test runner's would fail the test. */
async function withoutListeners<T>(during: () => Promise<T>): Promise<T> {
  const events = ["unhandledRejection", "uncaughtException"] as const;
  const own = events.map((event) => process.listeners(event as "uncaughtException"));
  for (const event of events) process.removeAllListeners(event);
  try {
    return await during();
  } finally {
    for (const [i, event] of events.entries()) for (const listener of own[i]!) process.on(event, listener);
  }
}

/** The first seed in which it breaks a law. */
async function firstBroken(body: (world: SimulatedWorld) => unknown): Promise<SimulationError> {
  for (let seed = 0; seed < 100; seed++) {
    const error = await simulate(seed, body).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    if (error) return error as SimulationError;
  }
  throw new Error("no seed breaks it");
}

describe("a simulation", () => {
  it("of one seed has one trace, byte for byte, and of another seed another one", async () => {
    const traces = await Promise.all(
      [3, 3, 4].map((seed) => simulate(seed, jobs).catch((e: SimulationError) => e.simulation)),
    );
    expect(traces[1]).toEqual(traces[0]);
    expect(traces[2]!.digest).not.toBe(traces[0]!.digest);
    expect(traces[0]!.trace.length).toBeGreaterThan(10);
  });

  it("takes no real time", async () => {
    const { value, elapsedMs } = await simulate(1, async (world) => {
      await world.sleep(86_400_000);
      return world.clock.now();
    });
    expect([value, elapsedMs]).toEqual([86_400_000, 86_400_000]);
  });

  it("finds the crashes that bring a tree down, and tells who did what when", async () => {
    const { message, simulation } = await firstBroken(jobs);
    expect(simulation.violation).toBe("the application is down");
    expect(message).toMatch(/FAULT {2}1\. crash app\/\*[\s\S]*VIOLATION {2}the application is down$/);
    expect(simulation.covered.faults).toEqual({ "1. crash app/*": 3 });
  });

  it("fires timers of one time in any order that Node may have, and those of one delay in the order they were set", async () => {
    const orders = new Set<string>();
    for (let seed = 0; seed < 20; seed++) {
      const { value } = await simulate(seed, async ({ clock, sleep: _, ...world }) => {
        void world;
        const fired: string[] = [];
        clock.setTimeout(() => fired.push("a"), 20);
        clock.setTimeout(() => fired.push("b"), 20);
        await new Promise<void>((resolve) => {
          clock.setTimeout(() => {
            clock.setTimeout(() => fired.push("c"), 10);
            clock.setTimeout(resolve, 11);
          }, 10);
        });
        return fired.join("");
      });
      orders.add(value!);
    }
    expect([...orders].sort()).toEqual(["abc", "acb", "cab"]);
  });

  it("that waits for nothing, or never ends, is a violation", async () => {
    const never = () => new Promise<void>(() => {});
    await expect(simulate(1, never, { patienceMs: 20 })).rejects.toThrow("it stands still");
    const forever = async (world: SimulatedWorld) => {
      for (;;) await world.sleep(1);
    };
    await expect(simulate(1, forever, { maxEvents: 50 })).rejects.toThrow("it has not ended after 50 events");
  });

  it("passes on what its body throws", async () => {
    const body = () => {
      throw new RangeError("a bug");
    };
    await expect(simulate(1, body)).rejects.toMatchObject({ cause: new RangeError("a bug") });
  });

  it.each([
    ["a timer throws: a bug", ({ clock }: SimulatedWorld) => clock.setTimeout(fail, 5)],
    ["nothing handles an error: a bug", () => void Promise.reject(new RangeError("a bug"))],
    ["nothing handles an error: a bug", () => process.nextTick(fail)],
    ["a bug", (world: SimulatedWorld) => world.always(fail)],
  ])("tells as a violation what would end a process: %s", async (violation, begin) => {
    const body = async (world: SimulatedWorld): Promise<void> => {
      begin(world);
      await world.sleep(10);
    };
    const ended = await withoutListeners(() => simulate(1, body).catch((error: unknown) => error as SimulationError));
    expect(ended).toMatchObject({ simulation: { violation }, cause: new RangeError("a bug") });
  });

  it.each([
    ["world.sleep(ms) takes a number of milliseconds that ends, got NaN", (world: SimulatedWorld) => world.sleep(NaN)],
    ["takes a probability from 0 to 1, got 1.5", (world: SimulatedWorld) => world.chance("late", 1.5)],
    ["takes a bound of at least 1, got 0", (world: SimulatedWorld) => world.int("items", 0)],
    ["takes at least one value, got []", (world: SimulatedWorld) => world.pick("who", [])],
    ["returns a sentence where it is broken", (world: SimulatedWorld) => world.always((() => true) as never)],
    ['a value was thrown that is not an error: {"code":7}', () => Promise.reject({ code: 7 })],
    ["an error of the class Error without a message", () => Promise.reject(new Error(""))],
  ])("says what it was given: %s", async (sentence, body) => {
    await expect(simulate(1, body as (world: SimulatedWorld) => unknown)).rejects.toThrow(sentence);
  });

  it("refuses a seed, a body or decisions that are none", async () => {
    await expect(simulate(NaN, () => 1)).rejects.toThrow("takes a number or a text as its seed, got NaN");
    await expect(simulate(1, 5 as never)).rejects.toThrow("takes a function as its body, got 5");
    await expect(replay([["late", -1, 2]], () => 1)).rejects.toThrow("decisions[0][1]");
  });
});

const experiment = defineExperiment({
  name: "simulated",
  dataset: Array.from({ length: 12 }, (_, i) => ({ id: `i${i}` })),
  conditions: ["a", "b"].map((name) => ({
    name,
    run: (_, context) => {
      context.charge(0.5);
      return { accuracy: context.random() > 0.5 };
    },
  })),
  metrics: ["accuracy"],
  config: { maxParallel: 3, timeoutMs: 500, errorHandling: { maxFailureRate: 1, initialDelayMs: 10, maxRetries: 2 } },
});

it("holds a run to the limits that it was given meanwhile", async () => {
  const hooks = { beforeExperiment: () => ({ config: { maxParallel: 2 } }) };
  const hooked = defineExperiment({ ...experiment, name: "hooked", hooks } as never);
  const operated: Decision[] = [
    ["items beyond the first", 0, 2],
    ["an operator acts at edge", 0, 1],
    ["how long an attempt takes", 0, 20],
    ["how long an attempt takes", 1, 20],
    ["the operator asks for", 0, 3],
    ["tasks at a time", 0, 2],
    ["how long an attempt takes", 2, 20],
  ];
  const { violation, trace } = await replay(operated, (world) => simulateRun(world, hooked, { faults: [] }));
  expect(violation).toBeUndefined();
  expect(trace.filter((line) => line.includes("maxParallel 2 -> 3"))).toHaveLength(1);
});

it("takes a copy of an experiment, as a run does", async () => {
  const copy = { ...experiment, name: "copied" };
  const { value } = await simulate(1, (world) => simulateRun(world, copy, { items: 2, wildSessions: 0 }));
  expect(value).toMatchObject({ status: "completed", tasks: 4 });
});

describe.each(["memory", "sqlite"] as const)("a simulated run (%s)", (store) => {
  const body = (world: SimulatedWorld) => simulateRun(world, experiment, { store, faults: defaultFaults, maxItems: 3 });

  it("is completed over kills, crashes and refusals, and is the same for the same seed", async () => {
    let kills = 0;
    for (let seed = 0; seed < runs(3, 8); seed++) {
      const { value, digest } = await simulate(seed, body);
      expect(value!.status).toBe("completed");
      kills += value!.kills;
      if (seed === 0) expect((await simulate(seed, body)).digest).toBe(digest);
    }
    expect(kills).toBeGreaterThan(0);
  });

  it("is the same for the same seed where a sentence tells which store refused", async () => {
    const faults: FaultSchedule = [{ target: "store", fault: "reject", at: 1 }];
    const refused = (world: SimulatedWorld) => simulateRun(world, experiment, { store, faults, items: 1 });
    const traces = await Promise.all([4, 4].map(async (seed) => (await simulate(seed, refused)).trace));
    expect(traces[0]!.join("\n")).toContain("refused");
    expect(traces[0]).toEqual(traces[1]);
  });
});
