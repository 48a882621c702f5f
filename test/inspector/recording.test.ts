import { supervisor } from "crucible-harness/supervision";
import { explore, replay, type SimulatedWorld } from "crucible-harness/testing";
import { beforeAll, describe, expect, it } from "vitest";
import { assign, setup } from "xstate";
import type { History } from "#src/inspector/history";
import { historyOf, openRecording, type RecordedMessage, recorder } from "#src/inspector/recording";
import { route } from "#src/inspector/routes";

const door = setup({ types: { context: {} as { opened: number } } }).createMachine({
  id: "door",
  context: { opened: 0 },
  initial: "shut",
  states: {
    shut: { on: { push: { target: "open", actions: assign({ opened: ({ context }) => context.opened + 1 }) } } },
    open: { on: { pull: "shut" } },
  },
});
const house = supervisor({ children: [{ id: "door", start: door, name: "door" }] });

/** Nobody may open the door twice; and somebody may. */
const body = async (world: SimulatedWorld): Promise<void> => {
  const root = world.start(house);
  const at = root.system.get("door")!;
  world.always(() => (at.getSnapshot().context.opened > 1 ? 'opened <b>"twice"</b>' : undefined));
  for (let n = 0; n < 4; n++) {
    await world.sleep(10);
    if (world.chance("push", 0.5)) at.send({ type: n % 2 === 0 ? "push" : "pull" });
  }
};

const textAt = (history: History, address: string): string => {
  const reply = route(new URL(address, "http://localhost"), history, "");
  return "page" in reply ? reply.page.main.text : reply.file.body;
};

describe("a violation that was found, as a recording", () => {
  let messages: RecordedMessage[];
  let history: History;
  beforeAll(async () => {
    const { found } = await explore(body, { seeds: 50 });
    const tape = recorder();
    const again = await replay(found!.decisions, body, { inspect: tape.inspect });
    expect([again.digest, again.violation]).toEqual([found!.simulation.digest, found!.violation]); // listening changes nothing
    messages = JSON.parse(JSON.stringify(tape.messages()));
    history = historyOf(messages, { title: "doors.ts, seed 3", violation: found!.violation, story: again.trace });
  });

  it("shows the tree at its end, the law that was broken, and the story", () => {
    const page = textAt(history, "/");
    expect(page).toContain("doors.ts, seed 3");
    expect(page).toContain("opened &lt;b&gt;&quot;twice&quot;&lt;/b&gt;");
    expect(page).toMatch(/>app<\/a>.*>door<\/a>/s);
    expect(page).not.toMatch(/Connect another app|disconnected/);
    expect(textAt(history, "/story")).toContain("VIOLATION");
    expect(textAt(history, "/events")).toContain("<code>pull</code>");
    expect(textAt(history, "/sequence")).toContain("push");
  });

  it("is stepped through: at each step an actor stands where it stood", () => {
    const actor = history.apps.flatMap(({ actors }) => [...actors.values()]).find(({ name }) => name === "door")!;
    const states = actor.entries.map(({ step }) => {
      const page = textAt(history, `/actor/${actor.key}?at=${step}`);
      return `${/(\d+) ms/.exec(page)?.[1]} ${/class="pill busy">(\w+)</.exec(page)?.[1]}`;
    });
    expect(new Set(states)).toEqual(
      new Set(["0 undefined", "0 shut", "10 shut", "10 open", "20 open", "20 shut", "30 shut", "30 open"]),
    );
    expect(textAt(history, `/actor/${actor.key}`)).toContain("<code>context.opened</code>: 1 → 2");
  });

  it("is served with a token alone", async () => {
    const server = await openRecording(history);
    try {
      const entry = await fetch(server.url, { redirect: "manual" });
      const cookie = entry.headers.get("set-cookie")!.split(";")[0]!;
      const page = await fetch(`http://127.0.0.1:${server.port}/`, { headers: { cookie } });
      expect([page.status, await page.text()]).toEqual([200, expect.stringContaining("doors.ts, seed 3")]);
      expect((await fetch(`http://127.0.0.1:${server.port}/`)).status).toBe(401);
    } finally {
      await server.close();
    }
  });

  it("keeps of a long one its end, and how every actor began", async () => {
    const tape = recorder();
    const long = async (world: SimulatedWorld): Promise<void> => {
      const at = world.start(house).system.get("door")!;
      for (let n = 0; n < 6000; n++) at.send({ type: n % 2 === 0 ? "push" : "pull" });
    };
    await replay([], long, { inspect: tape.inspect });
    const kept = tape.messages();
    expect(kept.length).toBeLessThan(10_010);
    expect(kept[0]!.message).toMatchObject({ type: "@xstate.actor", name: "app" });
    const last = kept.findLast(({ message }) => (message as { event?: { type: string } }).event?.type === "pull");
    expect(last!.message).toMatchObject({ type: "@xstate.snapshot", snapshot: { context: { opened: 3000 } } });
  });

  it("counts what is no message, and shows names as they are written", () => {
    const odd = [
      null,
      7,
      { type: "@xstate.actor" },
      { type: "@xstate.actor", sessionId: "x", name: "<img src=x>", definition: "{" },
    ];
    const shown = historyOf(
      odd.map((message) => ({ t: 0, app: 1, message })),
      { title: "<script>", violation: "", story: ["<i>"] },
    );
    expect(shown.unread).toBe(3);
    const page = `${textAt(shown, "/")}${textAt(shown, "/story")}`;
    expect(page).toContain("&lt;img src=x&gt;");
    expect(page).not.toMatch(/<img|<i>|<script/);
  });
});
