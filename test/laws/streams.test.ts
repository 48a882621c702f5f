import {
  defineExperiment,
  type Manifest,
  type OpenRows,
  type Outcome,
  type RunReport,
  type RunStore,
  rescore,
  streamed,
} from "crucible-harness";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { backendOf } from "#src/backends/backend";
import { statusLine } from "#src/cli/progress";
import { named, scored } from "#src/scoring/scorer";
import { generate } from "#src/solver/generate";
import { runs } from "../runs.ts";
import { begin, finish, goOn, lastingStore, rowsOf, type Script, scripted, type World, world } from "./harness.ts";

fc.configureGlobal({ seed: 42 });

interface Row {
  readonly id: string;
}

const script: Script = (_, itemId, __, attempt) => {
  const number = Number(itemId.slice(1));
  if (number % 7 === 3 && attempt === 1) return "503";
  return number % 3 === 0 ? "wrong" : "ok";
};

/** Rows i0, i1, ... from a place on. @param asked keeps the numbers of those that were asked for */
const counted = (most: number, asked: number[] = []): OpenRows<Row> =>
  async function* (from: number) {
    for (let i = from; i < most; i++) {
      asked.push(i);
      yield { id: `i${i}` };
    }
  };

/** The same rows, of which the source loses its way at one. */
const broken = (at: number): OpenRows<Row> =>
  async function* (from: number) {
    for await (const row of (await counted(1e9)(from, never)) as AsyncIterable<Row>) {
      if (row.id === `i${at}`) throw new Error("read ECONNRESET");
      yield row;
    }
  };

const never = new AbortController().signal;

const over = (here: World, open: OpenRows<Row>, { rows, ...more }: { rows?: number; [option: string]: unknown } = {}) =>
  scripted(here, script, {
    dataset: streamed(open, { name: "counted", ...(rows === undefined ? {} : { rows }) }),
    config: { maxParallel: 4 },
    ...more,
  });

const sorted = async (store: RunStore): Promise<string[]> =>
  (await rowsOf(store)).map((row) => JSON.stringify({ ...(row as Outcome), ordinal: undefined })).sort();

/** Rows of a run over a list of so many items. */
async function rowsOfList(items: number, more: object = {}): Promise<string[]> {
  const here = world();
  const store = lastingStore();
  await finish(here, begin(here, scripted(here, script, { items, ...more }), store));
  return sorted(store);
}

/** Sums of the same numbers in another order differ in their last digits. */
const toTwelveDigits = (_: string, value: unknown): unknown =>
  typeof value === "number" ? Number(value.toPrecision(12)) : value;

/** What a run over a stream comes to, at once or refused. */
const ranOver = (here: World, experiment: ReturnType<typeof scripted>, store = lastingStore()) =>
  finish(here, begin(here, experiment, store));

