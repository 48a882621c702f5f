import { expect, it } from "vitest";
import { createActor } from "xstate";
import { paceOf, progressLogic } from "#actors/progress";
import { manualClock } from "#src/testing/manual-clock";
import { ended } from "./support.ts";

function progress() {
  const clock = manualClock(5000);
  const actor = createActor(progressLogic, { input: { clock } }).start();
  return {
    clock,
    pace: () => actor.getSnapshot().context.pace.tasksPerSecond,
    /** So many tasks are committed after so many milliseconds. */
    commit: async (tasks: number, afterMs: number) => {
      await clock.advance(afterMs);
      actor.send({ type: "outcomes.stored", outcomes: Array.from({ length: tasks }, (_, i) => ended(i)) });
    },
  };
}

it("has no pace before the first commit, and then the pace since the start", async () => {
  const { pace, commit } = progress();
  expect(pace()).toBe(0);
  await commit(30, 2000);
  expect(pace()).toBe(15);
});

it("stays at a pace that does not change, however the commits fall", async () => {
  const { pace, commit } = progress();
  for (const spanMs of [1000, 20, 700, 3000, 500]) await commit(spanMs / 10, spanMs);
  expect(pace()).toBeCloseTo(100, 10);
});

it("does not remember a slow beginning longer than it lasted", async () => {
  const { pace, commit } = progress();
  await commit(1, 100); // 10 a second
  for (let i = 0; i < 10; i++) await commit(10, 100); // 100 a second
  expect(pace()).toBeGreaterThan(90);
});

it("has gone half of the way to a new pace after five seconds", async () => {
  const { pace, commit } = progress();
  await commit(100, 10_000);
  await commit(150, 5000);
  expect(pace()).toBe(20); // between 10 and 30 a second
});

it("is a number also for two commits at the same moment", async () => {
  const { pace, commit } = progress();
  await commit(1, 0);
  await commit(1, 0);
  expect(Number.isFinite(pace())).toBe(true);
});

it("shares its pace among the conditions", async () => {
  const clock = manualClock(5000);
  const actor = createActor(progressLogic, { input: { clock } }).start();
  const pace = () => actor.getSnapshot().context.pace;
  for (const [condition, tasks] of [
    ["a", 30],
    ["b", 10],
    ["a", 5],
  ] as const) {
    await clock.advance(2000);
    actor.send({
      type: "outcomes.stored",
      outcomes: Array.from({ length: tasks }, (_, i) => ({ ...ended(i), condition })),
    });
  }
  expect(paceOf(pace(), "a") + paceOf(pace(), "b")).toBeCloseTo(pace().tasksPerSecond, 10);
  expect(paceOf(pace(), "a")).toBeGreaterThan(paceOf(pace(), "b"));
  expect(paceOf(pace(), "c")).toBe(0);
});
