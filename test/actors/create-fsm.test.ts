import { describe, expect, it } from "vitest";
import {
  createActor,
  type EventObject,
  getInitialSnapshot,
  getNextSnapshot,
  type InspectionEvent,
  initialTransition,
  transition,
  waitFor,
} from "xstate";
import { createFsm } from "#actors/finite-state-machine";
import type { FsmChart } from "#actors/fsm-chart";
import { ConfigError } from "#src/kernel/errors";
import { crash, normal } from "#src/kernel/exit";

describe("the end of a finite state machine", () => {
  const twoEnds = (exit: typeof normal | ReturnType<typeof crash>, stopped = () => {}) =>
    createFsm({
      types: { context: {} as object, events: {} as EventObject, input: undefined },
      chart: { id: "x", initial: "on", states: { on: { on: { end: { target: "off" } } }, off: { type: "final" } } },
      context: () => ({}),
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

/** A door that counts how often it was opened, and rings. */
function door(rings: string[] = []) {
  return createFsm({
    types: {
      context: {} as { opened: number; asked: number },
      events: {} as { type: "push" } | { type: "lock"; key: string },
      input: undefined,
    },
    chart: {
      id: "door",
      initial: "closed",
      states: {
        closed: {
          entry: ["begin", "ring"],
          always: [{ guard: "isBlocked", target: "locked" }],
          on: {
            push: { target: "open", actions: ["count", "ring"] },
            lock: { guard: "fits", target: "locked" },
          },
        },
        open: { tags: ["passable"], after: { aWhile: "closed" } },
        locked: { type: "final" },
      },
    },
    context: () => ({ opened: 0, asked: 0 }),
    guards: {
      fits: ({ event }) => event.type === "lock" && event.key === "right",
      isBlocked: () => {
        rings.push("asked");
        return false;
      },
    },
    assigns: {
      begin: ({ context }) => ({ asked: context.asked + 1 }),
      count: ({ context }) => ({ opened: context.opened + 1 }),
    },
    actions: { ring: ({ context }) => void rings.push(`rang ${context.asked} ${context.opened}`) },
    delays: { aWhile: () => 1000 },
    exit: () => normal,
  });
}

describe("createFsm", () => {
  it("lets waitFor wait for a state", async () => {
    const actor = createActor(door()).start();
    const opened = waitFor(actor, (snapshot) => snapshot.matches("open"));
    actor.send({ type: "push" });
    expect((await opened).hasTag("passable")).toBe(true);
    actor.stop();
  });

  it("keeps the context that entering the initial state leaves, and asks its guards once", () => {
    const log: string[] = [];
    const actor = createActor(door(log));
    expect([actor.getSnapshot().context, log]).toEqual([{ opened: 0, asked: 1 }, ["asked"]]);
    actor.start();
    expect([actor.getSnapshot().context, log]).toEqual([{ opened: 0, asked: 1 }, ["asked", "rang 1 0"]]);
  });

  it("performs no effect in getNextSnapshot, transition and initialTransition, but says which there are", () => {
    const log: string[] = [];
    const machine = door(log);
    const [first] = initialTransition(machine, undefined);
    const next = getNextSnapshot(machine, first, { type: "push" });
    expect(transition(machine, first, { type: "push" })[0]).toEqual(next);
    expect([next.value, next.context]).toEqual(["open", { opened: 1, asked: 1 }]);
    expect([first.value, first.context]).toEqual(["closed", { opened: 0, asked: 1 }]);
    expect(log.filter((line) => line !== "asked")).toEqual([]);
  });

  it("says which events a snapshot would take", () => {
    const snapshot = getInitialSnapshot(door());
    expect(snapshot.can({ type: "lock", key: "wrong" })).toBe(false);
    expect(snapshot.can({ type: "lock", key: "right" })).toBe(true);
  });

  it("resumes where a persisted snapshot was, without entering it again", () => {
    const log: string[] = [];
    const machine = door(log);
    const actor = createActor(machine).start();
    actor.send({ type: "push" });
    const kept = JSON.parse(JSON.stringify(actor.getPersistedSnapshot()));
    actor.stop();
    log.length = 0;
    const restored = createActor(machine, { snapshot: kept }).start();
    expect([restored.getSnapshot().value, restored.getSnapshot().context, log]).toEqual([
      "open",
      { opened: 1, asked: 1 },
      [],
    ]);
    expect(restored.getSnapshot().matches("open")).toBe(true);
    restored.stop();
  });

  it("refuses a snapshot in a state that it does not have", () => {
    const kept = { ...getInitialSnapshot(door()), value: "opn" } as never;
    const actor = createActor(door(), { snapshot: kept });
    expect(actor.getSnapshot()).toMatchObject({
      status: "error",
      error: new ConfigError("a snapshot of door", "must be in a known state", "opn", 'Did you mean "open"?'),
    });
  });

  it("tells an inspector of its actions", () => {
    const actions: string[] = [];
    const inspect = (event: InspectionEvent) =>
      void (event.type === "@xstate.action" && actions.push(event.action.type));
    createActor(door(), { inspect }).start().stop();
    expect(actions).toEqual(["ring"]);
  });

  const named = (states: FsmChart["states"], more: Partial<FsmChart> = {}) =>
    createFsm({
      types: { context: {} as object, events: {} as EventObject, input: undefined },
      chart: { id: "lamp", initial: "off", states, ...more },
      context: () => ({}),
      guards: { isDark: () => true } as Record<string, () => boolean>,
      actions: { shine: () => undefined } as Record<string, () => undefined>,
      delays: { night: () => 1 } as Record<string, () => number>,
      exit: () => normal,
    });

  it.each<[string, () => unknown]>([
    [`lamp.initial must be a known state, got "off". Did you mean "of"?`, () => named({ of: {} })],
    [
      `lamp.states.off.on["press"].target must be a known state, got "onn". Did you mean "on"?`,
      () => named({ off: { on: { press: { target: "onn" } } }, on: {} }),
    ],
    [
      `lamp.states.off.on["press"][1].guard must be a known guard, got "isDrak". Did you mean "isDark"?`,
      () => named({ off: { on: { press: [{ guard: "isDark" }, { guard: "isDrak" }] } } }),
    ],
    [
      `lamp.states.off.entry[1] must be a known action, got "shne". Did you mean "shine"?`,
      () => named({ off: { entry: ["shine", "shne"] } }),
    ],
    [
      `lamp.states.off.always[0].target must be a known state, got "toString". There is: off`,
      () => named({ off: { always: [{ target: "toString" }] } }),
    ],
    [
      `lamp.states.off.after.night.target must be a known state, got "of". Did you mean "off"?`,
      () => named({ off: { after: { night: "of" } } }),
    ],
    [
      `lamp.states.off.after must be a known delay, got "nihgt". Did you mean "night"?`,
      () => named({ off: { after: { nihgt: "off" } } }),
    ],
    [
      `lamp.on["press"].target must begin with a dot, got "off". Write ".off"`,
      () => named({ off: {} }, { on: { press: { target: "off" as ".off" } } }),
    ],
    [
      `lamp.on["press"].target must be a known state, got "no". There is: off`,
      () => named({ off: {} }, { on: { press: { target: ".no" } } }),
    ],
  ])("refuses when it is made: %s", (message, make) => {
    expect(make).toThrow(message);
    expect(make).toThrow(ConfigError);
  });
});