describe("a run over a stream", () => {
  it("has the rows and the numbers of a run over the same rows in a list", async () => {
    const [here, there] = [world(), world()];
    const [stream, list] = [lastingStore(), lastingStore()];
    const ofStream = await ranOver(here, over(here, counted(40), { repeat: 2 }), stream);
    const ofList = await ranOver(there, scripted(there, script, { items: 40, repeat: 2 }), list);
    expect(await sorted(stream)).toEqual(await sorted(list));
    expect([ofStream.accounting, ofStream.status]).toEqual([ofList.accounting, "completed"]);
    const numbers = ({ analysis }: RunReport) => JSON.stringify(analysis.metrics[0]!.summaries, toTwelveDigits);
    expect(numbers(ofStream)).toBe(numbers(ofList));
  });

  it("does what the schema makes of its rows", async () => {
    const here = world();
    const store = lastingStore();
    const schema = z.object({ number: z.int() }).transform(async ({ number }) => ({ id: `i${number}` }));
    const numbers: OpenRows<never> = () => Array.from({ length: 9 }, (_, number) => ({ number })) as never[];
    await ranOver(here, over(here, numbers, { datasetConfig: { schema } }), store);
    expect(await sorted(store)).toEqual(await rowsOfList(9));
  });

  it("asks the source for few rows more than it works on, however many there are", async () => {
    const here = world();
    const asked: number[] = [];
    let most = 0;
    await finish(here, begin(here, over(here, counted(150, asked))), () => {
      const begun = new Set(here.calls.map((call) => call.split("/")[1]));
      most = Math.max(most, asked.length - begun.size);
    });
    expect(most).toBeLessThanOrEqual(16 + 3 * 4); // a batch, and what waits for a slot
    expect(asked).toHaveLength(150);
  });

  it("says how far it is without a total, until the source has ended", async () => {
    const here = world();
    const handle = begin(here, over(here, counted(100)));
    const lines = new Set<string>();
    await finish(here, handle, () => void lines.add(statusLine(handle.status())));
    const during = [...lines].filter((line) => line.includes("so far"));
    expect(during.length).toBeGreaterThan(2);
    expect(during.join()).not.toMatch(/\d\/\d| left/);
    expect(statusLine(handle.status())).toMatch(/^200\/200 tasks/);
  });

  it("works on what is there while the next row is waited for, and says that it waits", async () => {
    const here = world();
    let arrives: () => void = () => {};
    const later = new Promise<void>((done) => {
      arrives = done;
    });
    const handle = begin(
      here,
      over(here, async function* (from: number) {
        for (let i = from; i < 9; i++) {
          if (i === 5) await later;
          yield { id: `i${i}` };
        }
      }),
    );
    const lines: string[] = [];
    const { accounting } = await finish(here, handle, (step) => {
      lines.push(statusLine(handle.status()));
      if (step === 120) arrives();
    });
    expect(lines.filter((line) => /^10 tasks so far.*, waiting for rows$/.test(line)).length).toBeGreaterThan(5);
    expect(accounting.succeeded).toBe(18);
  });

  it("takes no more rows than the limit, of a source without an end", async () => {
    const here = world();
    const asked: number[] = [];
    const { accounting } = await ranOver(here, over(here, counted(1e9, asked), { datasetConfig: { limit: 30 } }));
    expect([accounting.planned, asked.length]).toEqual([60, 30]);
  });

  it("goes on without a condition that has spent its money, however many rows that has left", async () => {
    const here = world();
    const experiment = defineExperiment({
      name: "spent",
      dataset: streamed(counted(1300), { name: "counted" }),
      conditions: [
        { name: "paid", estimatedCost: 1, run: (_, { charge }) => ({ value: 1, spent: charge(1) === undefined }) },
        { name: "free", run: () => ({ value: 0 }) },
      ],
      metrics: ["value"],
      costBudget: { maxPerCondition: 5 },
      config: { maxParallel: 200 },
    });
    const { accounting, status } = await finish(here, begin(here, experiment));
    expect([status, accounting.succeeded, accounting.open]).toEqual(["budget_exhausted", 1305, undefined]);
  });

  it("reads no more rows once it is to stop, and has the source let go", async () => {
    const here = world();
    let released = 0;
    const handle = begin(
      here,
      over(here, async function* (from: number) {
        try {
          for (let i = from; ; i++) yield { id: `i${i}` };
        } finally {
          released++;
        }
      }),
    );
    const report = await finish(here, handle, (step) => step === 40 && handle.drain("enough"));
    expect([report.status, released]).toEqual(["interrupted", 1]);
    expect(report.accounting).toMatchObject({ open: true, failed: 0 });
    expect(report.verdict.facts.map(({ text }) => text).join()).toMatch(/Partial: .*the rows that the source has left/);
  });
});

describe("a source that never gives its first row", () => {
  it("keeps nobody from stopping the run", async () => {
    const here = world();
    let isAborted = false;
    const silent: OpenRows<Row> = (_, signal) => ({
      [Symbol.asyncIterator]: () => ({
        next: () =>
          new Promise((resolve) => {
            signal.addEventListener("abort", () => {
              isAborted = true;
              resolve({ done: true, value: undefined });
            });
          }),
      }),
    });
    const handle = begin(here, over(here, silent));
    const { status, accounting } = await finish(here, handle, (step) => step === 20 && handle.drain("enough"));
    expect([status, accounting.planned, isAborted]).toEqual(["interrupted", 0, true]);
  });
});

