import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  type AnyActorLogic,
  type AnyActorRef,
  createActor,
  fromCallback,
  fromPromise,
  fromTransition,
  type InspectionEvent,
  setup,
} from "xstate";
import { adopted } from "#src/xstate-adoption";
import { listenDirectly } from "#src/xstate-internals";

const machine = setup({
  types: { input: {} as number, context: {} as { n: number }, events: {} as { type: "end" | "boom" } },
  actions: {
    boom: () => {
      throw new Error("boom");
    },
  },
}).createMachine({
  context: ({ input }) => ({ n: input }),
  initial: "on",
  states: { on: { on: { end: "off", boom: { actions: "boom" } } }, off: { type: "final" } },
});
const broken: AnyActorLogic = {
  ...fromTransition((state) => state, 0),
  getInitialSnapshot: () => {
    throw new Error("stillborn");
  },
};
const logics: Record<string, AnyActorLogic> = {
  machine,
  callback: fromCallback(({ receive, self }) => receive(({ type }) => type === "end" && self.send({ type: "more" }))),
  promise: fromPromise(async ({ input }) => input),
  transition: fromTransition((state: number, { type }) => state + type.length, 0),
  broken,
};

type Make = (logic: AnyActorLogic, birth: { parent: AnyActorRef; id: string; input: unknown }) => AnyActorRef;

/** All that can be seen of a child's life: what it is made of, what inspectors see, what its parent hears. */
async function lifeOf(make: Make, logic: AnyActorLogic, events: readonly string[]) {
  const heard: string[] = [];
  const seen: string[] = [];
  const parentLogic = fromTransition((count: number, { type }: { type: string }) => {
    heard.push(type);
    return count + 1;
  }, 0);
  const inspect = ({ type, actorRef }: InspectionEvent): void =>
    void seen.push(`${type} ${(actorRef as AnyActorRef).id}`);
  const parent = createActor(parentLogic, { id: "parent", inspect, logger: () => {} });
  parent.start();
  const child = make(logic, { parent, id: "child", input: 7 });
  child.subscribe({ error: () => {} });
  const parts = Object.entries(child).map(([key, value]) => `${key}: ${typeof value}`);
  const place = {
    id: child.id,
    parent: child._parent === parent,
    system: child.system === parent.system,
    options: Object.keys((child as unknown as { options: object }).options),
    scope: Object.keys((child as unknown as { _actorScope: object })._actorScope),
  };
  child.start();
  for (const type of events) if (child.getSnapshot().status === "active") child.send({ type });
  await Promise.resolve();
  await Promise.resolve();
  const { status, output, error, context, value } = child.getSnapshot();
  return { parts, place, heard, seen, end: { status, output, error: String(error), context, value } };
}

describe("an actor made without options and then given its place", () => {
  for (const [name, logic] of Object.entries(logics)) {
    for (const events of [[], ["end"], ["boom"], ["more", "end", "end"]]) {
      it(`lives as one made with them: ${name}, told ${events.join(", ") || "nothing"}`, async () => {
        const expected = await lifeOf((own, options) => createActor(own, options), logic, events);
        expect(await lifeOf(adopted, logic, events)).toEqual(expected);
        expect(expected.place.parent).toBe(true);
      });
    }
  }

  it("has a session of its own", () => {
    const parent = createActor(fromTransition((state: number) => state, 0)).start();
    const made = [1, 2, 3].map((n) => adopted(machine, { parent, id: `c${n}`, input: n }));
    expect(new Set([parent, ...made].map(({ sessionId }) => sessionId)).size).toBe(4);
    expect(
      made.map(({ _actorScope }: AnyActorRef & { _actorScope?: { sessionId: string } }) => _actorScope?.sessionId),
    ).toEqual(made.map(({ sessionId }) => sessionId));
  });
});

describe("a listener that is told directly", () => {
  const seenBy = (isDirect: boolean) => {
    const seen: InspectionEvent[] = [];
    const listen = (event: InspectionEvent): void => void seen.push(event);
    const actor = createActor(machine, { input: 1 });
    actor.system.inspect(listen);
    if (isDirect) listenDirectly(actor.system, listen);
    return { actor, seen };
  };
  const kinds = (seen: readonly InspectionEvent[]) => seen.map(({ type }) => type);

  it("receives what it would receive from XState, but for the id of the root", () => {
    const [told, copied] = [seenBy(true), seenBy(false)];
    for (const { actor } of [told, copied]) actor.start().send({ type: "end" });
    expect(kinds(told.seen)).toEqual(kinds(copied.seen));
    expect(told.seen.length).toBeGreaterThan(3);
    expect([told, copied].map(({ seen }) => seen.every((event) => "rootId" in event))).toEqual([false, true]);
  });

  it("receives everything once, as XState tells it, from when another is attached", () => {
    const { actor, seen } = seenBy(true);
    actor.start();
    const before = seen.length;
    const other: InspectionEvent[] = [];
    actor.system.inspect((event) => void other.push(event));
    actor.send({ type: "end" });
    expect(kinds(other).length).toBeGreaterThan(1);
    expect(seen.slice(before)).toEqual(other);
    expect(other.every(({ rootId }) => rootId === actor.sessionId)).toBe(true);
  });
});

describe("the range of XState versions in package.json", () => {
  const { peerDependencies, devDependencies } = JSON.parse(readFileSync("package.json", "utf8")) as Record<
    string,
    Record<string, string>
  >;

  it("begins with the version that the tests call the oldest, and leaves out the next major version", () => {
    const [, oldest] = /^>=(\d+\.\d+) <6$/.exec(peerDependencies!.xstate!) ?? [];
    expect(devDependencies!["xstate-oldest"]).toBe(`npm:xstate@${oldest}.0`);
    expect(devDependencies!.xstate).toMatch(/^5\.\d+\.\d+$/);
  });
});
