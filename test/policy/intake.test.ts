import { describe, expect, it } from "vitest";
import { type Intake, intakeFor } from "#src/policy/intake";

describe("intakeFor", () => {
  it.each<[Intake, string, Parameters<typeof intakeFor>[0]]>([
    ["open", "nothing is in the way", { draining: false, paused: false, circuit: "closed" }],
    ["trial", "the circuit is half-open", { draining: false, paused: false, circuit: "halfOpen" }],
    ["closed", "the circuit is open", { draining: false, paused: false, circuit: "open" }],
    [
      "closed",
      "the run is paused, and a pause ends no open circuit",
      { draining: false, paused: true, circuit: "open" },
    ],
    ["closed", "the run is paused while a trial was due", { draining: false, paused: true, circuit: "halfOpen" }],
  ])("is %s when %s", (intake, _, reasons) => {
    expect(intakeFor(reasons)).toBe(intake);
  });

  it("is draining whatever else holds: a run that stops starts nothing more", () => {
    for (const circuit of ["closed", "open", "halfOpen"] as const)
      for (const paused of [false, true]) expect(intakeFor({ draining: true, paused, circuit })).toBe("draining");
  });
});
