import { describe, expect, it } from "vitest";
import { createActor, fromTransition } from "xstate";
import { tapActors } from "#src/app/fault-actors";
import { liveRule } from "#src/testing/fault-schedule";
import { manualClock } from "#src/testing/manual-clock";

type Said = { readonly type: string; readonly ordinal?: number };

/** An actor that writes down what it reads, and meets one fault at its first event. */
function reader(fault: "delay" | "hang" | "duplicate" | "drop") {
  const clock = manualClock();
  const read: string[] = [];
  const logic = fromTransition((state: null, { type, ordinal }: Said) => {
    read.push(`${type} ${ordinal ?? ""}`.trim());
    return state;
  }, null);
  const rule = liveRule({ target: "actor", path: "x", fault, at: 1, forMs: 10 }, 0, 1);
  const actor = createActor(tapActors([rule], clock)("x", logic)).start();
  return { clock, read, send: (...said: Said[]) => said.forEach((one) => void actor.send(one)) };
}

describe("faults of actors", () => {
  const said = [
    { type: "settle", ordinal: 1 },
    { type: "ask", ordinal: 2 },
    { type: "ask", ordinal: 1 },
    { type: "pause" },
  ];

  it("delay what is said about one task, and never let the next word about it overtake", async () => {
    const { clock, read, send } = reader("delay");
    send(...said);
    expect(read).toEqual(["ask 2", "pause"]);
    await clock.advance(10);
    expect(read).toEqual(["ask 2", "pause", "settle 1", "ask 1"]);
  });

  it("let an actor hang that then reads everything in order", async () => {
    const { clock, read, send } = reader("hang");
    send(...said);
    expect(read).toEqual([]);
    await clock.advance(10);
    expect(read).toEqual(["settle 1", "ask 2", "ask 1", "pause"]);
  });

  it("repeat an event, or lose it", () => {
    const [twice, never] = [reader("duplicate"), reader("drop")];
    for (const { send } of [twice, never]) send(...said.slice(0, 2));
    expect(twice.read).toEqual(["settle 1", "settle 1", "ask 2"]);
    expect(never.read).toEqual(["ask 2"]);
  });
});
