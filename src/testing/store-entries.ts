import { deepEqual, equal, throws } from "node:assert/strict";
import type { RunStore } from "#src/store/store";
import type { Law } from "./backend-contract.ts";

type MakeLaw = (name: string, check: (open: () => Promise<RunStore>) => Promise<void>) => Law;

/** The laws of what a store keeps beside its results, where it does. @param law makes one of a name and a check that opens the store of a new place */
export const entryLaws = (law: MakeLaw): Law[] => [
  law("keeps lists of entries beside its results, each by its numbers, where it can", async (open) => {
    const { entries } = await open();
    if (!entries) return;
    deepEqual([entries.lists(), [...entries.all("a")], entries.one("a", 1)], [[], [], undefined]);
    deepEqual(entries.add("b'; DROP TABLE entry; --", [entry(7)]), [7]);
    deepEqual(entries.add("a", [entry(40), entry(3), entry(3, "again")]), [40, 3]);
    deepEqual(entries.add("a", [entry(3, "later"), entry(0)]), [0]);
    const again = (await open()).entries!;
    deepEqual(again.lists(), ["a", "b'; DROP TABLE entry; --"]);
    deepEqual([...again.all("a")], [entry(0), entry(3), entry(40)]);
    deepEqual([again.one("a", 3), again.one("a", 4), again.one("b", 7)], [entry(3), undefined, undefined]);
    const many = Array.from({ length: 100 }, (_, number) => entry(number));
    equal(again.add("many", many).length, 100);
    deepEqual([...again.all("many")], many);
  }),
  law("writes and takes away entries, all of a change or none", async (open) => {
    const { entries } = await open();
    if (!entries) return;
    entries.add("a", [entry(1), entry(2)]);
    const value = { now: "changed" };
    entries.write([
      { list: "a", number: 1 },
      { list: "a", number: 2, value },
      { list: "c", number: 9, value: 0 },
    ]);
    value.now = "afterwards";
    const ring: Record<string, unknown> = {};
    ring.self = ring;
    throws(() =>
      entries.write([
        { list: "a", number: 2 },
        { list: "a", number: 3, value: ring },
      ]),
    );
    const again = (await open()).entries!;
    deepEqual(again.lists(), ["a", "c"]);
    deepEqual([...again.all("a")], [{ number: 2, value: { now: "changed" } }]);
    deepEqual([...again.all("c")], [{ number: 9, value: 0 }]);
  }),
];

const entry = (number: number, text = "'; --") => ({ number, value: { text, number, list: [null, true] } });
