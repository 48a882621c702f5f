import { randomBytes } from "node:crypto";
import { supervisor } from "crucible-harness/supervision";
import { defaultFaults, explore, replay, type SimulatedWorld, untouched } from "crucible-harness/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { setup } from "xstate";
import { shrink } from "#src/testing/shrink";
import { draws } from "../runs.ts";

/** A counter that loses an addition where two of them overlap: it reads, waits, and writes. */
async function lostUpdate(world: SimulatedWorld): Promise<void> {
  let count = 0;
  const adders = 1 + world.int("adders", 6);
  const add = async (): Promise<void> => {
    await world.sleep(world.int("before", 100));
    const read = count;
    await world.sleep(world.int("between", 10));
    count = read + 1;
  };
  await Promise.all(Array.from({ length: adders }, add));
  if (count !== adders) throw new Error(`${adders} additions came to ${count}`);
}

describe("an exploration", () => {
  it("ends at the first violation and leaves of it what no part of can go", async () => {
    const { found, seeds } = await explore(lostUpdate, { seeds: 200 });
    expect(found!.seed).toBe(seeds - 1);
    expect(found!.decisions.length).toBeLessThan(found!.decided);
    expect(found!.violation).toBe("2 additions came to 1");
    // one more adder, and nothing else is needed: both read before one writes
    expect(found!.decisions).toEqual([["adders", 0, 1]]);
    const again = await replay(found!.decisions, lostUpdate);
    expect([again.violation, again.digest]).toEqual([found!.violation, found!.simulation.digest]);
  });

  it("names what was never touched", async () => {
    const machine = setup({}).createMachine({
      id: "door",
      initial: "shut",
      states: { shut: { on: { push: "open" } }, open: { on: { pull: "shut" } }, broken: {} },
    });
    const body = async (world: SimulatedWorld): Promise<void> => {
      const door = world.start(machine, { id: "door" });
      await world.sleep(1);
      door.send({ type: "push" });
    };
    const faults = [
      { target: "store", fault: "crash", probability: 1 },
      { target: "executor", fault: "reject", at: 99 },
    ] as const;
    const { covered } = await explore(body, { seeds: 3, faults: [...faults] });
    expect(covered.states).toEqual({ "door.shut": 3, "door.open": 3, "door.broken": 0 });
    expect(untouched(covered.transitions)).toEqual(["door.open pull"]);
    expect(untouched(covered.faults)).toEqual(["1. crash store", "2. reject executor with 503"]);
  });

  it("refuses rules that aim at no actor of any simulation, each with the nearest path, and not those that are for all trees", async () => {
    const job = setup({}).createMachine({ id: "job" });
    const app = supervisor({ intensity: 2, period: 1000, children: [{ id: "reader", start: job, name: "reader" }] });
    const body = (paths: readonly string[]) => (world: SimulatedWorld) => {
      const own = paths.map((path) => ({ target: "actor" as const, path, fault: "crash" as const, at: 99 }));
      world.start(app, { faults: [...defaultFaults, ...own] });
    };
    await expect(explore(body(["app/raeder", "app/*", "application/**"]), { seeds: 3 })).rejects.toThrow(
      'explore(body) has faults that aim at nothing, in 3 simulations: the fault "crash app/raeder at 99" never struck: no actor has that path. Did you mean "app/reader"?; the fault "crash application/** at 99" never struck: no actor has that path.',
    );
    expect(await explore(body(["app/reader", "**"]), { seeds: 3 })).toMatchObject({ seeds: 3 });
  });

  it("holds its own invariants after every event", async () => {
    const late = async (world: SimulatedWorld): Promise<void> => {
      await world.sleep(world.int("pause", 1000));
      await world.sleep(1);
    };
    const { found } = await explore(late, {
      seeds: 50,
      invariants: [({ clock }) => (clock.now() > 500 ? "it is late" : undefined)],
    });
    expect(found?.decisions).toEqual([["pause", 0, 500]]);
  });

  it("refuses a body that asks for time or chance elsewhere, and names where", async () => {
    const random = async (world: SimulatedWorld): Promise<void> => {
      await world.sleep(1e9 * Math.random()); // traces tell thousandths: of a second or less, one in a thousand pairs would be equal
      world.note("body", "has slept");
    };
    await expect(explore(random, { seeds: 3 })).rejects.toThrow(
      /must do the same twice; with seed 0 the trace differs in line 1: ".* ms {2}body {2}has slept" and .*it uses Math\.random at .*explore\.test\.ts:\d+:\d+/,
    );
    const timed = async (world: SimulatedWorld): Promise<void> => world.note("body", `it is ${performance.now()}`);
    await expect(explore(timed, { seeds: 3 })).rejects.toThrow(/performance\.now at .*explore\.test\.ts/);
    const dated = async (world: SimulatedWorld): Promise<void> => world.note("body", `it is ${Date.now()}`); // the same twice in one millisecond
    await expect(explore(dated, { seeds: 3 })).rejects.toThrow(/Date\.now at .*explore\.test\.ts/);
    const asking = async (world: SimulatedWorld): Promise<void> => {
      await fetch("data:text/plain,hello");
      world.note("body", `it is ${performance.now()}`);
    };
    await expect(explore(asking, { seeds: 3 })).rejects.toThrow(/it uses (.*, )?fetch of /);
    const hasty = async (world: SimulatedWorld): Promise<void> => world.note("body", randomBytes(8).toString("hex"));
    await expect(explore(hasty, { seeds: 3 })).rejects.toThrow(/crypto\.randomBytes at .*explore\.test\.ts/);
  });

  it("finds what brings an application down, in as few crashes as its intensity takes", async () => {
    const job = setup({}).createMachine({ id: "job", on: { work: {} } });
    const app = supervisor({ intensity: 2, period: 1000, children: [{ id: "a", start: job, name: "a" }] });
    const body = async (world: SimulatedWorld): Promise<void> => {
      const root = world.start(app);
      world.always(() => (root.getSnapshot().status === "active" ? undefined : "the application is down"));
      for (let n = 0; n < 10; n++) {
        await world.sleep(world.int("pause", 400));
        root.system.get("a")?.send({ type: "work" });
      }
    };
    const crashes = { target: "actor", path: "app/a", fault: "crash", probability: 0.5 } as const;
    const { found } = await explore(body, { seeds: 200, faults: [crashes] });
    expect(found?.decisions.filter(([label]) => label === "1. crash app/a")).toHaveLength(3);
    expect(found?.decisions.filter(([label]) => label === "pause")).toEqual([]);
  });
});

describe("shrinking", () => {
  const decisions = fc
    .uniqueArray(fc.tuple(fc.constantFrom("a", "b", "c"), fc.nat(9), fc.integer({ min: 1, max: 1000 })), {
      selector: ([label, n]) => `${label}${n}`,
      minLength: 1,
      maxLength: 20,
    })
    .chain((all) => fc.tuple(fc.constant(all), fc.subarray(all, { minLength: 1 })));

  it("finds the decisions that are needed, and the smallest values that still fail, whatever they are", async () => {
    await fc.assert(
      fc.asyncProperty(decisions, async ([all, needed]) => {
        const least = needed.map(([label, n, value]) => [label, n, Math.ceil(value / 2)] as const);
        const { decisions: left } = await shrink(
          all,
          async (candidate) =>
            least.every(([label, n, value]) =>
              candidate.some((own) => own[0] === label && own[1] === n && own[2] >= value),
            )
              ? candidate
              : undefined,
          100_000,
        );
        expect([...left].sort()).toEqual([...least].sort());
      }),
      draws(20),
    );
  });
});
