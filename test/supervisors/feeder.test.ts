import { describe, expect, it } from "vitest";
import type { Answer } from "#src/experiment/attempts";
import type { AttemptResult } from "#src/experiment/execute";
import type { Outcome } from "#src/experiment/outcome";
import type { Task } from "#src/experiment/task";
import { Feeder } from "#supervisors/feeder";
import type { RunScope } from "#supervisors/run-scope";

const answer = { attempts: 1, earlier: [], metrics: {}, state: {}, elapsedMs: 0, startedAt: 0 } as unknown as Answer;
const scored: AttemptResult = {
  result: { ok: true, value: { metrics: { accuracy: 1 }, scored: true } },
  startedAt: 0,
  elapsedMs: 0,
  worker: "here",
};

describe("answers that are scored without a worker", () => {
  it("are scored to the last, where as many rows as feeding waits for are stored by one commit", () => {
    const waiting: Outcome[] = [];
    const finished = new Set<number>();
    const task = (ordinal: number): Task => ({
      ordinal,
      condition: "a",
      repeat: 0,
      item: { id: `${ordinal}`, row: {} },
    });
    const scope = {
      plan: { conditions: ["a"], ready: 1300, ordinalOf: (_: number, position: number) => position, task },
      tally: { finished },
      answers: { areStored: true, areRecalled: true, get: () => answer, delete: () => {} },
      executor: { name: "here", atOnce: () => scored },
      limits: { maxParallel: 1 },
      intake: { draining: false, paused: false, circuit: "closed" },
      hooks: {},
      money: {},
      pools: new Map(),
      facts: () => {},
      service: () => ({ send: ({ outcome }: { outcome: Outcome }) => waiting.push(outcome) }),
    } as unknown as RunScope;
    const feeder = new Feeder(scope, "a");
    let hasEnded = false;
    const commits: number[] = [];
    feeder.feedTo({} as never, () => {
      hasEnded = true;
    });
    while (waiting.length > 0) {
      const rows = waiting.splice(0);
      commits.push(rows.length);
      for (const { ordinal } of rows) finished.add(ordinal);
      feeder.committed();
    }
    expect({ commits, hasEnded }).toEqual({ commits: [512, 512, 276], hasEnded: true });
  });
});
