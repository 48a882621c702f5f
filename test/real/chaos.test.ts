import { describe, expect, it } from "vitest";
import { chaosRound } from "../chaos/round.ts";

/** A part of `npm run chaos` that takes seconds. */
describe("a run in processes that are killed, and resumed until it is done", () => {
  it("equals a straight one in every row and number", async () => {
    const { kills, lost, duplicated, violations } = await chaosRound("short.2", { strikes: false });
    expect({ lost, duplicated, violations }).toEqual({ lost: [], duplicated: [], violations: [] });
    expect(kills).toBeGreaterThan(0);
  });
});