describe("a stream that breaks off", () => {
  it("is said, loses nothing, and is read on from its place when the run is resumed", async () => {
    const here = world();
    const store = lastingStore();
    const first = await ranOver(here, over(here, broken(25)), store);
    expect(first.status).toBe("aborted");
    expect(first.reason).toMatch(
      /^dataset\[25\] cannot be read: its source failed \(Error: read ECONNRESET, at .*\)\. Nothing is lost: all 25 rows before it are kept, and resume continues behind them$/,
    );
    expect(first.accounting.pending).toBe(0);
    const asked: number[] = [];
    const second = await finish(here, goOn(here, over(here, counted(60, asked)), store));
    expect(second.status).toBe("completed");
    expect(asked[0]).toBe(24); // the last row that was read tells whether it is the same source
    expect(await sorted(store)).toEqual(await rowsOfList(60));
    expect(new Set(here.calls).size).toBe(here.calls.length);
  });

  it("may be cut off anywhere, any number of times", async () => {
    const cuts = fc.array(
      fc.oneof(
        fc.record<{ at?: number; abort?: number }>({ at: fc.integer({ min: 1, max: 40 }) }),
        fc.record<{ at?: number; abort?: number }>({ abort: fc.integer({ min: 1, max: 60 }) }),
      ),
      { minLength: 1, maxLength: 4 },
    );
    const expected = await rowsOfList(40);
    await fc.assert(
      fc.asyncProperty(cuts, async (all) => {
        const here = world();
        const store = lastingStore();
        let hasBegun = false;
        for (const cut of [...all, {} as { at?: number; abort?: number }]) {
          const experiment = over(here, cut.at !== undefined ? withEnd(broken(cut.at), 40) : counted(40));
          const handle = hasBegun ? goOn(here, experiment, store) : begin(here, experiment, store);
          const isCut = (step: number): boolean => step === cut.abort;
          await finish(here, handle, (step) => isCut(step) && handle.abort()).catch((error: Error) => {
            if (!/ECONNRESET/.test(error.message)) throw error; // at the first row that is read
          });
          hasBegun = (await store.manifest()) !== undefined;
        }
        expect(await sorted(store)).toEqual(expected);
      }),
      { numRuns: runs(5) },
    );
  });

  it("has broken off where it ends before the rows that it is said to have", async () => {
    const here = world();
    const store = lastingStore();
    const first = await ranOver(here, over(here, counted(20), { rows: 30 }), store);
    expect(first.reason).toMatch(
      /^dataset must have the 30 rows that streamed\(\) says it has, and has none from number 20 on\. Nothing/,
    );
    const second = await finish(here, goOn(here, over(here, counted(30), { rows: 30 }), store));
    expect([second.status, second.accounting.planned]).toEqual(["completed", 60]);
  });

  it("is passed over where it takes no place to begin at", async () => {
    const here = world();
    const store = lastingStore();
    await ranOver(here, over(here, broken(30)), store);
    const open = (): Row[] => Array.from({ length: 40 }, (_, i) => ({ id: `i${i}` }));
    await finish(here, goOn(here, over(here, open), store));
    expect(await sorted(store)).toEqual(await rowsOfList(40));
  });

  it("is read on where its limit is larger when the run is resumed", async () => {
    const here = world();
    const store = lastingStore();
    await ranOver(here, over(here, counted(60), { datasetConfig: { limit: 20 } }), store);
    const larger = over(here, counted(60), { datasetConfig: { limit: 30 } });
    await expect(finish(here, goOn(here, larger, store))).rejects.toThrow(/^datasetConfig.limit differs/);
    const report = await finish(here, goOn(here, larger, store, { acceptChanged: ["datasetConfig.limit"] }));
    expect([report.status, report.accounting.planned]).toEqual(["completed", 60]);
    expect(await sorted(store)).toEqual(await rowsOfList(30));
  });

  it("is refused where it is another one when the run is resumed", async () => {
    const here = world();
    const store = lastingStore();
    await ranOver(here, over(here, broken(25)), store);
    const other: OpenRows<Row> = async function* (from) {
      for (let i = from; i < 60; i++) yield { id: `i${i === 24 ? 99 : i}` };
    };
    await expect(finish(here, goOn(here, over(here, other), store))).rejects.toThrow(
      "dataset[24] must be the row that the run read at this place before: the source has changed. Resume with the source as it was, or start a new run",
    );
    const accepted = { acceptChanged: ["datasetConfig.limit"] };
    const limited = over(here, other, { datasetConfig: { limit: 50 } });
    await expect(finish(here, goOn(here, limited, store, accepted))).rejects.toThrow("the source has changed");
    expect((store.manifest() as Manifest).amendments).toBeUndefined(); // what was accepted is not written where the source is refused
    await expect(finish(here, goOn(here, over(here, counted(20)), store))).rejects.toThrow(
      "dataset must have the 25 rows that were read of it before, and has none from number 24 on",
    );
    await expect(finish(here, goOn(here, scripted(here, script, { items: 60 }), store))).rejects.toThrow(
      "dataset must be a stream, as in the stored run",
    );
    await expect(finish(here, goOn(here, over(here, counted(60), { repeat: 2 }), store))).rejects.toThrow(
      "over a stream a run does not grow by them",
    );
  });
});

