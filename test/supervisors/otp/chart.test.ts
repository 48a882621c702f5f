import { expect, it } from "vitest";
import { createActor } from "xstate";
import { chartOf } from "#src/app/observe/chart-of";
import { manualClock } from "#src/testing/manual-clock";
import { dynamicSupervisor, resume, spawn, stop, suspend } from "#supervisors/otp/index";
import { deafWorker } from "./support.ts";

it("a dynamic supervisor is always in one of the states of its chart, and reaches each", async () => {
  const logic = dynamicSupervisor<string>({ start: deafWorker });
  const clock = manualClock();
  const pool = createActor(logic, { clock }).start();
  const seen: string[] = [pool.getSnapshot().value];
  pool.subscribe(({ value }) => seen.push(value));
  spawn(pool, "deaf");
  suspend(pool);
  resume(pool);
  void stop(pool);
  await clock.drain();
  expect([...new Set(seen)]).toEqual(chartOf(logic.config).states.map(({ name }) => name));
});
