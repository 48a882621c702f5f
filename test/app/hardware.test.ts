import { defineExperiment, hardwareProfile, memoryStore, run } from "crucible-harness";
import { describe, expect, it } from "vitest";
import { classify, parseNvidiaSmi } from "#src/app/hardware";

/** What `nvidia-smi --query-gpu=name,memory.total,driver_version --format=csv,noheader,nounits` prints. */
const printed = { "RTX 3060 Ti": 8192, T4: 15360, "RTX 4080": 16376, "RTX 4090": 24564, L4: 23034, "A100 40GB": 40960 };

describe("the class of a machine", () => {
  it.each([
    ["RTX 3060 Ti", "edge_minimal", 1, 2],
    ["T4", "edge_standard", 2, 1.5],
    ["RTX 4080", "edge_standard", 2, 1.5],
    ["RTX 4090", "server_standard", 4, 1],
    ["L4", "server_standard", 4, 1],
    ["A100 40GB", "server_large", 8, 0.8],
  ] as const)("is told by the memory of a %s: %s", (card, name, suggestedConcurrency, timeoutFactor) => {
    expect(hardwareProfile(`NVIDIA ${card}, ${printed[card]}, 535.129.03\n`)).toMatchObject({
      class: name,
      suggestedConcurrency,
      timeoutFactor,
      gpus: [{ name: `NVIDIA ${card}`, driver: "535.129.03" }],
    });
  });

  it("is that of its largest card", () => {
    expect(hardwareProfile("A, 8192, 1\nB, 81920, 1\n")).toMatchObject({ class: "server_large", gpus: [{}, {}] });
  });

  it("is cpu_only, with all cores and three times the time, where no card is large enough", () => {
    expect(classify([], 6)).toMatchObject({ name: "cpu_only", concurrency: 6, timeoutFactor: 3 });
    expect(classify([{ name: "MX150", memoryGb: 2 }], 6).name).toBe("cpu_only");
  });

  it("does not count what nvidia-smi prints when a card is lost", () => {
    expect(parseNvidiaSmi("Unable to determine the device handle\nA, [N/A], 1\nB, 8192, 1\n")).toEqual([
      { name: "B", memoryGb: 8, driver: "1" },
    ]);
  });

  it("stands in the manifest of every run", async () => {
    const store = memoryStore();
    const experiment = defineExperiment({
      name: "x",
      dataset: [1],
      conditions: [{ name: "a", run: () => 1 }],
      metrics: ["value"],
    });
    await run(experiment, { store: () => store, formats: [] });
    expect((await store.manifest())?.environment.hardware).toEqual(hardwareProfile());
  });
});
