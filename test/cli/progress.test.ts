import type { RunReport, RunStatusNow } from "crucible-harness";
import { describe, expect, it } from "vitest";
import { failedHooks, progressMode, statusLine } from "#src/cli/progress";
import { summary } from "#src/cli/summary";
import { begin, finish, scripted, world } from "../laws/harness.ts";

const counts = { planned: 100, succeeded: 30, failed: 2, skipped: 0, unscored: 0, cost: 1, maxCostPerAttempt: 0.1 };
const status: RunStatusNow = {
  experimentId: "exp_1",
  name: "n",
  state: "running",
  accounting: { ...counts, pending: 68 },
  conditions: new Map([
    ["a", { ...counts, retries: 3, tasksPerSecond: 1.02 }],
    ["b", { ...counts, retries: 1, tasksPerSecond: 1.02 }],
  ]),
  tasksPerSecond: 2.04,
  elapsedMs: 16_000,
  remainingMs: 34_000,
  limitedBy: "rate",
  cost: 1.25,
  reserved: 0,
  currency: "usd",
  limits: { maxParallel: 4, rateLimit: 2, maxTotal: 5, maxPerCondition: undefined },
};

describe("the line that says how a run is doing", () => {
  it("has tasks, errors, retries, cost against budget, pace, and the end with what limits it", () => {
    expect(statusLine(status)).toBe(
      "32/100 tasks, 2 failed, 4 retries, cost 1.25 USD of 5.00 USD, 2.04/s, 34 s left (limited by 2 starts a second)",
    );
    expect(statusLine({ ...status, limitedBy: "parallelism", budgetTasks: 80 })).toContain(
      "(limited by 4 at a time), the budget ends it at about 80 tasks",
    );
    expect(statusLine({ ...status, reserved: 0.11 })).toContain(", cost 1.25 USD and 0.11 USD reserved of 5.00 USD, ");
    expect(statusLine({ ...status, state: "paused" })).toMatch(/34 s left, paused$/);
  });
});

describe("the summary at the end of a run", () => {
  const summaryOf = async (
    options: Parameters<typeof scripted>[2],
    script: Parameters<typeof scripted>[1],
  ): Promise<string> => {
    const here = world();
    const report: RunReport = await finish(here, begin(here, scripted(here, script, options)));
    return summary(report)
      .map(({ text }) => text)
      .join("\n")
      .replaceAll(report.experimentId, "exp_1");
  };

  it("says how it ended, what came out, and what to type next", async () => {
    const text = await summaryOf({ items: 8 }, (condition) => (condition === "c0" ? "ok" : "wrong"));
    expect(text).toMatch(/^\nexp_1: completed\n16 planned = 16 succeeded/);
    expect(text).toContain("Cost: 8.00 USD");
    expect(text).toMatch(
      /accuracy \(%\) ↑, higher is better\n {2}Best: c0; 100\.0 %.*; lead: 100\.0 points.* over c1 \(adjusted p/,
    );
    expect(text).toMatch(/\nc0 .*\nc1 /); // ranked
    expect(text).toMatch(/More: crucible report exp_1 --formats html$/);
  });

  it("says how to continue, and where to see what failed", async () => {
    const options = {
      items: 8,
      costBudget: { maxTotal: 3 },
      estimates: 0.5,
      config: { errorHandling: { maxFailureRate: 0.9 } },
    };
    const text = await summaryOf(options, (_, id) => (Number(id.slice(1)) % 2 === 1 ? "400" : "ok"));
    expect(text).toMatch(/^\nexp_1: budget exhausted \(the budget of 3 usd is spent/);
    expect(text).toContain("Go on with: crucible resume exp_1 --max-total <more>");
    expect(text).toContain("See what failed: crucible dlq list exp_1");
  });
});

describe("progress", () => {
  it("is redrawn in place only where a terminal can move its cursor", () => {
    expect([true, false].map((json) => progressMode(json, true, "dumb"))).toEqual(["json", "plain"]);
    expect(progressMode(false, true, "xterm-256color")).toBe("live");
    expect(progressMode(false, true, undefined)).toBe("live");
    expect(progressMode(false, false, "xterm-256color")).toBe("plain");
  });
  it("says once what goes wrong in a hook, and at the end how often", () => {
    const said: string[] = [];
    const hooks = failedHooks((line) => said.push(line));
    for (let i = 0; i < 1200; i++) hooks.failed("afterCondition", "boom");
    hooks.failed("onError", "once");
    for (let i = 0; i < 100; i++) hooks.failed("beforeCondition", `no ${i}`);
    expect(said.slice(0, 2)).toEqual(["hook afterCondition failed: boom", "hook onError failed: once"]);
    expect(said.length).toBe(20);
    hooks.conclude();
    expect(said.slice(20)).toEqual(["hook afterCondition failed: boom (1,200 times)", "82 more errors of hooks"]);
  });
});
