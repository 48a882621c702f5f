/**
 * What supervision costs: `npm run bench:supervision`. Prints figures and exits 1 if one of the promises in the docs does not hold.
 * CPU time, so that a busy machine disturbs little; memory after garbage collection.
 */

import { spawnStateless, start as startNact, stop as stopNact } from "nact";
import {
  type ActorLogic,
  type AnyActorLogic,
  type AnyActorRef,
  createActor,
  enqueueActions,
  fromCallback,
  fromPromise,
  type Snapshot,
  setup,
  spawnChild,
} from "xstate";
import { manualClock } from "#src/testing/manual-clock";
import { DelayQueue } from "#supervisors/otp/delay";
import {
  type DynamicSupervisorOptions,
  dynamicSupervisor,
  normal,
  spawn,
  stop,
  supervisor,
  terminateChild,
} from "#supervisors/otp/index";

/** The cheapest child there is: custom logic, as the workers of an experiment are. */
const running = { status: "active", output: undefined, error: undefined } as const;
const table: ActorLogic<Snapshot<unknown>, { type: "end" }, unknown> = {
  getInitialSnapshot: () => running,
  transition: (snapshot, { type }) =>
    type === "end" ? { status: "done", output: normal, error: undefined } : snapshot,
  getPersistedSnapshot: (snapshot) => snapshot,
};
const callback = fromCallback(() => {});
const machine = setup({
  actions: {
    fail: () => {
      throw new Error("boom");
    },
  },
}).createMachine({
  initial: "a",
  states: { a: { on: { end: "b", crash: { actions: "fail" } } }, b: { type: "final" } },
});

const broken: string[] = [];
const promise = (law: string, holds: boolean): void => {
  if (!holds) broken.push(law);
};
const say = (what: string, figure: string): void => console.log(`${what.padEnd(66)} ${figure}`);
const cpuUs = (): number => {
  const { user, system } = process.cpuUsage();
  return user + system;
};
const heapMb = (): number => {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed / 1e6;
};
const pool = (start: AnyActorLogic, more: Partial<DynamicSupervisorOptions<number>> = {}) =>
  createActor(
    dynamicSupervisor<number>({ start, restart: "temporary", intensity: Number.POSITIVE_INFINITY, ...more }),
  ).start();
const child = (of: AnyActorRef, n: number): AnyActorRef => {
  const answer = spawn<number>(of, n);
  if (!answer.ok || !answer.value) throw new Error("not started");
  return answer.value;
};

/** Median of several rounds: CPU microseconds per turn. */
async function cost(turns: number, turn: (n: number) => unknown): Promise<number> {
  const rounds: number[] = [];
  for (let round = 0; round < 7; round++) {
    const began = cpuUs();
    for (let n = 0; n < turns; n++) await turn(n);
    rounds.push((cpuUs() - began) / turns);
  }
  return rounds.sort((a, b) => a - b)[3]!;
}

const turn = () => new Promise((resolve) => setImmediate(resolve));
const us = (figure: number): string => `${figure.toFixed(1)} us`;

for (const [kind, logic] of Object.entries({ table, callback, machine })) {
  const figures: number[] = [];
  for (const live of [10, 1_000, 10_000]) {
    const actor = pool(logic);
    for (let n = 0; n < live; n++) child(actor, n);
    figures.push(await cost(1_000, (n) => terminateChild(actor, child(actor, n))));
    const beganUs = cpuUs();
    await stop(actor);
    if (live < 10_000) continue;
    const tookMs = (cpuUs() - beganUs) / 1000;
    say(`${kind}: stop all of 10,000 children`, `${tookMs.toFixed(0)} ms`);
    promise(`stopping 10,000 ${kind} children takes under 500 ms`, tookMs < 500);
  }
  say(`${kind}: spawn and stop with 10 / 1,000 / 10,000 live children`, figures.map(us).join(" / "));
  promise(
    `spawn and stop of a ${kind} child grows at most 3x between 10 and 10,000 live ones`,
    figures[2]! < 3 * figures[0]!,
  );
}

{
  const actor = pool(table);
  const figure = await cost(20_000, (n) => child(actor, n).send({ type: "end" }));
  say("table: spawn and exit", us(figure));
}
{
  const logic = supervisor({
    intensity: Number.POSITIVE_INFINITY,
    onFact: null,
    children: [{ id: "a", start: machine, name: "a" }],
  });
  const root = createActor(logic).start();
  say(
    "ordinary supervisor, one machine child: crash and restart",
    us(
      await cost(1_000, async () => {
        root.system.get("a").send({ type: "crash" });
        await turn(); // one restart in a turn of the event loop
      }),
    ),
  );
}
{
  // A child that fails at once, at any intensity: CPU time that passes until a timer of 1 ms has its turn.
  const failing = fromPromise(() => Promise.reject(new Error("no")));
  const actor = pool(failing, { restart: "permanent", onFact: null });
  for (let n = 0; n < 50; n++) child(actor, n);
  const latest: number[] = []; // of each of five rounds: the least of them is not what else the machine does
  for (let round = 0; round < 5; round++) {
    globalThis.gc?.();
    let late = 0;
    for (let n = 0; n < 40; n++) {
      const began = cpuUs();
      await new Promise((resolve) => setTimeout(resolve, 1));
      late = Math.max(late, (cpuUs() - began) / 1000 - 1);
    }
    latest.push(late);
  }
  actor.stop();
  say("50 children that fail at once: a timer of 1 ms is late by at most", `${Math.min(...latest).toFixed(1)} ms`);
  promise("a timer of 1 ms is at most 20 ms late at intensity Infinity", Math.min(...latest) < 20);
}
{
  const actor = pool(table);
  for (let n = 0; n < 50_000; n++) child(actor, n).send({ type: "end" }); // compiled, caches filled
  const beforeMb = heapMb();
  for (let n = 0; n < 1_000_000; n++) child(actor, n).send({ type: "end" });
  const grownMb = heapMb() - beforeMb;
  say(
    "heap after 1,000,000 more start-exit cycles",
    `${grownMb >= 0 ? "+" : ""}${grownMb.toFixed(2)} MB of ${beforeMb.toFixed(1)} MB`,
  );
  promise("a million start-exit cycles leave the heap where it was (1 MB)", Math.abs(grownMb) < 1);
}
{
  const queue = new DelayQueue(manualClock());
  const began = cpuUs();
  for (let n = 0; n < 1_000_000; n++) queue.schedule(1_000 + ((n * 7919) % 1_000_000), () => {});
  say("one delay, up to 1,000,000 pending", us((cpuUs() - began) / 1e6));
  say("set and cancel one more", us(await cost(10_000, () => queue.cancel(queue.schedule(500_000, () => {})))));
}

