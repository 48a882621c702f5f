import { describe, expect, it } from "vitest";
import { permutation, stream } from "#src/kernel/random";
import { type StopRule, stopWatch } from "#src/policy/stop-rule";

/** Notes what it sees; decides at the third item. */
const noting = (seen: number[][]): StopRule<readonly number[], number> => ({
  initial: 0,
  next: (items, rows) => {
    seen.push([...rows].sort((a, b) => a - b));
    return items + 1;
  },
  verdict: (items) => (items < 3 ? { kind: "goOn" } : { kind: "decided", reason: "three" }),
});

describe("a watch over a run", () => {
  it("shows the rule the same items whatever the order in which tasks end", () => {
    for (let seed = 0; seed < 20; seed++) {
      const seen: number[][] = [];
      const watch = stopWatch(noting(seen), 2, (row: number) => row);
      const verdicts = [...permutation(8, stream(seed, "order"))].map((row) => watch.see(row)).filter(Boolean);
      expect(seen).toEqual([
        [0, 1],
        [2, 3],
        [4, 5],
      ]);
      expect(verdicts).toEqual([{ kind: "decided", reason: "three" }]);
    }
  });

  it("waits for an item that ends late, and counts a row once", () => {
    const seen: number[][] = [];
    const watch = stopWatch(noting(seen), 2, (row: number) => row);
    for (const row of [0, 0, 2, 3, 4, 5, 2]) watch.see(row);
    expect(seen).toEqual([]);
    expect(watch.see(1)).toEqual({ kind: "decided", reason: "three" });
  });
});
