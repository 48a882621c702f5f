import { deepEqual, equal } from "node:assert/strict";
import type { Manifest } from "#src/experiment/manifest";
import type { Outcome } from "#src/experiment/outcome";
import { type SummaryRow, summarizeOutcomes } from "#src/experiment/store-summary";
import type { RunStore, Spending } from "#src/store/store";
import type { Law } from "./backend-contract.ts";
import { answerLaws } from "./store-answers.ts";
import { entryLaws } from "./store-entries.ts";

/** One place where a store keeps its rows; a new one for each law. */
export interface StorePlace {
  /** Opens the store that is here, with all that was stored before. */
  open(): RunStore | Promise<RunStore>;
}

/** A row with everything that a row can have, and text that breaks SQL that is concatenated instead of bound. */
export const storedRow = (ordinal: number, change: Partial<Outcome> = {}): Outcome => ({
  ordinal,
  condition: ordinal % 2 === 0 ? "even" : "odd'; DROP TABLE result; --",
  itemId: `item "${ordinal}" \u{1F642}\n`,
  cluster: "passage 1",
  slices: { subject: "law", "meta.level": "3" },
  repeat: 2,
  finalStatus: "failed_retries_exhausted",
  metrics: { accuracy: 0.1 + 0.2, correct: false, custom: { deep: { value: -1e-7 } } },
  output: { prediction: "é\u2028\ud800", nested: [1, null, { a: "b" }] },
  error: { kind: "rate_limited", message: "busy", status: 429, retryAfterMs: 1500 },
  invalidMetrics: ["custom.value below_min -1"],
  attempts: 3,
  retryDelaysMs: [1000, 1733.25],
  errorHistory: [{ attempt: 1, error: { kind: "timeout", message: "late" }, at: 1_700_000_000_123 }],
  elapsedMs: 12.345678901,
  startedAt: 1_700_000_000_456,
  cost: 0,
  usage: { promptTokens: 1, completionTokens: 2, totalTokens: 3, calls: 1 },
  calls: { spans: [{ kind: "model", name: "\ud800", startedMs: 0.1, elapsedMs: 12.001, failed: true }], leftOut: 7 },
  lineage: { traceId: "t" },
  worker: "inline",
  ...change,
});

/** A row with nothing that may be absent. */
export const barestRow = (ordinal: number): Outcome => ({
  ordinal,
  condition: "even",
  itemId: "",
  repeat: 0,
  finalStatus: "success",
  metrics: {},
  attempts: 1,
  retryDelaysMs: [],
  errorHistory: [],
  elapsedMs: 0,
  startedAt: 0,
  worker: "",
});

/**
 * The laws of a RunStore.
 *
 * @param place makes a new, empty place
 * @example storeContract(() => ({ open: () => mine(newFile) }))
 */
