import { describe, expect, it } from "vitest";
import { rehearse } from "../two-machines/rehearse.ts";
import { hasRedis } from "./redis-server.ts";

/** A part of `npm run two-machines`, which anybody can run. */
describe.skipIf(!hasRedis)("a run on two machines with bad lines, one of which is cut for a while", () => {
  it("has the rows of a straight run, does nothing twice, and keeps its books", async () => {
    const { rows, different, twice, again, counted, paid, booked, by } = await rehearse({
      tasks: 120,
      partitionS: 3,
      way: "proxies",
    });
    expect({ rows, different, twice }).toEqual({ rows: 120, different: [], twice: [] });
    expect([Object.keys(by).length, again, booked]).toEqual([2, counted, expect.closeTo(paid, 9)]);
  });
});
