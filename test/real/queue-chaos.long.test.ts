import { describe, expect, it } from "vitest";
import { queueChaos } from "../chaos/queue.ts";
import { runs } from "../runs.ts";
import { hasRedis } from "./redis-server.ts";

/** A part of `npm run chaos:queue`. */
describe.skipIf(!hasRedis)("a run through a queue", () => {
  it("loses nothing when coordinator, workers and Redis are killed at random", async () => {
    const result = await queueChaos({ tasks: runs(50, 200), kills: runs(2, 8), seed: "2", workers: 2 });
    expect(result).toMatchObject({ lost: [], duplicated: [], different: [] });
    expect(result.tasks).toBe(runs(50, 200));
  });
});