{
  // Each round runs all of them, and the least of the rounds counts: what else the machine does, it does to all.
  const turns = 5_000;
  const root = pool(table);
  const host = createActor(
    setup({
      types: { events: {} as { type: "spawn" } | { type: "stop" } },
      actors: { table },
      actions: { stopAll: enqueueActions(({ enqueue }) => enqueue.stopChild("child")) },
    }).createMachine({
      on: { spawn: { actions: spawnChild("table", { id: "child" }) }, stop: { actions: "stopAll" } },
    }),
  ).start();
  const system = startNact();
  const contenders: Record<string, () => unknown> = {
    "createActor, bare": () => createActor(table).start().send({ type: "end" }),
    "createActor, with an id, an input and a listener of its end": () => {
      const actor = createActor(table, { id: "child", input: 0 });
      actor.subscribe({ complete: () => {} });
      actor.start().send({ type: "end" });
    },
    "dynamic supervisor": () => child(root, 0).send({ type: "end" }),
    "XState spawnChild, stopChild": () => {
      host.send({ type: "spawn" });
      host.send({ type: "stop" });
    },
    nact: () => stopNact(spawnStateless(system, () => {})),
  };
  const least: Record<string, number> = {};
  for (let round = 0; round < 15; round++) {
    for (const [name, once] of Object.entries(contenders)) {
      const began = cpuUs();
      for (let n = 0; n < turns; n++) once();
      const took = (cpuUs() - began) / turns;
      if (round > 1) least[name] = Math.min(least[name] ?? Number.POSITIVE_INFINITY, took); // the first two compile
      await turn();
    }
  }
  const plain = least["createActor, with an id, an input and a listener of its end"]!;
  for (const [name, took] of Object.entries(least))
    say(`spawn and exit: ${name}`, `${us(took)}, ${(took / plain).toFixed(2)} times that`);
  promise(
    "spawn and exit under a dynamic supervisor costs at most 1.5 times createActor with a listener",
    least["dynamic supervisor"]! <= 1.5 * plain,
  );
  stopNact(system);
}

/** Least of three rounds: CPU milliseconds and megabytes of `live` children, and CPU milliseconds of their stop. */
async function costOf(live: number, begin: (live: number) => AnyActorRef): Promise<number[]> {
  const rounds: number[][] = [];
  for (let round = 0; round < 3; round++) {
    const beforeMb = heapMb();
    const began = cpuUs();
    const actor = begin(live);
    const started = cpuUs();
    const grownMb = heapMb() - beforeMb;
    const stopping = cpuUs();
    await stop(actor);
    rounds.push([(started - began) / 1e3, grownMb, (cpuUs() - stopping) / 1e3]);
  }
  return [0, 1, 2].map((i) => Math.min(...rounds.map((figures) => figures[i]!)));
}

const many: Record<string, { sizes: [number, number]; begin: (live: number) => AnyActorRef }> = {
  "dynamic supervisor": {
    sizes: [10_000, 100_000],
    begin: (live) => {
      const actor = pool(table);
      for (let n = 0; n < live; n++) child(actor, n);
      return actor;
    },
  },
  "ordinary supervisor": {
    sizes: [100, 2_000],
    begin: (live) =>
      createActor(
        supervisor({ children: Array.from({ length: live }, (_, n) => ({ id: String(n), start: machine })) }),
      ).start(),
  },
};
for (const [kind, { sizes, begin }] of Object.entries(many)) {
  await costOf(sizes[0], begin); // compiled
  const [few, more] = [await costOf(sizes[0], begin), await costOf(sizes[1], begin)];
  const growth = sizes[1] / sizes[0];
  say(`${kind}, ${sizes.join(" and ")} children: start`, `${few[0]!.toFixed(1)} and ${more[0]!.toFixed(1)} ms`);
  say(`${kind}, ${sizes.join(" and ")} children: memory`, `${few[1]!.toFixed(2)} and ${more[1]!.toFixed(2)} MB`);
  say(`${kind}, ${sizes.join(" and ")} children: stop`, `${few[2]!.toFixed(1)} and ${more[2]!.toFixed(1)} ms`);
  for (const [i, what] of ["start", "memory", "stop"].entries())
    promise(
      `${kind}: ${what} of ${growth} times the children takes at most ${growth * 2} times as much`,
      more[i]! < 2 * growth * Math.max(few[i]!, 0.3),
    );
}

for (const law of broken) console.error(`BROKEN: ${law}`);
if (broken.length > 0) process.exitCode = 1;
