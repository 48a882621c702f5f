import { expect, it } from "vitest";
import { createActor } from "xstate";
import { createFsm } from "#actors/finite-state-machine";
import { ConfigError } from "#src/kernel/errors";
import { normal } from "#src/kernel/exit";

const parts = {
  types: { context: {} as { n: number }, events: {} as { type: "press" } | { type: "hold" }, input: undefined },
  context: () => ({ n: 0 }),
  guards: { isDark: () => true },
  assigns: { count: () => ({ n: 1 }) },
  actions: { shine: () => undefined },
  delays: { night: () => 1 },
  exit: () => normal,
};
const head = { id: "lamp", initial: "off" } as const;

it("createFsm compiles with the names that there are", () => {
  const on = { press: { guard: "isDark", target: "on", actions: ["shine", "count"] } } as const;
  const lamp = createFsm({
    ...parts,
    chart: { ...head, on: { hold: { target: ".on" } }, states: { off: { on, after: { night: "on" } }, on: {} } },
  });
  expect(createActor(lamp).getSnapshot().matches("off")).toBe(true);
  // @ts-expect-error a state of another machine
  expect(createActor(lamp).getSnapshot().matches("out")).toBe(false);
});

/** The compiler and the machine both refuse each of them. */
const refused = {
  "a target that is no state": () =>
    // @ts-expect-error "onn"
    createFsm({ ...parts, chart: { ...head, states: { off: { on: { press: { target: "onn" } } }, on: {} } } }),
  "an initial state that is no state": () =>
    // @ts-expect-error "of"
    createFsm({ ...parts, chart: { id: "lamp", initial: "of", states: { off: {}, on: {} } } }),
  "a target of the whole machine that is no state": () =>
    // @ts-expect-error ".of"
    createFsm({ ...parts, chart: { ...head, on: { press: { target: ".of" } }, states: { off: {} } } }),
  "a target of the whole machine without its dot": () =>
    // @ts-expect-error "off"
    createFsm({ ...parts, chart: { ...head, on: { press: { target: "off" } }, states: { off: {} } } }),
  "a target without an event that is no state": () =>
    // @ts-expect-error "onn"
    createFsm({ ...parts, chart: { ...head, states: { off: { always: [{ target: "onn" }] }, on: {} } } }),
  "an unknown guard": () =>
    // @ts-expect-error "isDrak"
    createFsm({ ...parts, chart: { ...head, states: { off: { on: { press: { guard: "isDrak" } } } } } }),
  "an unknown action of a transition": () =>
    // @ts-expect-error "shne"
    createFsm({ ...parts, chart: { ...head, states: { off: { on: { press: { actions: ["shne"] } } } } } }),
  "an unknown action on entry": () =>
    // @ts-expect-error "cuont"
    createFsm({ ...parts, chart: { ...head, states: { off: { entry: ["cuont"] } } } }),
  "an unknown delay": () =>
    // @ts-expect-error "nihgt"
    createFsm({ ...parts, chart: { ...head, states: { off: { after: { nihgt: "off" } } } } }),
  "an unknown target after a delay": () =>
    // @ts-expect-error "of"
    createFsm({ ...parts, chart: { ...head, states: { off: { after: { night: "of" } } } } }),
};

it.each(Object.entries(refused))("createFsm neither compiles nor makes %s", (_, make) => {
  expect(make).toThrow(ConfigError);
});

/** Names of events cannot be known when the machine is made. */
const uncompiled = [
  // @ts-expect-error "pres" is no event of the machine
  () => createFsm({ ...parts, chart: { ...head, states: { off: { on: { pres: { target: "off" } } } } } }),
  // @ts-expect-error nor of all its states
  () => createFsm({ ...parts, chart: { ...head, on: { pres: { target: ".off" } }, states: { off: {} } } }),
  // @ts-expect-error an action returns nothing: a change would be lost
  () => createFsm({ ...parts, actions: { shine: () => ({ n: 2 }) }, chart: { ...head, states: { off: {} } } }),
];

it("createFsm does not compile with unknown events and changes that would be lost", () => {
  expect(uncompiled).toHaveLength(3);
});