/** A source with an end, which may come before the row at which it breaks. */
const withEnd = (open: OpenRows<Row>, most: number): OpenRows<Row> =>
  async function* (from, signal) {
    let left = most - from;
    for await (const row of (await open(from, signal)) as AsyncIterable<Row>) {
      yield row;
      if (--left === 0) return;
    }
  };

describe("what is made from the store of a run over a stream", () => {
  it("scores its answers anew, although its source broke off, and asks no model", async () => {
    const here = world();
    const store = lastingStore();
    let asked = 0;
    const model = backendOf("model", async () => ({ content: `answer ${++asked}` }));
    const solving = (open: OpenRows<Row>, scorer: string) =>
      defineExperiment({
        name: "solved",
        dataset: streamed(open, { name: "counted" }),
        datasetConfig: { fields: { input: "id", target: "id" } },
        conditions: [{ name: "a", solver: generate(), scorers: [named(scorer, () => scored("C"))], backend: model }],
        metrics: ["accuracy"],
      });
    const first = await finish(here, begin(here, solving(broken(20), "one") as never, store));
    const again = await rescore(first.experimentId, {
      experiment: solving(counted(30), "two"),
      store: () => store,
      formats: [],
    });
    expect([first.status, again.status, again.accounting.planned, asked]).toEqual(["aborted", "completed", 20, 20]);
    expect(again.analysis.metrics[0]!.summaries[0]!.n).toBe(20);
    expect((store.manifest() as Manifest).dataset.stream).toEqual({ ended: false });
  });
});

describe("what a stream refuses, in a sentence", () => {
  const rows =
    (...all: unknown[]): OpenRows<Row> =>
    () =>
      all as Row[];

  it.each([
    [{ datasetConfig: { shuffle: true } }, /^datasetConfig.shuffle must not be set where the data set is a stream/],
    [{ datasetConfig: { items: ["i*"] } }, /^datasetConfig.items must not be set/],
    [{ datasetConfig: { limit: 5, stratifyBy: "id" } }, /^datasetConfig.stratifyBy must not be set/],
    [
      { statisticalAnalysis: { baseline: "c0", sequential: { alpha: 0.05, method: "e_value" } } },
      /^statisticalAnalysis.sequential must not be set where the data set is a stream/,
    ],
    [{ dataset: streamed(rows()) }, /^dataset must have at least one row. It is empty/],
    [{ dataset: streamed(rows({ id: "a" }, { id: "a" })) }, /^dataset\[1\] repeats the id "a" of dataset\[0\]/],
    [{ dataset: streamed(rows({ id: "a" }, undefined)) }, /^dataset\[1\] must be a row, and is undefined/],
    [
      { datasetConfig: { schema: { properties: { id: { const: "i0" } } } } },
      /^dataset\[1\] does not fit datasetConfig.schema at id: must be equal to constant/,
    ],
    [{ datasetConfig: { schema: z.any().refine(async () => false, "no") } }, /^dataset\[0\] does not fit .* row: no/],
    [{ dataset: streamed((() => 5) as never) }, /^streamed\(\) must be given a function that returns rows/],
    [
      { dataset: streamed(() => Promise.reject(new Error("no route to host"))) },
      /^dataset failed \(.*no route to host/,
    ],
  ])("%j", async (more, sentence) => {
    const here = world();
    const store = lastingStore();
    await expect(finish(here, begin(here, over(here, counted(9), more), store))).rejects.toThrow(sentence);
    expect(here.calls).toEqual([]);
  });

  it("a store that has no place for the rows that were read", async () => {
    const here = world();
    const { entries: _, ...store } = lastingStore();
    await expect(finish(here, begin(here, over(here, counted(9)), store))).rejects.toThrow(
      "memory cannot hold a run over a stream: its store has no `entries`",
    );
  });

  it("what is no source, or no number of rows", () => {
    expect(() => streamed([] as never)).toThrow("streamed() must be given a function that opens the source, got []");
    expect(() => streamed(() => [], { rows: 0 })).toThrow(
      "streamed().rows must be a whole number of at least 1, got 0",
    );
  });
});
