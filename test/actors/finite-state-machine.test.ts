import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { assign, createActor, createMachine, type EventObject, getInitialSnapshot, getNextSnapshot } from "xstate";
import { getShortestPaths, getSimplePaths } from "xstate/graph";
import { createFsm } from "#actors/finite-state-machine";
import type { FsmChart, FsmTransition, FsmTransitions } from "#actors/fsm-chart";
import { workerLogic } from "#actors/worker";
import { normal } from "#src/kernel/exit";
import { draws } from "../runs.ts";

fc.configureGlobal({ seed: 42 });

/** An event that says itself which guards let it through. */
interface Ask extends EventObject {
  readonly holds: readonly string[];
}
interface Steps {
  readonly steps: number;
}

const choicesOf = (state: string, on: FsmTransitions<string, FsmTransition> = {}) =>
  Object.entries(on).flatMap(([event, choices]) =>
    ([choices].flat() as FsmTransition[]).map((choice) => ({ state, event, ...choice })),
  );
const transitionsOf = (config: FsmChart) =>
  Object.entries(config.states).flatMap(([state, { on }]) => choicesOf(state, on));
/** Those without an event of their own, too, and those of the whole chart. */
const everyTransition = (config: FsmChart): FsmTransition[] => [
  ...transitionsOf(config),
  ...choicesOf("", config.on),
  ...Object.values(config.states).flatMap(({ always = [] }) => always),
];
const unique = (names: Iterable<string | undefined>): string[] => [
  ...new Set([...names].filter((name) => name !== undefined)),
];
const guardsOf = (config: FsmChart) => unique(everyTransition(config).map(({ guard }) => guard));
const actionsOf = (config: FsmChart) =>
  unique([
    ...everyTransition(config).flatMap(({ actions = [] }) => actions),
    ...Object.values(config.states).flatMap(({ entry = [] }) => entry),
  ]);

/** Every event of a chart, once for every way in which its guards may answer. */
function eventsOf(config: FsmChart): Ask[] {
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

/** What an action leaves: a line that says who did what when. */
const note = (log: string[], name: string, { steps }: Steps, { type }: EventObject): void => {
  log.push(`${name} at ${type === "xstate.init" ? "the start" : type}, step ${steps}`);
};
const count = ({ steps }: Steps): Steps => ({ steps: steps + 1 });
/** Every other action changes the context, the rest are effects. */
const isAssign = (name: string): boolean => name.charCodeAt(name.length - 1) % 2 === 0;

interface Named {
  readonly context: Steps;
  readonly event: Ask;
}
const tableOf = <T>(names: readonly string[], entry: (name: string) => T): Record<string, T> =>
  Object.fromEntries(names.map((name) => [name, entry(name)]));
const guards = (config: FsmChart) =>
  tableOf(
    guardsOf(config),
    (name) =>
      ({ context, event }: Named) =>
        holds(event, name, context),
  );

/** A chart under our interpreter. */
function ours(config: FsmChart, log: string[]) {
  const names = actionsOf(config);
  return createFsm({
    types: { context: {} as Steps, events: {} as Ask, input: undefined },
    chart: config,
    context: () => ({ steps: 0 }),
    exit: () => normal,
    delays,
    guards: guards(config),
    assigns: tableOf(names.filter(isAssign), (name) => ({ context, event }: Named) => {
      note(log, name, context, event);
      return count(context);
    }),
    actions: tableOf(
      names.filter((name) => !isAssign(name)),
      (name) =>
        ({ context, event }: Named) =>
          void note(log, name, context, event),
    ),
  });
}

/** The same chart under XState's. */
function theirs(config: FsmChart, log: string[]) {
  const assigned = (name: string) =>
    assign(({ context, event }: Named) => {
      note(log, name, context, event);
      return count(context);
    });
  const performed = (name: string) => (args: Named) => note(log, name, args.context, args.event);
  const actions = tableOf<ReturnType<typeof assigned> | ReturnType<typeof performed>>(actionsOf(config), (name) =>
    isAssign(name) ? assigned(name) : performed(name),
  );
  return createMachine({ ...(config as object), context: { steps: 0 } }, {
    guards: guards(config),
    actions,
    delays: { soon: delays.soon, late: delays.late },
  } as object);
}

/** The start and the end of a delay come without an ask: there no guard holds but the one that reads the context. */
const holds = ({ holds: held }: Partial<Ask>, guard: string, { steps }: Steps): boolean =>
  guard === "isEven" ? steps % 2 === 0 : (held?.includes(guard) ?? false);
const delays = { soon: () => 5, late: () => 12 };
/** Not sent, but waited for: ten milliseconds. */
const WAIT = "(wait)";
/** Not sent: the actor is stopped, and another one starts from what was kept of it. */
const RESTORE = "(restore)";

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
  const machine = logic as ReturnType<typeof ours>;
  let actor = createActor(machine, { clock }).start();
  for (const event of events) {
    if (event.type === WAIT) clock.advance(10);
    else if (event.type === RESTORE) {
      const snapshot = JSON.parse(JSON.stringify(actor.getPersistedSnapshot()));
      actor.stop();
      actor = createActor(machine, { clock, snapshot }).start();
    } else if (actor.getSnapshot().status === "active") actor.send(event);
  }
  const { status, value, context } = actor.getSnapshot();
  return { status, value, context, timers: clock.timers.size, log: log.map((line) => line.replace(AFTER, "$1")) };
}

