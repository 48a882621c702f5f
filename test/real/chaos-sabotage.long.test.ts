import { describe, expect, it } from "vitest";
import { chaosRound } from "../chaos/round.ts";

describe("a round finds out when the runtime is broken on purpose", () => {
  const round = (sabotage: "loses" | "repeats" | "overspends", seed: string) =>
    chaosRound(seed, { strikes: false, sabotage });
  it("so that it acknowledges what it did not write", async () => {
    expect((await round("loses", "broken.1")).lost).not.toEqual([]);
  });
  it("so that it forgets what is finished", async () => {
    expect((await round("repeats", "broken.1")).duplicated).not.toEqual([]);
  });
  it("so that it forgets what it promised to pay", async () => {
    expect((await round("overspends", "5.8")).violations.join()).toContain("was paid, and the report counts");
  });
});
