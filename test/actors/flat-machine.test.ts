import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { assign, createActor, createMachine, type EventObject } from "xstate";
import { getShortestPaths, getSimplePaths } from "xstate/graph";
import { type FlatConfig, type FlatTransition, flatMachine } from "#actors/flat-machine";
import { workerConfig, workerLogic } from "#actors/worker";
import { crash, normal } from "#src/kernel/exit";
import { runs } from "../runs.ts";

fc.configureGlobal({ seed: 42 });

/** An event that says itself which guards let it through. */
interface Ask extends EventObject {
  readonly holds: readonly string[];
}
interface Steps {
  readonly steps: number;
}

const choicesOf = (state: string, on: FlatConfig["on"] = {}) =>
  Object.entries(on).flatMap(([event, choices]) =>
    ([choices].flat() as FlatTransition<string>[]).map((choice) => ({ state, event, ...choice })),
  );
const transitionsOf = (config: FlatConfig) =>
  Object.entries(config.states).flatMap(([state, { on }]) => choicesOf(state, on));
/** Those without an event of their own, too, and those of the whole chart. */
const everyTransition = (config: FlatConfig): FlatTransition<string>[] => [
  ...transitionsOf(config),
  ...choicesOf("", config.on),
  ...Object.values(config.states).flatMap(({ always = [] }) => always),
];
const unique = (names: Iterable<string | undefined>): string[] => [
  ...new Set([...names].filter((name) => name !== undefined)),
];
const guardsOf = (config: FlatConfig) => unique(everyTransition(config).map(({ guard }) => guard));
const actionsOf = (config: FlatConfig) =>
  unique([
    ...everyTransition(config).flatMap(({ actions = [] }) => actions),
    ...Object.values(config.states).flatMap(({ entry = [] }) => entry),
  ]);

/** Every event of a chart, once for every way in which its guards may answer. */
function eventsOf(config: FlatConfig): Ask[] {
  return unique(transitionsOf(config).map(({ event }) => event)).flatMap((type) => {
    const asked = unique(
      transitionsOf(config)
        .filter(({ event }) => event === type)
        .map(({ guard }) => guard),
    );
    const answers = asked.reduce<string[][]>((all, guard) => all.flatMap((held) => [held, [...held, guard]]), [[]]);
    return answers.map((holds) => ({ type, holds }));
  });
}

/** What an action leaves: a line that says who did what when, and a changed context where that is allowed. */
const note = (log: string[], name: string, { steps }: Steps, { type }: EventObject): Partial<Steps> => {
  const begins = type === "xstate.init";
  log.push(`${name} at ${begins ? "the start" : type}, step ${steps}`);
  return begins ? {} : { steps: steps + 1 };
};

/** A chart under our interpreter. */
function ours(config: FlatConfig, log: string[]) {
  return flatMachine<Steps, Ask, undefined, string>({
    config,
    context: () => ({ steps: 0 }),
    exit: () => normal,
    delays,
    guards: Object.fromEntries(guardsOf(config).map((name) => [name, ({ event }) => holds(event, name)])),
    actions: Object.fromEntries(
      actionsOf(config).map((name) => [name, ({ context, event }) => note(log, name, context, event)]),
    ),
  });
}

/** The same chart under XState's. */
function theirs(config: FlatConfig, log: string[]) {
  const guards = guardsOf(config).map((name) => [name, ({ event }: { event: Ask }) => holds(event, name)]);
  const actions = actionsOf(config).map((name) => [
    name,
    assign(({ context, event }: { context: Steps; event: Ask }) => note(log, name, context, event)),
  ]);
  const implementations = {
    guards: Object.fromEntries(guards),
    actions: Object.fromEntries(actions),
    delays: { soon: delays.soon, late: delays.late },
  };
  return createMachine({ ...(config as object), context: { steps: 0 } }, implementations);
}

/** The start and the end of a delay come without an ask: there no guard holds. */
const holds = ({ holds: held }: Partial<Ask>, guard: string): boolean => held?.includes(guard) ?? false;
const delays = { soon: () => 5, late: () => 12 };
/** Not sent, but waited for: ten milliseconds. */
const WAIT = "(wait)";