export function storeContract(place: () => StorePlace): Law[] {
  const law = (name: string, check: (open: () => Promise<RunStore>) => Promise<void>): Law => ({
    name,
    check: async () => {
      const here = place();
      const opened: RunStore[] = [];
      try {
        await check(async () => {
          await opened.pop()?.close(); // one writer at a time
          const store = await here.open();
          opened.push(store);
          return store;
        });
      } finally {
        await opened.pop()?.close();
      }
    },
  });

  return [
    law("is empty when it is new", async (open) => {
      const store = await open();
      equal(await store.manifest(), undefined);
      deepEqual(await rowsOf(store), []);
      deepEqual(await store.sessions(), []);
      deepEqual(await store.closeReservations(), []);
    }),
    law("gives rows back as they were, the fullest and the barest", async (open) => {
      const rows = [storedRow(0), barestRow(1), storedRow(2, { finalStatus: "unscored", cost: 1 / 3 })];
      const store = await open();
      await store.append(rows);
      deepEqual(await rowsOf(store), rows);
      deepEqual(await rowsOf(await open()), rows);
    }),
    law("gives the items of the data set back by their ids, where it keeps them", async (open) => {
      const store = await open();
      if (!store.putItems || !store.items) return;
      const items = [
        { id: "a", row: { question: "1 + 1?", answer: "2" } },
        { id: "b", row: "a text" },
      ];
      await store.putItems(items as never);
      const found: unknown[] = [];
      for await (const one of (await open()).items!()) found.push(one);
      deepEqual(found, items);
    }),
    law("gives rows back in order of their ordinals, whatever the order they came in", async (open) => {
      const store = await open();
      await store.append([barestRow(7), barestRow(2)]);
      await store.append([barestRow(1000), barestRow(3)]);
      deepEqual(await ordinalsOf(store), [2, 3, 7, 1000]);
    }),
    law("says which rows were new, and ignores a second row for an ordinal", async (open) => {
      const store = await open();
      deepEqual(await store.append([barestRow(4), barestRow(5)]), [4, 5]);
      deepEqual(await store.append([storedRow(5), storedRow(6)]), [6]);
      deepEqual(await store.append([storedRow(8, { attempts: 1 }), storedRow(8, { attempts: 2 })]), [8]);
      deepEqual(await rowsOf(store), [barestRow(4), barestRow(5), storedRow(6), storedRow(8, { attempts: 1 })]);
      deepEqual(await store.append([]), []);
    }),
    law("says where its rows leave a run: what is finished, its sums, how the last tasks ended", async (open) => {
      const store = await open();
      deepEqual(await store.summary(3), { finished: [], sums: [], recent: [] });
      const failed = storedRow(4, {
        finalStatus: "failed_permanent",
        error: { kind: "timeout", message: "slow" },
        attempts: 3,
        startedAt: 50,
      });
      const rows = [
        storedRow(2, { cost: 2, startedAt: 70 }),
        storedRow(3, { cost: 3, startedAt: 60, attempts: 2 }),
        failed,
        storedRow(9, { cost: 0.5, startedAt: 60 }),
        barestRow(11),
        storedRow(12, { startedAt: 10 }),
      ];
      await store.append([...rows].reverse());
      for (const recentRows of [0, 3, 100]) {
        const { finished, sums, recent } = await store.summary(recentRows);
        const expected = summarizeOutcomes(rows, recentRows);
        deepEqual(plain(finished), expected.finished);
        deepEqual(recent, expected.recent);
        deepEqual(byPlace(sums), byPlace(expected.sums));
      }
      deepEqual(plain((await store.summary(0)).finished), [
        { first: 2, last: 4 },
        { first: 9, last: 9 },
        { first: 11, last: 12 },
      ]);
    }),
    law("takes new rows while rows are being read, and after a reader has lost interest", async (open) => {
      const store = await open();
      await store.append([barestRow(0), barestRow(1), barestRow(2)]);
      for await (const row of store.outcomes()) {
        deepEqual(await store.append([barestRow(row.ordinal + 10)]), [row.ordinal + 10]);
        if (row.ordinal === 1) break;
      }
      deepEqual(await ordinalsOf(store), [0, 1, 2, 10, 11]);
    }),
    law("gives the row of one task, where it can", async (open) => {
      const store = await open();
      if (!store.outcomeOf) return;
      await store.append([storedRow(0), storedRow(5)]);
      deepEqual([store.outcomeOf(0), store.outcomeOf(5), store.outcomeOf(1)], [storedRow(0), storedRow(5), undefined]);
    }),
    law("gives the rows of a condition from one task on, where it can", async (open) => {
      const store = await open();
      if (!store.outcomesFrom) return;
      await store.append([storedRow(6), storedRow(5), storedRow(0), storedRow(4), storedRow(3)]);
      deepEqual(store.outcomesFrom(0, 2), [storedRow(0), storedRow(4)]);
      deepEqual(store.outcomesFrom(4, 9), [storedRow(4), storedRow(6)]);
      deepEqual(store.outcomesFrom(3, 9), [storedRow(3), storedRow(5)]);
      deepEqual(store.outcomesFrom(1, 9), []); // it has none
    }),
    ...entryLaws(law),
    ...answerLaws(law, { storedRow, manifest, byCondition }),
    law("keeps the manifest, the last one written", async (open) => {
      const store = await open();
      await store.putManifest(manifest("exp_1"));
      await store.putManifest(manifest("exp_2"));
      deepEqual(await store.manifest(), manifest("exp_2"));
      deepEqual(await (await open()).manifest(), manifest("exp_2"));
    }),
    law("keeps sessions by number, each as it was written last", async (open) => {
      const store = await open();
      await store.putSession(0, { startedAt: 1, status: "running" });
      await store.putSession(0, { startedAt: 1, endedAt: 2, status: "aborted", reason: "why", cause: "breaker" });
      await store.putSession(1, { startedAt: 3, status: "running", rerun: 2 });
      const sessions = [
        { startedAt: 1, endedAt: 2, status: "aborted", reason: "why", cause: "breaker" },
        { startedAt: 3, status: "running", rerun: 2 },
      ];
      deepEqual(await store.sessions(), sessions);
      deepEqual(await (await open()).sessions(), sessions);
    }),
    law("counts what was promised to attempts that left no row as spent, once and for all", async (open) => {
      const store = await open();
      await store.reserve({ ordinal: 0, attempt: 1, condition: "a", amount: 5 });
      await store.settle({ ordinal: 0, attempt: 1, condition: "a", amount: 3 }); // paid, failed, and its task was still under way
      await store.reserve({ ordinal: 0, attempt: 2, condition: "a", amount: 4 });
      await store.reserve({ ordinal: 1, attempt: 1, condition: "b", amount: 9 });
      await store.append([storedRow(1, { cost: 8 })]); // its row says what it cost
      const lost = [{ condition: "a", cost: 7, tasks: 2 }];
      const next = await open();
      deepEqual(byCondition(await next.closeReservations()), lost);
      deepEqual(byCondition(await next.closeReservations()), lost);
      await next.reserve({ ordinal: 2, attempt: 1, condition: "b", amount: 1 });
      deepEqual(byCondition(await (await open()).closeReservations()), [
        ...lost,
        { condition: "b", cost: 1, tasks: 1 },
      ]);
    }),
    law(
      "counts the cost of an attempt without a promise, and what was charged late, as spent but as no attempt",
      async (open) => {
        const store = await open();
        await store.settle({ ordinal: 0, attempt: 1, condition: "a", amount: 2 });
        await store.lose({ ordinal: 5, condition: "b", amount: 4 });
        deepEqual(byCondition(await (await open()).closeReservations()), [
          { condition: "a", cost: 2, tasks: 1 },
          { condition: "b", cost: 4, tasks: 0 },
        ]);
      },
    ),
    law("keeps the cost of a task's earlier attempts, although a new one is promised the same again", async (open) => {
      const store = await open();
      await store.reserve({ ordinal: 0, attempt: 1, condition: "a", amount: 5 });
      await store.settle({ ordinal: 0, attempt: 1, condition: "a", amount: 3 });
      await store.reserve({ ordinal: 0, attempt: 2, condition: "a", amount: 5 });
      equal(await store.abandon(0), 8);
      equal(await store.abandon(0), 0);
      await store.reserve({ ordinal: 0, attempt: 1, condition: "a", amount: 5 });
      await store.append([storedRow(0, { cost: 5 })]);
      deepEqual(byCondition(await (await open()).closeReservations()), [{ condition: "a", cost: 8, tasks: 0 }]);
    }),
    law("keeps what failed before a task is done again, in the next row of the task", async (open) => {
      const [first, second, third] = [1, 2, 3].map((at) => [{ ...storedRow(1).errorHistory[0]!, at }]);
      const rows = (own: Outcome["errorHistory"], ...others: Outcome[]) => [
        storedRow(1, { errorHistory: own }),
        ...others,
      ];
      const store = await open();
      await store.append(rows(first!, storedRow(2, { errorHistory: [] })));
      await store.forget([1, 2]);
      await store.append(rows(second!, storedRow(2, { errorHistory: [] })));
      const again = await open();
      deepEqual(
        (await rowsOf(again)).map(({ earlierErrors }) => earlierErrors),
        [first, undefined],
      );
      await again.forget([1]);
      const last = await open();
      await last.append(rows(third!, storedRow(3, { errorHistory: third! })));
      deepEqual(
        (await rowsOf(last)).map(({ earlierErrors }) => earlierErrors),
        [[...first!, ...second!], undefined, undefined],
      );
    }),
    law("keeps its rows under the places of a larger plan, where it can", async (open) => {
      const store = await open();
      if (!store.replan) return;
      await store.append([0, 1, 2].map((ordinal) => storedRow(ordinal)));
      await store.replan(
        manifest("exp_grown"),
        new Map([
          [0, 2],
          [1, 0],
          [2, 7],
        ]),
        store.entries ? [{ list: "labels", number: 0, value: { ordinal: 2 } }] : [],
      );
      const again = await open();
      if (again.entries) deepEqual([...again.entries.all("labels")], [{ number: 0, value: { ordinal: 2 } }]);
      deepEqual(
        await rowsOf(again),
        [1, 0, 2].map((was, i) => ({ ...storedRow(was), ordinal: [0, 2, 7][i]! })),
      );
      deepEqual((await again.manifest())?.experimentId, "exp_grown");
    }),
    law("forgets rows so that their tasks can be done again, but not what they cost", async (open) => {
      const store = await open();
      await store.append([storedRow(0, { cost: 2 }), storedRow(2, { cost: 3 }), storedRow(4, { cost: 4 })]);
      await store.forget([0, 4, 99]);
      deepEqual(await ordinalsOf(store), [2]);
      deepEqual(await store.append([storedRow(0, { cost: 1 })]), [0]);
      deepEqual(byCondition(await (await open()).closeReservations()), [{ condition: "even", cost: 6, tasks: 2 }]);
    }),
  ];
}

