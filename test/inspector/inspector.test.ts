import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { assign, createActor, setup } from "xstate";
import { chartOf } from "#src/app/observe/chart-of";
import { changesBetween } from "#src/inspector/changes";
import { chartIn, isDrawable } from "#src/inspector/definition";
import { activeStates, stateWords } from "#src/inspector/frame";
import { fromXState } from "#src/inspector/from-xstate";
import { History, snapshotAt, stateAt } from "#src/inspector/history";
import { type Message, messageOf } from "#src/inspector/message";
import { route } from "#src/inspector/routes";
import { chartSvg } from "#src/viewer/chart-svg";
import { documentOf } from "#src/viewer/page";
import { draws } from "../runs.ts";

const HOSTILE = `"><script>alert(1)</script><img src=x onerror=alert(2)>'`;
const FEED = "ws://127.0.0.1:1/secret";

/** The page at an address, as text. */
function pageAt(history: History, address: string): string {
  const reply = route(new URL(address, "http://127.0.0.1"), history, FEED);
  return "page" in reply ? documentOf(reply.page).text : reply.file.body;
}

const snapshotOf = (sessionId: string, value: unknown, event = "go", context = {}): Message => ({
  type: "@xstate.snapshot",
  sessionId,
  event: { type: event },
  snapshot: { status: "active", value, context },
});

describe("a message", () => {
  const sent = { type: "@xstate.event", sessionId: "x:1", sourceId: "x:0", event: { type: "go", n: 1 }, _version: "0" };
  const read = { type: "@xstate.event", sessionId: "x:1", sourceId: "x:0", event: { type: "go", n: 1 } };

  it("is read as each inspector sends it: JSON, superjson, an object", () => {
    expect(messageOf(JSON.stringify(sent))).toEqual(read);
    expect(messageOf(JSON.stringify({ json: sent, meta: { values: {} } }))).toEqual(read);
    expect(messageOf(sent)).toEqual(read);
  });

  it("that is none is said to be none, and nothing breaks on it", () => {
    const history = new History(() => 0);
    const app = history.connect();
    for (const junk of ["", "{", "null", "[]", "7", '{"type":"@xstate.event"}', '{"sessionId":"x"}', undefined, 5])
      history.add(app, messageOf(junk));
    fc.assert(
      fc.property(fc.json(), (text) => {
        const { unread, steps } = history;
        history.add(app, messageOf(text));
        expect(history.unread + history.steps).toBe(unread + steps + 1);
      }),
      draws(200, 2000),
    );
    expect(pageAt(history, "/")).toContain("could not be read");
  });
});