/** A clock that is turned without waiting for promises. */
function stepClock() {
  const timers = new Set<{ dueMs: number; fn: () => void }>();
  let nowMs = 0;
  return {
    timers,
    setTimeout: (fn: () => void, ms: number) => {
      const timer = { dueMs: nowMs + ms, fn };
      timers.add(timer);
      return timer;
    },
    clearTimeout: (timer: unknown) => void timers.delete(timer as { dueMs: number; fn: () => void }),
    advance(ms: number) {
      const untilMs = nowMs + ms;
      const next = () => [...timers].sort((a, b) => a.dueMs - b.dueMs).find(({ dueMs }) => dueMs <= untilMs);
      for (let timer = next(); timer; timer = next()) {
        timers.delete(timer);
        nowMs = timer.dueMs;
        timer.fn();
      }
      nowMs = untilMs;
    },
  };
}

/** All that can be seen of an actor that was sent some events. */
function seen(logic: ReturnType<typeof ours> | ReturnType<typeof theirs>, log: string[], events: readonly Ask[]) {
  log.length = 0;
  const clock = stepClock();
  const actor = createActor(logic as ReturnType<typeof ours>, { clock }).start();
  for (const event of events) {
    if (event.type === WAIT) clock.advance(10);
    else if (actor.getSnapshot().status === "active") actor.send(event);
  }
  const { status, value, context } = actor.getSnapshot();
  return { status, value, context, timers: clock.timers.size, log: log.map((line) => line.replace(AFTER, "$1")) };
}

/** XState's name for an elapsed delay says where it was set. */
const AFTER = /(xstate\.after\.\w+)\.\S+(?=,)/;

function expectSame(config: FlatConfig, runs: Iterable<readonly Ask[]>): void {
  const logs: [string[], string[]] = [[], []];
  const [a, b] = [ours(config, logs[0]), theirs(config, logs[1])];
  for (const events of runs) expect(seen(a, logs[0], events)).toEqual(seen(b, logs[1], events));
}

describe("the worker's chart", () => {
  const config: FlatConfig = workerConfig;
  const options = {
    events: eventsOf(config),
    serializeState: ({ value }: { value: unknown }) => String(value),
  };
  const machine = theirs(config, []);
  const asked = (path: { readonly steps: readonly { readonly event: EventObject }[] }) =>
    path.steps.map(({ event }) => event as Ask).filter(({ type }) => type !== "xstate.init");

  it("is run as XState would run it, over every simple path", () => {
    const paths = getSimplePaths(machine, options);
    expect(new Set(paths.map((path) => path.state.value))).toEqual(new Set(Object.keys(config.states)));
    expectSame(config, paths.map(asked));
  });

  it("answers every event in every state as XState would", () => {
    const paths = getShortestPaths(machine, options);
    expect(paths).toHaveLength(Object.keys(config.states).length);
    expectSame(
      config,
      paths.flatMap((path) => options.events.map((event) => [...asked(path), event])),
    );
  });

  it("takes each of its transitions when its guard is the first that holds", () => {
    const paths = getShortestPaths(machine, options);
    const taken = new Set<string>();
    for (const path of paths) {
      for (const event of options.events) {
        const choices = transitionsOf(config).filter((t) => t.state === path.state.value && t.event === event.type);
        const at = choices.findIndex(({ guard }) => guard === undefined || event.holds.includes(guard));
        if (at < 0) continue;
        taken.add(`${path.state.value}/${event.type}/${at}`);
        const target = choices[at]?.target ?? path.state.value;
        expect(seen(ours(config, []), [], [...asked(path), event]).value).toBe(target);
      }
    }
    expect(taken.size).toBe(transitionsOf(config).length);
  });

  it("is the one that workers live by, and leads nowhere outside itself", () => {
    expect(workerLogic.config).toBe(workerConfig);
    const targets = unique(transitionsOf(config).map(({ target }) => target));
    expect(targets.filter((target) => !(target in config.states))).toEqual([]);
  });
});

