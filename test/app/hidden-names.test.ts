import { defineExperiment, memoryStore, resume, run, secret } from "crucible-harness";
import { expect, it } from "vitest";

it("a value that is hidden may stand in what describes an experiment: the run is locked, read and resumed as any other", async () => {
  const word = secret("fjord-of-names");
  const experiment = defineExperiment({
    name: "hidden",
    description: word,
    tags: [word],
    dataset: ["1", "2"].map((id) => ({ id, [word]: id })),
    conditions: ["a", "b"].map((name) => ({
      name,
      description: word,
      factors: { [word]: name, of: word },
      run: ({ id }) => ({ hit: Number(id === "1") }),
    })),
    metrics: ["hit"],
    statisticalAnalysis: { by: [word] },
  });
  const store = memoryStore();
  const options = { store: () => store, formats: [] };
  const first = await run(experiment, options);
  expect(first).toMatchObject({ status: "completed", accounting: { planned: 4, succeeded: 4 } });
  expect(JSON.stringify(await store.manifest())).not.toContain(word);
  const again = await resume(first.experimentId, { ...options, experiment });
  expect(again).toMatchObject({
    status: "completed",
    accounting: { succeeded: 4 },
    decided: { changes: [], unused: [] },
  });
});