describe("the history", () => {
  it("knows at every step where each actor stood, while it keeps that step", () => {
    const act = fc.record({
      id: fc.constantFrom("a", "b", "c"),
      value: fc.constantFrom("x", "y", "z"),
      isEvent: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(act, { maxLength: 60 }), fc.integer({ min: 1, max: 40 }), (acts, entries) => {
        const history = new History(() => 0, { entries });
        const app = history.connect();
        const stood: Record<string, string>[] = [{}];
        for (const { id, value, isEvent } of acts) {
          if (isEvent)
            history.add(app, { type: "@xstate.event", sessionId: id, sourceId: undefined, event: { type: "e" } });
          else history.add(app, snapshotOf(id, value));
          stood.push({ ...stood.at(-1), ...(isEvent ? {} : { [id]: value }) });
        }
        expect(history.steps).toBe(acts.length);
        expect([...history.back()].map(({ step }) => step)).toEqual(
          acts
            .map((_, i) => i + 1)
            .filter((step) => step >= history.firstStep)
            .reverse(),
        );
        expect([...history.back()].length).toBeLessThanOrEqual(entries);
        for (const actor of app.actors.values()) {
          expect(actor.state.value).toBe(stood.at(-1)![actor.sessionId]);
          for (let step = history.firstStep; step <= history.steps; step++) {
            const at = stateAt(actor, step);
            if (snapshotAt(actor, step)) expect(at!.value).toBe(stood[step]![actor.sessionId]);
            else expect(at).toBeUndefined();
          }
        }
      }),
      draws(100, 1000),
    );
  });

  it("stays within its memory, however much and however large it is told", () => {
    const history = new History(() => 0, { entries: 1000, characters: 10_000, body: 500, actors: 10 });
    const app = history.connect();
    for (let i = 0; i < 300; i++) history.add(app, snapshotOf(`x:${i % 20}`, "on", "go", { text: "x".repeat(i * 10) }));
    const kept = [...history.back()];
    expect(kept.reduce((sum, { body }) => sum + body.length, 0)).toBeLessThanOrEqual(10_000);
    expect(Math.max(...kept.map(({ body }) => body.length))).toBeLessThanOrEqual(500);
    expect(history.actorCount).toBe(10);
    expect(history.leftOut).toBe(150);
    expect(pageAt(history, "/")).toContain("left out");
    expect(kept[0]!.body).toContain("characters"); // what was cut says how long it was
  });

  it("forgets actors that ended before it leaves out new ones", () => {
    const history = new History(() => 0, { actors: 2 });
    const app = history.connect();
    history.add(app, snapshotOf("a", "on"));
    history.add(app, { ...snapshotOf("b", "off"), snapshot: { status: "done", value: "off" } } as Message);
    history.add(app, snapshotOf("c", "on"));
    expect([...app.actors.keys()]).toEqual(["a", "c"]);
    expect(history.leftOut).toBe(0);
  });

  it("keeps apart actors of one name in two apps", () => {
    const history = new History(() => 0);
    const [one, other] = [history.connect(), history.connect()];
    history.add(one, snapshotOf("x:0", "left"));
    history.add(other, snapshotOf("x:0", "right"));
    expect(history.actor("1-x:0")!.state.value).toBe("left");
    expect(history.actor("2-x:0")!.state.value).toBe("right");
  });
});

describe("a chart of nested states", () => {
  const config = {
    id: "player",
    initial: "off",
    on: { RESET: { target: ".off" } },
    states: {
      off: { on: { POWER: "on" } },
      on: {
        type: "parallel",
        on: { POWER: "off", DIM: ".screen.dark" },
        states: {
          playback: {
            initial: "paused",
            states: {
              paused: { on: { PLAY: "playing" } },
              playing: { on: { PAUSE: "paused", BREAK: "#broken", HOME: "#player.off" } },
              back: { type: "history" },
            },
          },
          screen: { initial: "bright", states: { bright: {}, dark: { id: "night" } } },
        },
      },
      gone: { id: "broken", type: "final" },
    },
  };

  it("finds targets by XState's rules: siblings, children, ids and paths from the machine's own", () => {
    const { arrows, anywhere } = chartOf(config);
    const to = Object.fromEntries(arrows.map(({ from, event, to }) => [`${from} ${event}`, to]));
    expect(to).toEqual({
      "off POWER": "on",
      "on POWER": "off",
      "on DIM": "on.screen.dark",
      "on.playback.paused PLAY": "on.playback.playing",
      "on.playback.playing PAUSE": "on.playback.paused",
      "on.playback.playing BREAK": "gone",
      "on.playback.playing HOME": "off",
    });
    expect(anywhere.map(({ event, to }) => [event, to])).toEqual([["RESET", "off"]]);
  });

  it("draws every state once, each within the one around it, and marks those that are active", () => {
    const counts = activeStates({ on: { playback: "playing", screen: "dark" } });
    const svg = chartSvg(chartOf(config), { counts, isOneActor: true }, "c", "Player").text;
    const drawn = [...svg.matchAll(/class="([^"]*)" data-state="([^"]*)" data-count="(\d)"/g)];
    expect(drawn.map(([, , name]) => name).sort()).toEqual(
      [
        "off",
        "on",
        "on.playback",
        "on.playback.paused",
        "on.playback.playing",
        "on.playback.back",
        "on.screen",
        "on.screen.bright",
        "on.screen.dark",
        "gone",
      ].sort(),
    );
    expect(
      drawn
        .filter(([, , , n]) => n === "1")
        .map(([, , name]) => name)
        .sort(),
    ).toEqual(["on", "on.playback", "on.playback.playing", "on.screen", "on.screen.dark"].sort());
    expect(svg).toContain("playback.playing: BREAK");
    expect(stateWords({ on: { playback: "playing", screen: "dark" } })).toBe("on.playback.playing, on.screen.dark");
  });

  it("is read from text that an app sends, and from no text that is none", () => {
    expect(chartIn(JSON.stringify(config))).toEqual(chartOf(config));
    for (const text of [
      "",
      "{",
      "null",
      "[]",
      '{"id":"x"}',
      '{"states":5}',
      '{"states":{"a":null}}',
      '{"states":{"a":{"on":{"E":5}}}}',
    ])
      expect(() => chartIn(text)).not.toThrow();
    const deep = JSON.stringify(Array.from({ length: 40 }).reduce((inner) => ({ states: { a: inner } }), {}));
    expect(chartIn(deep)).toBeUndefined();
    const wide = { id: "w", states: Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`s${i}`, {}])) };
    expect(chartIn(JSON.stringify(wide))).toBeUndefined();
    const names = Array.from({ length: 20 }, (_, i) => `s${i}`);
    const all = Object.fromEntries(
      names.map((name) => [name, { on: Object.fromEntries(names.map((to) => [to, to])) }]),
    );
    expect(isDrawable(chartIn(JSON.stringify({ id: "tangle", states: all }))!)).toBe(false);
  });
});

