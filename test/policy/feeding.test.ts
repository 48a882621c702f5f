import { describe, expect, it } from "vitest";
import { type Feeding, hasEnded, mayFeed } from "#src/policy/feeding";

const feeding = (change: Partial<Feeding> = {}): Feeding => ({
  planned: 100_000,
  position: 50,
  maxParallel: 4,
  live: 0,
  withoutSlot: 0,
  backingOff: 0,
  lost: 0,
  isStopping: false,
  ...change,
});

describe("mayFeed", () => {
  it("lets as many workers have an attempt ahead of them as may run; those that store do not count", () => {
    expect(mayFeed(feeding({ live: 3 }))).toBe(true);
    expect(mayFeed(feeding({ live: 4 }))).toBe(false);
    expect(mayFeed(feeding({ live: 9, withoutSlot: 6 }))).toBe(true);
  });

  it("ends with the plan, and when nothing new may start", () => {
    expect(mayFeed(feeding({ position: 100_000 }))).toBe(false);
    expect(mayFeed(feeding({ isStopping: true }))).toBe(false);
  });

  it("waits where memory would grow: for commits, and for retries", () => {
    expect(mayFeed(feeding({ live: 512, withoutSlot: 512 }))).toBe(false);
    expect(mayFeed(feeding({ backingOff: 10_000 }))).toBe(false);
  });
});

describe("hasEnded", () => {
  const fed = (change: Partial<Feeding> = {}): Feeding => feeding({ position: 100_000, ...change });

  it("waits for workers, for rows that are not stored, and for retries", () => {
    expect(hasEnded(fed())).toBe(true);
    for (const change of [{ live: 1 }, { lost: 1 }, { backingOff: 1 }]) expect(hasEnded(fed(change))).toBe(false);
  });

  it("leaves tasks that wait for a retry to the next session where the run stops, and no row", () => {
    expect(hasEnded(feeding({ isStopping: true, backingOff: 3 }))).toBe(true);
    expect(hasEnded(feeding({ isStopping: true, lost: 1 }))).toBe(false);
    expect(hasEnded(feeding())).toBe(false);
  });
});
