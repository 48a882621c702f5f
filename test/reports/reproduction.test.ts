import { defineExperiment, memoryStore, resume, run } from "crucible-harness";
import { describe, expect, it } from "vitest";
import { reproduction } from "#src/reports/methodology";
import { exampleManifest } from "./manifest.ts";

const facts = (more: Partial<ReturnType<typeof exampleManifest>>): Record<string, string> => {
  const [block] = reproduction({ ...exampleManifest(["a"], ["accuracy"]), ...more });
  if (block?.kind !== "table") throw new Error("no table");
  return Object.fromEntries(block.table.rows.map(({ cells }) => cells.map(({ text }) => text)));
};

const compared = "Code compared when it is resumed";
const alone = "the text of the functions of its conditions alone";

describe("how to reproduce a run", () => {
  it("says that the text of functions alone is compared, where nothing else is known of the code", () => {
    expect(facts({})[compared]).toBe(alone);
  });

  it("names the digest of the file and its imports, and the variables that they read, where these are compared", () => {
    const named = facts({ code: { digest: "0123", variables: { LOOKUP: "2", UNSET: null } } });
    expect(named).toMatchObject({
      [compared]: "the file and what it imports, digest 0123",
      "Environment variable LOOKUP": "2",
      "Environment variable UNSET": "not set",
    });
  });
});

it("code outside the functions of a run from code may change without a word: the report says so beforehand", async () => {
  const store = memoryStore();
  const defined = (add: number) => {
    const run = ({ n }: { n: number }) => ({ score: n + add });
    return defineExperiment({
      name: "outside",
      dataset: [{ id: "a", n: 1 }],
      conditions: [{ name: "one", run }],
      metrics: ["score"],
    });
  };
  const options = { store: () => store, formats: [] };
  const { experimentId } = await run(defined(0), options);
  const manifest = (await store.manifest())!;
  expect(facts(manifest)[compared]).toBe(alone);
  await expect(resume(experimentId, { ...options, experiment: defined(1) })).resolves.toMatchObject({
    status: "completed",
  });
});