describe("the pages", () => {
  const machine = setup({}).createMachine({
    id: HOSTILE,
    context: { text: HOSTILE, round: null as unknown, n: 0 },
    initial: HOSTILE,
    states: { [HOSTILE]: { on: { [HOSTILE]: { actions: assign({ n: ({ context }) => context.n + 1 }) } } } },
  });

  it("show what XState says in this process, and never make an element of it", () => {
    const history = new History(() => 0);
    const app = history.connect();
    const actor = createActor(machine, {
      inspect: (event) => {
        const message = fromXState(event);
        if (message) history.add(app, message);
      },
    }).start();
    actor.send({ type: HOSTILE } as never);
    const key = encodeURIComponent(`1-${actor.sessionId}`);
    const addresses = [
      "/",
      `/actor/${key}`,
      `/actor/${key}?at=2`,
      "/events",
      "/events?q=%3Cscript%3E&kind=event",
      "/sequence",
      "/sequence?at=3",
    ];
    for (const address of addresses) {
      const text = pageAt(history, address);
      expect(text, address).toContain("<main");
      expect(text.replaceAll('<script src="/script.js" defer></script>', ""), address).not.toMatch(/<script|<img/);
    }
    expect(pageAt(history, `/actor/${key}`)).toContain("<code>context.n</code>: 0 → 1");
    for (const none of ["/actor/9-x", "/actor/", "/nothing", "/%E0%A4%A", "/events/7"])
      expect(pageAt(history, none)).toContain("<main");
  });

  it("say how to connect while nothing is connected", () => {
    const text = pageAt(new History(() => 0), "/");
    expect(text).toContain("Waiting for an app");
    expect(text).toContain(FEED);
  });

  it("list actors whose parents name each other, once each", () => {
    const history = new History(() => 0);
    const app = history.connect();
    for (const [sessionId, parentId] of [
      ["a", "b"],
      ["b", "a"],
      ["c", "c"],
    ] as const)
      history.add(app, {
        type: "@xstate.actor",
        sessionId,
        name: sessionId,
        parentId,
        definition: undefined,
        snapshot: {},
      });
    const keys = [...pageAt(history, "/").matchAll(/data-key="(1-\w)"/g)].map(([, key]) => key);
    expect(keys.sort()).toEqual(["1-a", "1-b", "1-c"]);
  });

  it("name what is another than before, innermost parts alone", () => {
    expect(changesBetween({ a: [1], b: { c: 1, d: 2 } }, { a: [1], b: { c: 1 }, e: null })).toEqual([
      { path: "b.d", from: "2", to: "absent" },
      { path: "e", from: "absent", to: "null" },
    ]);
  });
});
