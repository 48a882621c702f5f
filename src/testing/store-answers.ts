import { deepEqual, equal } from "node:assert/strict";
import type { Answer } from "#src/experiment/attempts";
import type { Manifest } from "#src/experiment/manifest";
import type { Outcome } from "#src/experiment/outcome";
import type { RunStore, Spending } from "#src/store/store";
import type { Law } from "./backend-contract.ts";

interface Examples {
  storedRow(ordinal: number, change: Partial<Outcome>): Outcome;
  manifest(experimentId: string): Manifest;
  byCondition(spending: readonly Spending[]): Spending[];
}
type MakeLaw = (name: string, check: (open: () => Promise<RunStore>) => Promise<void>) => Law;

/** The laws of a store that keeps answers. @param law makes one of a name and a check that opens the store of a new place */
export const answerLaws = (law: MakeLaw, { storedRow, manifest, byCondition }: Examples): Law[] => [
  law("keeps answers until their tasks have rows that did not fail, where it can", async (open) => {
    const store = await open();
    if (!store.putAnswers || !store.answers) return;
    await store.putAnswers([storedAnswer(3), storedAnswer(1)]);
    await store.putAnswers([storedAnswer(1, { state: { messages: [] } }), storedAnswer(2)]);
    const again = await open();
    deepEqual(await answersOf(again), [storedAnswer(1), storedAnswer(2), storedAnswer(3)]);
    const scoring = { attempts: 1, startedAt: 5, elapsedMs: 1 };
    await again.append([
      storedRow(1, { scoring, finalStatus: "success" }),
      storedRow(2, { scoring, finalStatus: "failed_permanent", cost: 4 }),
    ]);
    const third = await open();
    deepEqual(await answersOf(third), [storedAnswer(3)]);
    if (third.answerOf) {
      deepEqual(third.answerOf(2), storedAnswer(2)); // of a row that failed
      deepEqual([third.answerOf(1), third.answerOf(3)], [undefined, storedAnswer(3)]);
    }
    await third.forget([1, 2]);
    const { cost: _, redone: __, ...scoredAgain } = storedAnswer(2, { earlier: [], attempts: 1 });
    deepEqual(await answersOf(third), [scoredAgain, storedAnswer(3)]);
  }),
  law("counts what an answer cost in the answer, and no promise of its attempts beside it", async (open) => {
    const store = await open();
    if (!store.putAnswers) return;
    for (const attempt of [1, 2, 3])
      await store.reserve({ ordinal: 0, attempt, condition: "a", amount: 10 ** attempt });
    await store.reserve({ ordinal: 1, attempt: 1, condition: "a", amount: 5 });
    await store.putAnswers([storedAnswer(0)]); // given by the second attempt
    equal(await store.abandon(0), 1000);
    await store.reserve({ ordinal: 0, attempt: 3, condition: "a", amount: 7 });
    deepEqual(byCondition(await (await open()).closeReservations()), [{ condition: "a", cost: 1012, tasks: 2 }]);
  }),
  law("keeps its answers under the places of a larger plan, where it can", async (open) => {
    const store = await open();
    if (!store.replan || !store.putAnswers) return;
    await store.putAnswers([storedAnswer(0), storedAnswer(1), storedAnswer(2)]);
    const places = [
      [0, 2],
      [1, 0],
    ] as const;
    await store.replan(manifest("exp_grown"), new Map(places));
    deepEqual(await answersOf(await open()), [storedAnswer(1, { ordinal: 0 }), storedAnswer(0, { ordinal: 2 })]);
  }),
];

/** An answer with everything that one can have. */
const storedAnswer = (ordinal: number, change: Partial<Answer> = {}): Answer => ({
  ordinal,
  condition: "odd'; DROP TABLE answer; --",
  itemId: `item "${ordinal}"`,
  repeat: 2,
  state: { messages: [{ role: "assistant", content: "é\u2028\ud800" }], store: { nested: [1, null] } },
  attempts: 2,
  metrics: { latency: 12.5, cost: 0.1 + 0.2 },
  earlier: [{ failure: { kind: "timeout", message: "late" }, at: 1_700_000_000_123, delayMs: 1000, cost: 1 }],
  startedAt: 1_700_000_000_456,
  elapsedMs: 12.345,
  cost: 0.3,
  redone: 1,
  usage: { promptTokens: 1, completionTokens: 2, totalTokens: 3, calls: 1 },
  worker: "inline",
  ...change,
});

async function answersOf(store: RunStore): Promise<Answer[]> {
  const answers: Answer[] = [];
  for await (const answer of store.answers?.() ?? []) answers.push(answer);
  return answers;
}
