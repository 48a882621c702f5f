import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, it } from "vitest";
import { createActor } from "xstate";
import { manualClock } from "#src/testing/manual-clock";
import { dynamicSupervisor, resume, spawn, stop, supervisorMachine, suspend } from "#supervisors/otp/index";
import { type Config, mermaid } from "./chart.ts";
import { deafWorker } from "./support.ts";

const docs = readFileSync(resolve(import.meta.dirname, "../../../docs/supervision.md"), "utf8");

it("the chart of a supervisor in the docs is drawn from its machine", () => {
  expect(docs).toContain(mermaid(supervisorMachine.config as Config));
});

it("the chart of a dynamic supervisor in the docs is drawn from its config, and the actor is always in one of its states", () => {
  const logic = dynamicSupervisor<string>({ start: deafWorker });
  const chart = logic.config as Config;
  expect(docs).toContain(mermaid(chart));

  const clock = manualClock();
  const pool = createActor(logic, { clock }).start();
  const seen: string[] = [pool.getSnapshot().value];
  pool.subscribe(({ value }) => seen.push(value));
  spawn(pool, "deaf");
  suspend(pool);
  resume(pool);
  void stop(pool);
  return clock.drain().then(() => {
    expect([...new Set(seen)]).toEqual(Object.keys(chart.states!));
  });
});
