import type { Fact } from "crucible-harness";
import { describe, expect, it } from "vitest";
import { factStream } from "#src/app/observe/facts";

const fact = (ordinal: number): Fact => ({ type: "task.started", ordinal, attempt: 1 });

/** What a reader gets until the stream ends. */
async function rest(reader: AsyncIterator<Fact>): Promise<number[]> {
  const ordinals: number[] = [];
  for (let next = await reader.next(); !next.done; next = await reader.next())
    if (next.value.type === "task.started") ordinals.push(next.value.ordinal);
  return ordinals;
}

describe("the facts of a run", () => {
  it("reach every reader in order, also one that waits", async () => {
    const facts = factStream();
    const waiting = rest(facts[Symbol.asyncIterator]());
    const late = facts[Symbol.asyncIterator]();
    for (let i = 0; i < 5; i++) facts.publish(fact(i));
    facts.close();
    expect(await waiting).toEqual([0, 1, 2, 3, 4]);
    expect(await rest(late)).toEqual([0, 1, 2, 3, 4]);
    expect(facts.dropped).toBe(0);
  });

  it("are dropped, oldest first, where a reader is too slow, and counted", async () => {
    const facts = factStream();
    const slow = facts[Symbol.asyncIterator]();
    for (let i = 0; i < 10_007; i++) facts.publish(fact(i));
    expect(facts.dropped).toBe(7);
    facts.close();
    const kept = await rest(slow);
    expect([kept.length, kept[0], kept.at(-1)]).toEqual([10_000, 7, 10_006]);
  });

  it("are no longer kept for a reader that left, or came after the end", async () => {
    const facts = factStream();
    const gone = facts[Symbol.asyncIterator]();
    await gone.return!();
    for (let i = 0; i < 20_000; i++) facts.publish(fact(i));
    expect(facts.dropped).toBe(0);
    facts.close();
    expect(await rest(facts[Symbol.asyncIterator]())).toEqual([]);
  });
});
