import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { assign, createActor, createMachine, type EventObject } from "xstate";
import { getShortestPaths, getSimplePaths } from "xstate/graph";
import { type FlatConfig, type FlatTransition, flatMachine } from "#actors/flat-machine";
import { workerConfig, workerLogic } from "#actors/worker";
import { crash, normal } from "#src/kernel/exit";

fc.configureGlobal({ seed: 42 });

/** An event that says itself which guards let it through. */
interface Ask extends EventObject {
  readonly holds: readonly string[];
}
interface Steps {
  readonly steps: number;
}

const transitionsOf = (config: FlatConfig) =>
  Object.entries(config.states).flatMap(([state, { on = {} }]) =>
    Object.entries(on).flatMap(([event, choices]) =>
      ([choices].flat() as FlatTransition<string>[]).map((choice) => ({ state, event, ...choice })),
    ),
  );
const unique = (names: Iterable<string | undefined>): string[] => [
  ...new Set([...names].filter((name) => name !== undefined)),
];
const guardsOf = (config: FlatConfig) => unique(transitionsOf(config).map(({ guard }) => guard));
const actionsOf = (config: FlatConfig) =>
  unique([
    ...transitionsOf(config).flatMap(({ actions = [] }) => actions),
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
    guards: Object.fromEntries(guardsOf(config).map((name) => [name, ({ event }) => event.holds.includes(name)])),
    actions: Object.fromEntries(
      actionsOf(config).map((name) => [name, ({ context, event }) => note(log, name, context, event)]),
    ),
  });
}

/** The same chart under XState's. */
function theirs(config: FlatConfig, log: string[]) {
  const guards = guardsOf(config).map((name) => [name, ({ event }: { event: Ask }) => event.holds.includes(name)]);
  const actions = actionsOf(config).map((name) => [
    name,
    assign(({ context, event }: { context: Steps; event: Ask }) => note(log, name, context, event)),
  ]);
  const implementations = { guards: Object.fromEntries(guards), actions: Object.fromEntries(actions) };
  return createMachine({ ...(config as object), context: { steps: 0 } }, implementations);
}

/** All that can be seen of an actor that was sent some events. */
function seen(logic: ReturnType<typeof ours> | ReturnType<typeof theirs>, log: string[], events: readonly Ask[]) {
  log.length = 0;
  const actor = createActor(logic as ReturnType<typeof ours>).start();
  for (const event of events) if (actor.getSnapshot().status === "active") actor.send(event);
  const { status, value, context } = actor.getSnapshot();
  return { status, value, context, log: [...log] };
}

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
  const state = fc.constantFrom("s0", "s1", "s2", "end");
  const actions = fc.array(fc.constantFrom("x", "y", "z"), { maxLength: 2 });
  const transition: fc.Arbitrary<FlatTransition<string>> = fc.record(
    { guard: fc.constantFrom("g", "h"), target: state, actions },
    { requiredKeys: [] },
  );
  const body = fc.record(
    {
      entry: actions,
      on: fc.dictionary(fc.constantFrom("a", "b", "c"), fc.array(transition, { minLength: 1, maxLength: 3 })),
    },
    { requiredKeys: [] },
  );
  const chart: fc.Arbitrary<FlatConfig> = fc.record({ s0: body, s1: body, s2: body }).map((states) => ({
    id: "any",
    initial: "s0",
    states: { ...states, end: { type: "final" as const, entry: ["z"] } },
  }));
  const ask = fc.record({
    type: fc.constantFrom("a", "b", "c", "unheard"),
    holds: fc.subarray(["g", "h"]),
  });

  it("is run as XState would run it", () => {
    fc.assert(fc.property(chart, fc.array(ask, { maxLength: 12 }), (config, events) => expectSame(config, [events])));
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
