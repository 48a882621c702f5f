import { describe, expect, it } from "vitest";
import { mayBegin } from "#src/execute/queue-presence";

/** A Redis that says for how long the lock of the job is ours, after a while each time; -1 where it is another's. */
function answering(answers: readonly (readonly [leftMs: number, lateMs: number])[]) {
  const world = { nowMs: 0, counted: 0, asked: 0 };
  const redis = {
    async eval(...given: unknown[]) {
      const [leftMs, lateMs] = answers[world.asked++]!;
      if (leftMs >= 0 && given.at(-2) === "1") world.counted += 1;
      world.nowMs += lateMs;
      return leftMs;
    },
    async decr() {
      world.counted -= 1;
      return 0;
    },
  };
  return { world, begins: () => mayBegin(redis, "job", { key: "lock", token: "mine" }, () => world.nowMs) };
}

describe("an attempt on another machine", () => {
  it.each([
    ["begins where its job is the worker's", [[9000, 5]], true, 1],
    ["does not begin where another worker has its job", [[-1, 5]], false, 0],
    [
      "is asked for again where the answer came later than the lock lasts, and begins once",
      [
        [9000, 60_000],
        [9000, 5],
      ],
      true,
      1,
    ],
    [
      "does not begin where its job went to another while the answer was on its way, nor does it count",
      [
        [9000, 60_000],
        [-1, 5],
      ],
      false,
      0,
    ],
  ] as const)("%s", async (_, answers, begins, counted) => {
    const { world, begins: asked } = answering(answers);
    expect([await asked(), world.counted, world.asked]).toEqual([begins, counted, answers.length]);
  });
});