async function rowsOf(store: RunStore): Promise<Outcome[]> {
  const rows: Outcome[] = [];
  for await (const row of store.outcomes()) rows.push(row);
  return rows;
}

const ordinalsOf = async (store: RunStore): Promise<number[]> => (await rowsOf(store)).map(({ ordinal }) => ordinal);

/** Rows of a driver may have no prototype. */
const plain = <T extends object>(rows: readonly T[]): T[] => rows.map((each) => ({ ...each }));

const byPlace = (sums: readonly SummaryRow[]): SummaryRow[] =>
  plain(sums).sort((a, b) => (a.condition + a.finalStatus < b.condition + b.finalStatus ? -1 : 1));

const byCondition = (spending: readonly Spending[]): Spending[] =>
  plain(spending).sort((a, b) => (a.condition < b.condition ? -1 : 1));

const manifest = (experimentId: string): Manifest => ({
  format: "crucible-manifest/1",
  experimentId,
  experiment: {
    format: "crucible-experiment/1",
    name: "x",
    description: "",
    author: "",
    version: "",
    tags: ["a"],
    dataset: "rows in the experiment file",
    datasetConfig: {},
    conditions: [{ name: "a", factors: { n: 1 }, kind: "run", code: "0" }],
    metrics: ["accuracy"],
    repeat: 1,
    config: {},
    costBudget: {},
    statisticalAnalysis: {},
    customMetrics: [],
    metricSchemas: {},
    hooks: [],
  },
  parameters: {},
  dataset: { source: "x", items: 1, digest: "0" },
  plan: { tasks: 1, hash: "0" },
  seed: 42,
  createdAt: "1970-01-01T00:00:00.000Z",
  environment: { crucible: "0", node: "v20", platform: "linux", cpus: 1, memoryGb: 1 },
});
