import { describe, expect, it } from "vitest";
import type { RunCommand } from "#actors/messages";
import type { Task } from "#src/experiment/task";
import { chargeLate } from "#supervisors/money";
import type { RunScope } from "#supervisors/run-scope";

const task: Task = { ordinal: 3, condition: "a", item: { id: "q1", row: {} }, repeat: 0 };

/** What a late charge needs of a run whose store does `lose`. */
function scope(lose: () => void | Promise<void>) {
  const told: RunCommand[] = [];
  const run = {
    book: { closed: false },
    tally: { spend: () => {} },
    store: { lose },
    run: { send: (command: RunCommand) => void told.push(command) },
    service: () => undefined,
  };
  return { told, run: run as unknown as RunScope };
}

describe("a late charge that the store refuses", () => {
  it.each([
    [
      "at once",
      (): void => {
        throw new Error("disk full");
      },
    ],
    ["later", () => Promise.reject(new Error("disk full"))],
  ])("ends the run and throws at no one, %s", async (_, lose) => {
    const { told, run } = scope(lose);
    expect(() => chargeLate(run, task, 0.5)).not.toThrow();
    await Promise.resolve();
    const reason = "disk full; what was stored before is safe";
    expect(told).toEqual([{ type: "run.stop", request: { status: "aborted", reason, cause: "store" } }]);
  });
});
