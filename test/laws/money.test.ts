import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { defineExperiment, type RunOptions, type RunStore } from "crucible-harness";
import { priceTable } from "crucible-harness/backends";
import { modelGraded } from "crucible-harness/scoring";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { backendOf } from "#src/backends/backend";
import { StoreError } from "#src/kernel/errors";
import { exact } from "#src/scoring/exact";
import { generate } from "#src/solver/generate";
import { scratch } from "../real/command.ts";
import { draws } from "../runs.ts";
import { begin, finish, goOn, lastingStore, rowsOf, scripted, sleep, world } from "./harness.ts";
import { counting, death, deaths, runIn } from "./killing.ts";

/** Every task of the harness costs 0.5 and says so only when it is done. */
const COST = 0.5;

describe("a budget", () => {
  it("is never passed by more than the tasks in flight cost above what was reserved for them", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 6 }),
        fc.boolean(),
        async (halves, maxParallel, stated) => {
          const maxTotal = halves * COST;
          const here = world();
          const experiment = scripted(here, () => "ok", {
            items: 15,
            config: { maxParallel, errorHandling: { maxFailureRate: 1 } },
            costBudget: { maxTotal },
            ...(stated ? { estimates: COST } : {}),
          });
          const { status, cost, accounting } = await finish(here, begin(here, experiment));
          const unreserved = stated ? 0 : maxParallel * COST; // the first tasks start before any cost is known
          expect(cost).toBeLessThanOrEqual(maxTotal + unreserved);
          expect(status).toBe(accounting.pending === 0 ? "completed" : "budget_exhausted");
          expect(cost).toBeGreaterThanOrEqual(Math.min(maxTotal, 30 * COST) - 1e-9); // and none of it is left lying
        },
      ),
      draws(15, 100, 5),
    );
  });

  it("of a condition ends that condition alone", async () => {
    const here = world();
    const experiment = scripted(here, (condition) => (condition === "c0" ? "ok" : "wrong"), {
      items: 10,
      estimates: COST,
      costBudget: { maxPerCondition: 2 },
    });
    const { status, reason, results } = await finish(here, begin(here, experiment));
    expect({
      status,
      perCondition: ["c0", "c1"].map((name) => results.filter(({ condition }) => condition === name).length),
    }).toEqual({
      status: "budget_exhausted",
      perCondition: [4, 4],
    });
    expect(reason).toContain("the budget of 2 usd for c");
  });

  it("that is spent leaves a run that a larger one lets continue, and what was spent stays spent", async () => {
    const here = world();
    const store = lastingStore();
    const experiment = scripted(here, () => "ok", { items: 5, estimates: COST, costBudget: { maxTotal: 2 } });
    const first = await finish(here, begin(here, experiment, store));
    expect(first).toMatchObject({ status: "budget_exhausted", cost: 2, accounting: { succeeded: 4, pending: 6 } });
    const second = await finish(here, goOn(here, experiment, store, { overrides: { maxTotal: 3 } }));
    expect(second).toMatchObject({ status: "budget_exhausted", cost: 3, accounting: { succeeded: 6 } });
    const third = await finish(here, goOn(here, experiment, store, { overrides: { maxTotal: 100 } }));
    expect(third).toMatchObject({ status: "completed", cost: 5, accounting: { succeeded: 10 } });
    const straight = world();
    const straightStore = lastingStore();
    await finish(
      straight,
      begin(
        straight,
        scripted(straight, () => "ok", { items: 5 }),
        straightStore,
      ),
    );
    expect(await rowsOf(store)).toEqual(await rowsOf(straightStore));
  });

  it("counts what was in flight when the process died as spent", async () => {
    const here = world();
    const store = lastingStore();
    const experiment = scripted(here, () => "slow", {
      items: 4,
      conditions: 1,
      estimates: COST,
      costBudget: { maxTotal: 100 },
      config: { maxParallel: 2 },
    });
    const handle = begin(here, experiment, store);
    await finish(here, handle, (step) => {
      if (step === 20) handle.abort(); // two tasks of 50 ms are running
    });
    const resumed = await finish(here, goOn(here, experiment, store));
    expect(resumed).toMatchObject({ status: "completed", accounting: { succeeded: 4 }, cost: (4 + 2) * COST });
    const sessions = await store.sessions();
    expect(sessions.at(-1)).toMatchObject({ rerun: 2, rerunCost: 2 * COST });
  });

  it("counts nothing for a call that was not sent out when the run was stopped", async () => {
    const here = world();
    const store = lastingStore();
    const experiment = scripted(here, () => "ok", {
      items: 1,
      conditions: 1,
      estimates: COST,
      costBudget: { maxTotal: 100 },
      hooks: { beforeCondition: () => sleep(here.clock, 50) },
    });
    const handle = begin(here, experiment, store);
    const { cost } = await finish(here, handle, (step) => {
      if (step === 20) handle.abort();
    });
    expect({ calls: here.calls, cost }).toEqual({ calls: [], cost: 0 });
  });

  it("counts every attempt of a task, not only the last", async () => {
    const here = world();
    const experiment = scripted(here, (_, __, ___, attempt) => (attempt < 3 ? "paid503" : "ok"), {
      items: 1,
      conditions: 1,
    });
    const { cost, results } = await finish(here, begin(here, experiment));
    expect({ cost, attempts: results[0]!.attempts }).toEqual({ cost: 3 * COST, attempts: 3 });
  });
});

