import type { RunHandle, RunReport } from "crucible-harness";
import { afterEach, describe, expect, it } from "vitest";
import { reportValue } from "#src/app/results/report";
import { factsOf } from "#src/testing/facts";
import { faults } from "#src/testing/faults";
import { begin, finish, goOn, lastingStore, scripted, world } from "./harness.ts";

const opened: RunHandle[] = [];
afterEach(async () => {
  for (const handle of opened.splice(0)) expect(["ended", "analysing"]).toContain(handle.status().state);
});

/** Turns the clock until `holds`. */
async function until(here: ReturnType<typeof world>, holds: () => boolean): Promise<void> {
  for (let step = 0; !holds(); step++) {
    if (step > 10_000) throw new Error("it never holds");
    await here.clock.advance(1);
  }
}

const ended = (handle: RunHandle): number => {
  const { planned, pending } = handle.status().accounting;
  return planned - pending;
};

/** Most starts within any second from `sinceMs` on. */
const mostPerSecond = (startsMs: readonly number[], sinceMs: number): number =>
  Math.max(
    0,
    ...startsMs
      .filter((start) => start >= sinceMs)
      .map((from) => startsMs.filter((start) => start >= from && start < from + 1000).length),
  );

describe("a run whose limits change while it is active", () => {
  it("runs more tasks at once when it may, and fewer when it must", async () => {
    const here = world();
    const handle = begin(
      here,
      scripted(here, () => "slow", { items: 60, config: { maxParallel: 2 } }),
    );
    opened.push(handle);
    await until(here, () => ended(handle) >= 4);
    expect(here.peak).toBe(2);
    expect(await handle.adjust({ maxParallel: 6 })).toEqual({ maxParallel: { from: 2, to: 6 } });
    await until(here, () => ended(handle) >= 30);
    expect(here.peak).toBe(6);
    await handle.adjust({ maxParallel: 1 });
    await until(here, () => ended(handle) >= 40); // those that ran have ended
    here.peak = 0;
    await finish(here, handle);
    expect(here.peak).toBe(1);
    expect(handle.status().accounting).toMatchObject({ planned: 120, succeeded: 120 });
  });

  it("counts the starts of the last second when its rate changes", async () => {
    const here = world();
    const experiment = scripted(here, () => "ok", { items: 30, config: { maxParallel: 20, rateLimit: 10 } });
    const handle = begin(here, experiment);
    await until(here, () => ended(handle) >= 10);
    const at = here.clock.now();
    await handle.adjust({ rateLimit: 4 });
    await until(here, () => ended(handle) >= 30);
    expect(mostPerSecond(here.startsMs, at)).toBe(4);
    expect(here.startsMs.filter((start) => start >= at)[0]).toBeGreaterThanOrEqual(here.startsMs[0]! + 1000);
    await handle.adjust({ rateLimit: null });
    const lifted = here.clock.now();
    await finish(here, handle);
    expect(mostPerSecond(here.startsMs, lifted)).toBeGreaterThan(10);
    expect(handle.status().limits.rateLimit).toBeUndefined();
  });

  it("keeps a budget that it was given late, what was spent before included, and continues with a larger one", async () => {
    const here = world();
    const store = lastingStore();
    const experiment = scripted(here, () => "ok", { items: 20, config: { maxParallel: 2 } });
    const handle = begin(here, experiment, store);
    await until(here, () => ended(handle) >= 10);
    await handle.adjust({ maxTotal: 8 });
    const report = await finish(here, handle);
    expect(report).toMatchObject({
      status: "budget_exhausted",
      reason: expect.stringContaining("the budget of 8 usd"),
    });
    expect(report.cost).toBe(8);
    const second = goOn(here, experiment, store, { overrides: { maxTotal: 12 } });
    await until(here, () => second.status().state === "running");
    await second.adjust({ maxTotal: null });
    expect(await finish(here, second)).toMatchObject({ status: "completed", cost: 20 });
  });

  it("obeys the new limits also after its limiter and its budget died", async () => {
    const here = world();
    const experiment = scripted(here, () => "slow", { items: 20, config: { maxParallel: 2 } });
    const crashes = ["limiter", "budget"].map((name) => ({
      target: "actor" as const,
      path: `services/${name}`,
      fault: "crash" as const,
      at: name === "limiter" ? 60 : 20,
    }));
    const handle = begin(here, experiment, lastingStore(), { faults: faults(crashes) });
    const facts = factsOf(handle);
    await until(here, () => ended(handle) >= 4);
    await handle.adjust({ maxParallel: 5, maxTotal: 15 });
    const report = await finish(here, handle);
    const restarted = (await facts.done).flatMap((fact) => (fact.type === "service.restarted" ? [fact.service] : []));
    expect(restarted.sort()).toEqual(["budget", "limiter"]);
    expect(here.peak).toBe(5);
    expect(report).toMatchObject({ status: "budget_exhausted", cost: 15 });
  });

  it("keeps who, when, what and why, in the store and in the report", async () => {
    const here = world();
    const store = lastingStore();
    const handle = begin(
      here,
      scripted(here, () => "slow", { items: 10, config: { maxParallel: 2 } }),
      store,
    );
    const facts = factsOf(handle);
    await until(here, () => ended(handle) >= 2);
    const at = here.clock.now();
    const done = handle.adjust({ maxParallel: 3, rateLimit: 50 }, "the provider is fast");
    handle.pause("lunch");
    await done;
    const running = (await store.sessions()).at(-1)!;
    expect(running).toMatchObject({ status: "running", interventions: [{ what: "limits" }, { what: "pause" }] });
    handle.resume();
    const report = await finish(here, handle);
    const [session] = await store.sessions();
    const by = expect.stringMatching(/^.+, process \d+$/);
    expect(session!.interventions).toEqual([
      {
        what: "limits",
        at,
        by,
        reason: "the provider is fast",
        changes: { maxParallel: { from: 2, to: 3 }, rateLimit: { from: null, to: 50 } },
      },
      { what: "pause", at, by, reason: "lunch" },
      { what: "continue", at, by },
    ]);
    const types = (await facts.done).map(({ type }) => type);
    expect(types.filter((type) => /^(limits|run\.(paused|continued))/.test(type))).toEqual([
      "limits.changed",
      "run.paused",
      "run.continued",
    ]);
    expect(await reliabilityOf(report, store)).toMatch(
      /Done by hand in session 1 \| after [\d.]+ ms: maxParallel 2 -> 3, rateLimit none -> 50, by .+, process \d+ \(the provider is fast\)/,
    );
  });

  it("refuses what is not a limit, and refuses when nothing runs", async () => {
    const here = world();
    const handle = begin(
      here,
      scripted(here, () => "slow"),
    );
    await expect(handle.adjust({ maxParallel: 2 })).rejects.toThrow(/must be running .* got "preparing"/);
    await until(here, () => handle.status().state === "running");
    await expect(handle.adjust({ maxParallel: 0 })).rejects.toThrow("maxParallel must be at least 1, got 0");
    await expect(handle.adjust({ rateLimit: -1 })).rejects.toThrow(/rateLimit must be/);
    await expect(handle.adjust({})).rejects.toThrow(/must name at least one of maxParallel/);
    await expect(handle.adjust({ maxParalel: 3 } as never)).rejects.toThrow(/Did you mean "maxParallel"/);
    expect(await handle.adjust({ maxParallel: 10 })).toEqual({});
    await finish(here, handle);
    await expect(handle.adjust({ maxParallel: 2 })).rejects.toThrow(/must be running/);
  });
});

async function reliabilityOf(
  { analysis, gates, decided }: RunReport,
  store: ReturnType<typeof lastingStore>,
): Promise<string> {
  const { renderers } = await import("#src/reports/index");
  const [manifest, sessions] = [(await store.manifest())!, await store.sessions()];
  return renderers.markdown(await reportValue({ manifest, analysis, gates, decided, sessions, store }));
}