/** All that can be asked of a snapshot, and what a pure call makes of it. */
function asked(logic: ReturnType<typeof ours> | ReturnType<typeof theirs>, log: string[], events: readonly Ask[]) {
  log.length = 0;
  const machine = logic as ReturnType<typeof ours>;
  const clock = stepClock();
  return events.reduce(
    ({ snapshot, lines }, event) => {
      if (snapshot.status !== "active") return { snapshot, lines };
      const next = getNextSnapshot(machine, snapshot, event);
      const states = ["s0", "s1", "s2", "end"].filter((state) => next.matches(state));
      const { status, value, context } = next;
      const known = { status, value, context, can: next.can(event), states, tag: next.hasTag("resting") };
      return { snapshot: next, lines: [...lines, { ...known, timers: clock.timers.size, log: [...log] }] };
    },
    { snapshot: getInitialSnapshot(machine), lines: [] as object[] },
  ).lines;
}

/** XState's name for an elapsed delay says where it was set. */
const AFTER = /(xstate\.after\.\w+)\.\S+(?=,)/;

function expectSame(config: FsmChart, runs: Iterable<readonly Ask[]>): void {
  const logs: [string[], string[]] = [[], []];
  const [a, b] = [ours(config, logs[0]), theirs(config, logs[1])];
  for (const events of runs) {
    expect(seen(a, logs[0], events)).toEqual(seen(b, logs[1], events));
    const sent = events.filter(({ type }) => type !== WAIT && type !== RESTORE);
    expect(asked(a, logs[0], sent)).toEqual(asked(b, logs[1], sent));
  }
}

describe("the worker's chart as a finite state machine", () => {
  const config = workerLogic.config as FsmChart;
  const options = {
    events: eventsOf(config),
    serializeState: ({ value }: { value: unknown }) => String(value),
  };
  const machine = theirs(config, []);
  const sentOn = (path: { readonly steps: readonly { readonly event: EventObject }[] }) =>
    path.steps.map(({ event }) => event as Ask).filter(({ type }) => type !== "xstate.init");

  it("is run as XState would run it, over every simple path", () => {
    const single = options.events.filter(({ holds: held }) => held.length <= 1); // paths by all combinations are too many
    const paths = getSimplePaths(machine, { ...options, events: single });
    expect(new Set(paths.map((path) => path.state.value))).toEqual(new Set(Object.keys(config.states)));
    expectSame(config, paths.map(sentOn));
  });

  it("answers every event in every state as XState would", () => {
    const paths = getShortestPaths(machine, options);
    expect(paths).toHaveLength(Object.keys(config.states).length);
    expectSame(
      config,
      paths.flatMap((path) => options.events.map((event) => [...sentOn(path), event])),
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
        expect(seen(ours(config, []), [], [...sentOn(path), event]).value).toBe(target);
      }
    }
    expect(taken.size).toBe(transitionsOf(config).length);
  });
});

describe("a finite state machine of any chart", () => {
  const order = ["s0", "s1", "s2", "end"];
  const state = fc.constantFrom(...order);
  const guard = fc.constantFrom("g", "h", "isEven");
  const actions = fc.array(fc.constantFrom("x", "y", "z"), { maxLength: 2 });
  const transition: fc.Arbitrary<FsmTransition> = fc.record({ guard, target: state, actions }, { requiredKeys: [] });
  const on = fc.dictionary(fc.constantFrom("a", "b", "c"), fc.array(transition, { minLength: 1, maxLength: 3 }));
  /** Transitions without an event lead onwards only, so that they end. */
  const body = (at: number) =>
    fc.record(
      {
        entry: actions,
        tags: fc.constantFrom([], ["resting"]),
        on,
        after: fc.dictionary(fc.constantFrom("soon", "late"), state, { maxKeys: 2 }),
        always: fc.array(
          fc.record({ guard, target: fc.constantFrom(...order.slice(at + 1)), actions }, { requiredKeys: ["target"] }),
          { maxLength: 2 },
        ),
      },
      { requiredKeys: [] },
    );
  const rootOn = fc.dictionary(
    fc.constantFrom("a", "r"),
    transition.map(({ target, ...own }) => (target === undefined ? own : { ...own, target: `.${target}` as const })),
  );
  const chart: fc.Arbitrary<FsmChart> = fc.tuple(rootOn, body(0), body(1), body(2)).map(([root, s0, s1, s2]) => ({
    id: "any",
    initial: "s0",
    on: root,
    states: { s0, s1, s2, end: { type: "final" as const, entry: ["z"] } },
  }));
  const ask = fc.record({
    type: fc.constantFrom("a", "b", "c", "r", "unheard", WAIT, RESTORE),
    holds: fc.subarray(["g", "h"]),
  });

  it("is run as XState would run it", () => {
    fc.assert(
      fc.property(chart, fc.array(ask, { maxLength: 12 }), (config, events) => expectSame(config, [events])),
      draws(100, 200, 42),
    );
  });
});

describe("a delay of a finite state machine", () => {
  it("leaves no timer behind when its actor is stopped", () => {
    const clock = stepClock();
    const config = { id: "x", initial: "s0", states: { s0: { after: { late: "s1" } }, s1: {} } };
    const actor = createActor(ours(config, []), { clock }).start();
    expect(clock.timers.size).toBe(1);
    actor.stop();
    expect(clock.timers.size).toBe(0);
  });
});