describe("HTTP 429", () => {
  it("takes back the slots of what was refused, never fails the circuit, and they grow again", async () => {
    const here = world();
    let refusals = 6;
    const experiment = scripted(here, () => (refusals-- > 0 ? "429" : "ok"), {
      items: 120,
      conditions: 1,
      config: { maxParallel: 8, errorHandling: { failureWindow: 5, initialDelayMs: 10, jitter: false } },
    });
    const handle = begin(here, experiment);
    const allowed: number[] = [];
    const listening = (async () => {
      for await (const fact of handle.facts) if (fact.type === "concurrency.changed") allowed.push(fact.allowed);
    })();
    const report = await finish(here, handle);
    await listening;
    expect(report).toMatchObject({ status: "completed", accounting: { succeeded: 120 } });
    expect(Math.min(...allowed)).toBe(2); // 8 less 6
    expect(allowed.at(-1)).toBe(8);
  });
});

describe("dead letters", () => {
  it("hold each permanently failed task once, with its item and history, however often the run is resumed", async () => {
    const here = world();
    const folder = scratch();
    const dlqPath = join(folder.path, "failed.jsonl");
    const store = lastingStore();
    const config = {
      errorHandling: { maxFailureRate: 1, dlqEnabled: true, dlqPath, maxRetries: 1, initialDelayMs: 10 },
    };
    const experiment = scripted(here, (_, item) => (item === "i1" ? "503" : item === "i2" ? "400" : "ok"), {
      conditions: 1,
      config,
    });
    const handle = begin(here, experiment, store);
    await finish(here, handle, (step) => {
      if (step === 8) handle.abort();
    });
    await finish(here, goOn(here, experiment, store));
    await finish(here, goOn(here, experiment, store));
    const letters = readFileSync(dlqPath, "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(letters.map(({ itemId }) => itemId).sort()).toEqual(["i1", "i2"]);
    expect(letters.find(({ itemId }) => itemId === "i1")).toMatchObject({
      item: { id: "i1" },
      condition: "c0",
      attempts: 2,
      errorHistory: [{ attempt: 1 }, { attempt: 2 }],
    });
    rmSync(dlqPath);
    folder.remove();
  });
});

describe("a half-open circuit", () => {
  it("is closed or opened by the trial's own result alone, not by tasks that were running when it opened", async () => {
    const here = world();
    const circuit: string[] = [];
    const openings = (): number => circuit.filter((state) => state === "opened").length;
    // a slow success is running when the circuit opens, and ends while it is half-open; the first trial fails, the second succeeds
    const experiment = scripted(here, (_, item) => (item === "i0" ? "slow" : openings() < 2 ? "400" : "ok"), {
      items: 80,
      conditions: 1,
      config: { maxParallel: 2, randomSeed: 1, errorHandling: { failureWindow: 10, onOpen: "pause", coolDownMs: 20 } },
    });
    const handle = begin(here, experiment);
    const listening = (async () => {
      for await (const fact of handle.facts) if (fact.type.startsWith("circuit.")) circuit.push(fact.type.slice(8));
    })();
    const report = await finish(here, handle);
    await listening;
    expect(report).toMatchObject({ status: "completed", accounting: { pending: 0 } });
    expect(circuit).toEqual(["opened", "halfOpened", "opened", "halfOpened", "closed"]);
  });
});

describe("a trial task that its condition's budget refuses", () => {
  it("is not a trial: another one decides, and the run continues", async () => {
    const here = world();
    // c0 has spent its money when the circuit, which its failures opened, lets one task through
    const experiment = scripted(here, (condition) => (condition === "c0" ? "paid400" : "ok"), {
      items: 30,
      estimates: COST,
      costBudget: { maxPerCondition: 4 * COST },
      config: { maxParallel: 4, errorHandling: { failureWindow: 4, onOpen: "pause", coolDownMs: 20, maxRetries: 0 } },
    });
    const report = await finish(here, begin(here, experiment));
    expect(report.status).toBe("budget_exhausted");
    expect(report.results.filter(({ condition }) => condition === "c1")).toHaveLength(4);
  });
});

describe("a store that can no longer be written", () => {
  it("ends the run with one sentence, and keeps what it had; resume finishes it", async () => {
    const here = world();
    const store = lastingStore();
    let commits = 0;
    const full = {
      ...store,
      append: (outcomes: Parameters<typeof store.append>[0]) => {
        commits += 1;
        if (commits > 2) throw new Error("database or disk is full");
        return store.append(outcomes);
      },
    };
    const experiment = scripted(here, () => "ok", { items: 30, config: { maxParallel: 2 } });
    await expect(finish(here, begin(here, experiment, full))).rejects.toThrow(
      /^the store at memory refused \d+ results \(database or disk is full\); what was stored before is safe\. Mend that, then: crucible resume exp_/,
    );
    const kept = (await rowsOf(store)).length;
    expect(kept).toBeGreaterThan(0);
    const resumed = await finish(here, goOn(here, experiment, store));
    expect(resumed).toMatchObject({ status: "completed", accounting: { succeeded: 60 } });
    expect(here.calls.length).toBeLessThanOrEqual(60 + 60 - kept);
  });
});

describe("a budget whose actor dies", () => {
  const scarce = (here: ReturnType<typeof world>) =>
    scripted(here, () => "ok", { items: 8, costBudget: { maxTotal: 3 }, estimates: COST, config: { maxParallel: 3 } });

  it.each(deaths)("keeps nobody waiting for money that was never given back (%s)", async (how) => {
    const path = "services/budget";
    const counter = counting(path);
    const straight = world();
    await runIn(straight, scarce(straight), { faults: counter.faults });
    expect(counter.count()).toBeGreaterThan(10);
    for (let at = 1; at <= counter.count(); at++) {
      const here = world();
      const { record } = await runIn(here, scarce(here), { faults: death(how, path, at) });
      expect(record.report, `death at event ${at}`).toMatchObject({ status: "budget_exhausted", cost: 3 });
    }
  });
});

describe("a store that refuses a promise of money", () => {
  it.each([1, 2, 7])(
    "at the %ith ends the run in one sentence; nothing is sent out that was not promised",
    async (nth) => {
      const here = world();
      const store = lastingStore();
      let promises = 0;
      const refuseWhenFull = (): void => {
        if (promises >= nth) throw new StoreError("memory", "database or disk is full");
      };
      const full: RunStore = {
        ...store,
        reserve: (promise) => {
          promises += 1;
          refuseWhenFull();
          return store.reserve(promise);
        },
        settle: (...settled) => {
          refuseWhenFull();
          return store.settle(...settled);
        },
        append: (outcomes) => {
          refuseWhenFull();
          return store.append(outcomes);
        },
      };
      const experiment = scripted(here, () => "ok", {
        estimates: COST,
        costBudget: { maxTotal: 1000 },
        config: { maxParallel: 2 },
      });
      await expect(finish(here, begin(here, experiment, full))).rejects.toThrow(
        /^the store at memory cannot be used \(database or disk is full\); what was stored before is safe\. Mend that, then: crucible resume exp_/,
      );
      expect(here.calls.length).toBe(nth - 1);
      const resumed = await finish(here, goOn(here, experiment, store));
      expect(resumed).toMatchObject({ status: "completed", accounting: { succeeded: 8 } });
    },
  );
});

describe("an invalid amount", () => {
  it.each([Number.NaN, -1, Number.POSITIVE_INFINITY])(
    "(%d) fails the attempt and stays out of the books",
    async (amount) => {
      const experiment = defineExperiment({
        name: "odd",
        dataset: [{ id: "a" }],
        conditions: [
          {
            name: "c",
            run: (_, context) => {
              context.charge(amount);
              return { accuracy: 1 };
            },
          },
        ],
        metrics: ["accuracy"],
        costBudget: { maxTotal: 1 },
      });
      const here = world();
      const { cost, results } = await finish(here, begin(here, experiment));
      expect({ cost, result: results[0]!.result }).toMatchObject({
        cost: 0,
        result: {
          ok: false,
          error: { message: expect.stringContaining("context.charge takes a finite number of at least 0") },
        },
      });
    },
  );
});

describe("calls that nobody can price", () => {
  const priced = (model: string, cost?: number) => ({
    ...backendOf(model, async () => ({ content: "4", ...(cost === undefined ? {} : { cost }) })),
    model,
  });
  const asking = (condition: object) =>
    defineExperiment({
      name: "unpriced",
      dataset: [{ id: "a", input: "2 + 2?", target: "4" }],
      conditions: [{ name: "c", solver: generate(), scorers: [exact()], backend: priced("dear"), ...condition }],
      metrics: ["accuracy"],
      costBudget: { maxTotal: 1 },
    });
  const prices = priceTable({ cheap: { input: 1, output: 1 } });

  it("are refused on a budget before the first is made, where the model is known", async () => {
    const here = world();
    const refused = async (options: RunOptions) => finish(here, begin(here, asking({}), lastingStore(), options));
    for (const options of [{}, { prices }])
      await expect(refused(options)).rejects.toThrow(
        "costBudget cannot be kept: there is no price for dear, which c calls. Pass prices that have it",
      );
    const known = begin(here, asking({ model: "cheap" }), lastingStore(), { prices });
    expect(await finish(here, known)).toMatchObject({ accounting: { succeeded: 1 } });
  });

  it("are found out behind others that have a price: a judge counts too", async () => {
    const here = world();
    const judge = modelGraded({ model: priced("judge") });
    const backend = { ...backendOf("c", async () => ({ content: "4", cost: 0.1 })) };
    const experiment = asking({ backend, scorers: [judge] });
    const report = await finish(here, begin(here, experiment));
    expect(report).toMatchObject({ status: "aborted", reason: expect.stringContaining("costBudget cannot be kept") });
  });

  it("cannot be run on a budget: the run ends and says what to do", async () => {
    const here = world();
    const experiment = defineExperiment({
      name: "unpriced",
      dataset: Array.from({ length: 20 }, (_, i) => ({ id: `i${i}`, input: "2 + 2?", target: "4" })),
      conditions: [
        {
          name: "c",
          solver: generate(),
          scorers: [exact()],
          backend: backendOf("model", async () => {
            await sleep(here.clock, 5);
            return { content: "4", usage: { promptTokens: 3, completionTokens: 1, totalTokens: 4 } };
          }),
        },
      ],
      metrics: ["accuracy"],
      costBudget: { maxTotal: 1 },
      config: { maxParallel: 1 },
    });
    const report = await finish(here, begin(here, experiment));
    expect(report).toMatchObject({
      status: "aborted",
      reason: expect.stringContaining("costBudget cannot be kept: the calls of c have no price"),
    });
    expect(report.accounting.succeeded).toBeLessThan(20);
  });
});
