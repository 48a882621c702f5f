import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { isLong } from "../../runs.ts";
import { firstDifference } from "./compare.ts";
import { conform } from "./conform.ts";
import { knownDifferences } from "./differences.ts";
import { hasRecordings, readRecording, recordingsFolder, type Scenario } from "./recording.ts";

const isRequired = process.env.CRUCIBLE_REQUIRE_SHARED === "1";

if (!hasRecordings() && !isRequired) {
  it.skip(`recordings of Erlang/OTP are not at ${recordingsFolder}: set CRUCIBLE_SHARED to replay them`);
} else {
  describe.each(["named.json", "random-public.json"])("recordings of Erlang/OTP 25: %s", (file) => {
    it("are replayed exactly", async () => {
      const complaints: string[] = [];
      for (const [n, scenario] of readRecording(resolve(recordingsFolder, file)).entries()) {
        if (!isLong && file.startsWith("random") && n % 4 !== 0) continue; // npm run test:long replays all of them

        const complaint = await conform(scenario);
        if (complaint) complaints.push(complaint);
      }
      expect(complaints).toEqual([]);
    });
  });
}

describe("a conformance failure", () => {
  const scenario: Scenario = {
    id: "made-up",
    title: "a crash with no restart",
    tree: { id: "root", type: "supervisor", sup: {}, children: [{ id: "a" }] },
    steps: [{ op: "exit", path: ["a"], reason: "crash" }],
    trace: [
      { step: 0, ev: "sup_init", path: [], n: 1 },
      { step: 0, ev: "started", path: ["a"], n: 1, type: "worker" },
      { step: 0, ev: "started", path: [], n: 1, type: "supervisor" },
      { step: 0, ev: "result", op: "boot", result: { ok: true } },
      { step: 1, ev: "terminated", path: ["a"], n: 1, reason: "crash" },
    ],
    final: { root: "alive", tree: null, orphans: [] },
  };

  it("names the scenario, the step, and the expected and the actual event", async () => {
    const complaint = await conform(scenario);
    expect(complaint).toContain("made-up: a crash with no restart");
    expect(complaint).toContain('step 1, event 2: {"op":"exit","path":["a"],"reason":"crash"}');
    expect(complaint).toContain('expected "nothing more"');
    expect(complaint).toContain('"ev":"started","path":["a"],"n":2');
  });

  it("is not an event in another place where OTP leaves the order open", () => {
    const event = (path: string, more: object) => ({
      step: 1,
      ev: "terminated",
      path: [path],
      n: 1,
      reason: "killed",
      ...more,
    });
    const expected = [
      event("s", {}),
      event("a", { orphan: true }),
      event("x", { unordered: true }),
      event("y", { unordered: true }),
    ];
    expect(firstDifference(expected, [event("a", {}), event("s", {}), event("y", {}), event("x", {})])).toBeUndefined();
    expect(firstDifference(expected, [event("a", {}), event("x", {}), event("y", {}), event("s", {})])).toBeDefined();
    expect(firstDifference(expected, [event("s", {}), event("x", {}), event("y", {})])).toBeDefined();
  });
});

it.each(knownDifferences.map(({ id }) => id))("the known difference %s is in the docs", (id) => {
  const docs = readFileSync(resolve(import.meta.dirname, "../../../docs/supervision/otp-table.md"), "utf8");
  expect(docs).toContain(`\`${id}\``);
});