describe("any flat chart", () => {
  const order = ["s0", "s1", "s2", "end"];
  const state = fc.constantFrom(...order);
  const guard = fc.constantFrom("g", "h");
  const actions = fc.array(fc.constantFrom("x", "y", "z"), { maxLength: 2 });
  const transition: fc.Arbitrary<FlatTransition<string>> = fc.record(
    { guard, target: state, actions },
    { requiredKeys: [] },
  );
  const on = fc.dictionary(fc.constantFrom("a", "b", "c"), fc.array(transition, { minLength: 1, maxLength: 3 }));
  /** Transitions without an event lead onwards only, so that none goes round forever; at the start nothing may depend on what was done. */
  const body = (at: number) =>
    fc.record(
      {
        entry: actions,
        on,
        after: fc.dictionary(fc.constantFrom("soon", "late"), state, { maxKeys: 2 }),
        always: fc.array(
          fc.record(
            { guard, target: fc.constantFrom(...order.slice(at + 1)), actions },
            { requiredKeys: at === 0 ? ["guard", "target"] : ["target"] },
          ),
          { maxLength: 2 },
        ),
      },
      { requiredKeys: [] },
    );
  const rootOn = fc.dictionary(
    fc.constantFrom("a", "r"),
    transition.map((own) => (own.target === undefined ? own : { ...own, target: `.${own.target}` })),
  );
  const chart: fc.Arbitrary<FlatConfig> = fc.tuple(rootOn, body(0), body(1), body(2)).map(([root, s0, s1, s2]) => ({
    id: "any",
    initial: "s0",
    on: root,
    states: { s0, s1, s2, end: { type: "final" as const, entry: ["z"] } },
  }));
  const ask = fc.record({
    type: fc.constantFrom("a", "b", "c", "r", "unheard", WAIT),
    holds: fc.subarray(["g", "h"]),
  });

  it("is run as XState would run it", () => {
    fc.assert(
      fc.property(chart, fc.array(ask, { maxLength: 12 }), (config, events) => expectSame(config, [events])),
      { numRuns: runs(100) },
    );
  });

  it("may begin where a transition without an event leads", () => {
    const config: FlatConfig = {
      id: "any",
      initial: "s0",
      states: {
        s0: {
          entry: ["x"],
          always: [
            { guard: "g", target: "end" },
            { target: "s1", actions: ["y"] },
          ],
        },
        s1: { entry: ["z"], after: { soon: "end" } },
        end: { type: "final" },
      },
    };
    expectSame(config, [[], [{ type: WAIT, holds: [] }]]);
  });
});

describe("a delay", () => {
  it("leaves no timer behind when its actor is stopped", () => {
    const clock = stepClock();
    const config = { id: "x", initial: "s0", states: { s0: { after: { late: "s1" } }, s1: {} } };
    const actor = createActor(ours(config, []), { clock }).start();
    expect(clock.timers.size).toBe(1);
    actor.stop();
    expect(clock.timers.size).toBe(0);
  });
});

describe("an end", () => {
  const twoEnds = (exit: typeof normal | ReturnType<typeof crash>, stopped = () => {}) =>
    flatMachine<object, EventObject, undefined, "on" | "off">({
      config: { id: "x", initial: "on", states: { on: { on: { end: { target: "off" } } }, off: { type: "final" } } },
      context: () => ({}),
      guards: {},
      actions: {},
      exit: () => exit,
      stopped,
    });

  it("is an output when it is normal, and an error when it is not", () => {
    const good = createActor(twoEnds(normal)).start();
    good.send({ type: "end" });
    expect(good.getSnapshot()).toMatchObject({ status: "done", output: normal });

    const bad = createActor(twoEnds(crash("broke")));
    const errors: unknown[] = [];
    bad.subscribe({ error: (error) => errors.push(error) });
    bad.start();
    bad.send({ type: "end" });
    expect(bad.getSnapshot()).toMatchObject({ status: "error", error: crash("broke") });
    expect(errors).toEqual([crash("broke")]);
  });

  it("from outside is told to the machine, once", () => {
    let told = 0;
    const actor = createActor(
      twoEnds(normal, () => {
        told += 1;
      }),
    ).start();
    actor.stop();
    actor.stop();
    expect([told, actor.getSnapshot().status]).toEqual([1, "stopped"]);
  });
});
