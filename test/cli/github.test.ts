import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { buildProgram } from "#src/cli/commands";
import { annotationsOf } from "#src/cli/github";
import { ok } from "#src/kernel/result";

const accounting = { planned: 10, succeeded: 8, failed: 2, skipped: 0, unscored: 0, pending: 0 };
const measured = { value: ok(0.7), interval: ok({ low: 0.6, high: 0.8, method: "wilson" }) } as never;

describe("annotations of GitHub", () => {
  it("are an error for each missed gate and a warning for each kind of failure, and none where all is well", () => {
    const gate = { metric: "accuracy", condition: "new", atLeast: 0.8 };
    const gates = [
      { gate, measured, passed: false },
      { gate, measured, passed: true },
      { gate, measured, passed: false, afterwards: true as const },
    ];
    const failures = {
      groups: [{ kind: "timeout", message: "took 100 %\nlonger", times: 2, conditions: { new: 2 } }],
      others: 0,
    };
    expect(annotationsOf({ status: "completed", gates, failures, accounting } as never)).toEqual([
      "::error title=Gate missed::accuracy of new: measured 0.7, asked at least 0.8",
      expect.stringMatching(/^::warning title=2 of 10 tasks failed::timeout.*100 %25%0Alonger$/),
    ]);
    const none = { groups: [], others: 0 };
    expect(annotationsOf({ status: "completed", gates: [], failures: none, accounting })).toEqual([]);
    expect(annotationsOf({ status: "aborted", reason: "a: b, c", gates: [], failures: none, accounting })).toEqual([
      "::error title=The run did not complete::aborted: a: b, c",
    ]);
  });
});

describe("action.yml", () => {
  it("uses the inputs that it declares and no others, and flags that the command has", () => {
    const text = readFileSync("action.yml", "utf8");
    const declared = [...text.split(/^outputs:/m)[0]!.matchAll(/^ {2}([\w-]+):$/gm)].map(([, name]) => name);
    const used = new Set([...text.matchAll(/inputs\.([\w-]+)/g)].map(([, name]) => name));
    expect([...used].sort()).toEqual(declared.sort());
    const command = text.match(/crucible run .*/)![0];
    const run = buildProgram("0", () => {}).commands.find((one) => one.name() === "run")!;
    const flags = [...command.matchAll(/--[\w-]+/g)].map(([flag]) => flag);
    expect(flags.length).toBeGreaterThan(3);
    expect(run.options.map(({ long }) => long)).toEqual(expect.arrayContaining(flags));
    expect(text.match(/run: \|[\s\S]*?\n {4}- if/)![0]).not.toContain("${{"); // an input is a variable there, and no part of the script
  });
});
