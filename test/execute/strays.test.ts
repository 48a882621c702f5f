import { describe, expect, it } from "vitest";
import { run } from "#src/app/run";
import { defineExperiment } from "#src/experiment/define";
import { memoryStore } from "#src/store/memory";

const handlers = (): number[] =>
  ["unhandledRejection", "uncaughtException"].map((event) => process.listenerCount(event));

/** A run of one task that ends when it is told to. */
function held() {
  let release = (): void => {};
  let begun = (): void => {};
  const until = new Promise<void>((resolve) => (release = resolve));
  const started = new Promise<void>((resolve) => (begun = resolve));
  const work = async (): Promise<number> => {
    begun();
    await until;
    return 1;
  };
  const experiment = defineExperiment({
    name: "held",
    dataset: [1],
    conditions: [{ name: "a", run: work }],
    metrics: ["accuracy"],
  });
  const done = run(experiment, { store: () => memoryStore(), formats: [], observe: false });
  return { started, release, done };
}

describe("handlers of uncaught errors", () => {
  it("are on the process while any run is active, once, and gone after the last", async () => {
    const before = handlers();
    const more = before.map((count) => count + 1);
    const [first, second] = [held(), held()];
    await Promise.all([first.started, second.started]);
    expect(handlers()).toEqual(more);
    first.release();
    await first.done;
    expect(handlers()).toEqual(more);
    second.release();
    await second.done;
    expect(handlers()).toEqual(before);
  });

  it("are gone where a run is refused, or its hook stops it", async () => {
    const before = handlers();
    const experiment = defineExperiment({
      name: "stopped",
      dataset: [1],
      conditions: [{ name: "a", run: () => 1 }],
      metrics: ["accuracy"],
      hooks: {
        beforeExperiment: () => {
          throw new Error("not today");
        },
      },
    });
    await expect(run(experiment, { store: () => memoryStore(), formats: [], observe: false })).rejects.toThrow("today");
    expect(handlers()).toEqual(before);
  });
});
