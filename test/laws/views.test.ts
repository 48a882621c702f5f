import type { Manifest, RunStatusNow } from "crucible-harness";
import { expect, it } from "vitest";
import { money } from "#src/reports/cell";
import { buildReport, tablesOf } from "#src/reports/index";
import { begin, finish, lastingStore, scripted, world } from "./harness.ts";

/** Everything that a status adds up to: amounts and paces of the conditions, and those of the run. */
function expectSums({ conditions, cost, tasksPerSecond }: RunStatusNow): void {
  const sum = (amount: (one: { cost: number; tasksPerSecond: number }) => number): number =>
    [...conditions.values()].reduce((total, one) => total + amount(one), 0);
  expect(sum((one) => one.cost)).toBeCloseTo(cost, 9);
  expect(sum((one) => one.tasksPerSecond)).toBeCloseTo(tasksPerSecond, 9);
}

it.each(["complete", "aborted"] as const)(
  "tells one amount, one pace and one time of a run wherever one looks: %s",
  async (how) => {
    const here = world();
    const store = lastingStore();
    const experiment = scripted(
      here,
      (condition, id, _, attempt) =>
        condition === "c1" && Number(id.slice(1)) % 3 === 0 && attempt < 3 ? "paid503" : id === "i5" ? "slow" : "ok",
      { items: 12, estimates: 0.6, costBudget: { maxTotal: 40 }, config: { maxParallel: 3 } },
    );
    const handle = begin(here, experiment, store);
    let [reserved, paces] = [0, 0];
    const report = await finish(here, handle, (step) => {
      const status = handle.status();
      expectSums(status);
      reserved = Math.max(reserved, status.reserved);
      if (status.tasksPerSecond > 0) paces += 1;
      if (how === "aborted" && step === 12) handle.abort();
    });
    expect(Math.min(reserved, paces)).toBeGreaterThan(0);

    const last = handle.status();
    expectSums(last);
    expect(last.cost).toBeCloseTo(report.cost, 9);
    expect(last.reserved).toBe(0);
    const kept = [...(await store.summary(0)).sums, ...(await store.closeReservations())];
    const listed = kept.reduce((sum, { cost }) => sum + cost, 0); // what lists and viewer read
    expect(listed).toBeCloseTo(report.cost, 9);
    const built = await buildReport({
      manifest: store.manifest() as Manifest,
      analysis: report.analysis,
      sessions: await store.sessions(),
      results: store.outcomes(),
    });
    const facts = new Map(
      tablesOf(built)
        .find(({ id }) => id === "reliability")!
        .rows.map(({ cells }) => [cells[0]!.text, cells[1]!.text]),
    );
    expect(facts.get("Budget")).toBe(`${money(report.cost, "usd")} spent of 40.00 USD in all`);
  },
);
