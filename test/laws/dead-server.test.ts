import fc from "fast-check";
import { expect, it } from "vitest";
import { draws } from "../runs.ts";
import { begin, finish, goOn, lastingStore, type Script, scripted, world } from "./harness.ts";

fc.configureGlobal({ seed: 42 });

it("a server that is not there costs about as many calls as may fail before the first success, whatever the plan", async () => {
  const plan = fc.record({
    items: fc.integer({ min: 30, max: 300 }),
    maxParallel: fc.integer({ min: 1, max: 20 }),
    maxFailuresBeforeSuccess: fc.integer({ min: 1, max: 25 }),
    step: fc.constantFrom("503" as const, "400" as const, "crash" as const),
  });
  await fc.assert(
    fc.asyncProperty(plan, async ({ items, maxParallel, maxFailuresBeforeSuccess, step }) => {
      const here = world();
      const config = { maxParallel, errorHandling: { maxFailuresBeforeSuccess } };
      const experiment = scripted(here, () => step, { items, config });
      const store = lastingStore();
      const report = await finish(here, begin(here, experiment, store));
      expect(report).toMatchObject({
        status: "aborted",
        reason: expect.stringMatching(/none succeeded; most often: \w+: /),
      });
      expect(here.calls.length).toBeGreaterThanOrEqual(maxFailuresBeforeSuccess);
      expect(here.calls.length).toBeLessThanOrEqual(maxFailuresBeforeSuccess + 2 * maxParallel);
      const before = here.calls.length;
      await finish(here, goOn(here, experiment, store));
      expect(here.calls.length - before).toBeLessThanOrEqual(4); // the trial, with its retries
    }),
    draws(15, 50, 42),
  );
});

it("failures after the first success are judged by tasks alone, and failed tasks of a good run are told by their messages", async () => {
  const here = world();
  const script: Script = (_, item) => (Number(item.slice(1)) % 20 === 7 ? "400" : "ok");
  const experiment = scripted(here, script, { items: 200, config: { errorHandling: { maxFailuresBeforeSuccess: 5 } } });
  const report = await finish(here, begin(here, experiment));
  expect(report).toMatchObject({
    status: "completed",
    accounting: { succeeded: 380, failed: 20, pending: 0 },
    failures: {
      groups: [{ kind: "bad_request", message: "400", times: 20, conditions: { c0: 10, c1: 10 } }],
      others: 0,
    },
  });
});
