import { type Answer, answerAgain } from "#src/experiment/attempts";
import type { Manifest, RunSession } from "#src/experiment/manifest";
import { didReturn, earlierErrorsOf, type Outcome } from "#src/experiment/outcome";
import { summarizeOutcomes } from "#src/experiment/store-summary";
import { taskKey } from "#src/experiment/task";
import { memoryEntries } from "./memory-entries.ts";
import type { RunStore, Spending, StoredReservation } from "./store.ts";

/** A store that lives as long as the value does: for tests, and for runs that need not be resumed. */
export function memoryStore(): RunStore {
  const rows = new Map<number, Outcome>();
  const sessions: RunSession[] = [];
  const open = new Map<string, StoredReservation>();
  const lost: { condition: string; cost: number; tasks: number }[] = [];
  const lose = (from: Iterable<StoredReservation>, tasks: number): number => {
    let sum = 0;
    for (const { condition, amount } of from) {
      lost.push({ condition, cost: amount, tasks });
      sum += amount;
    }
    return sum;
  };
  const earlier = new Map<string, Outcome["errorHistory"]>();
  const answers = new Map<number, Answer>();
  const entries = memoryEntries();
  /** Whether the answer of its task says what an attempt cost. */
  const isInAnswer = ({ ordinal, attempt }: StoredReservation): boolean =>
    attempt <= (answers.get(ordinal)?.attempts ?? 0);
  let manifest: Manifest | undefined;
  const items = new Map<string, unknown>();
  const inOrder = function* (): Generator<Outcome> {
    for (const ordinal of [...rows.keys()].sort((a, b) => a - b)) yield rows.get(ordinal)!;
  };
  return {
    location: "memory",
    manifest: () => manifest,
    putManifest: (given) => {
      manifest = given;
    },
    putItems: (given) => {
      for (const { id, row } of given) items.set(id, row);
    },
    items: () => [...items].map(([id, row]) => ({ id, row })),
    append: (outcomes) =>
      outcomes.flatMap((outcome) => {
        if (rows.has(outcome.ordinal)) return [];
        const earlierErrors = earlier.get(taskKey(outcome));
        rows.set(outcome.ordinal, earlierErrors ? { ...outcome, earlierErrors } : outcome);
        if (didReturn(outcome.finalStatus)) answers.delete(outcome.ordinal);
        return [outcome.ordinal];
      }),
    putAnswers: (given) => {
      for (const answer of given) if (!answers.has(answer.ordinal)) answers.set(answer.ordinal, answer);
    },
    answers: () =>
      [...answers.values()].filter(({ ordinal }) => !rows.has(ordinal)).sort((a, b) => a.ordinal - b.ordinal),
    answerOf: (ordinal) => answers.get(ordinal),
    outcomeOf: (ordinal) => rows.get(ordinal),
    entries,
    summary: (recentRows) => summarizeOutcomes(inOrder(), recentRows),
    outcomes: inOrder,
    reserve: (promise) => {
      open.set(`${promise.ordinal}/${promise.attempt}`, promise);
    },
    settle: (spent) => {
      open.set(`${spent.ordinal}/${spent.attempt}`, spent);
    },
    abandon: (ordinal) => {
      const former = [...open].filter(([, promise]) => promise.ordinal === ordinal && !isInAnswer(promise));
      for (const [key] of former) open.delete(key);
      return lose(
        former.map(([, promise]) => promise),
        0,
      );
    },
    lose: (spent) => {
      lose([{ ...spent, attempt: 0 }], 0);
    },
    closeReservations: () => {
      lose(
        [...open.values()].filter((promise) => !rows.has(promise.ordinal) && !isInAnswer(promise)),
        1,
      );
      open.clear();
      return sumByCondition(lost);
    },
    forget: (ordinals) => {
      for (const ordinal of ordinals) {
        const row = rows.get(ordinal);
        if (!row) continue;
        lost.push({ condition: row.condition, cost: row.cost ?? 0, tasks: 1 });
        if (earlierErrorsOf(row).length > 0) earlier.set(taskKey(row), earlierErrorsOf(row));
        rows.delete(ordinal);
        const answer = answers.get(ordinal);
        if (answer) answers.set(ordinal, answerAgain(answer));
      }
    },
    replan: (grown, ordinals, changes = []) => {
      const moved = [...rows.values()].map((row) => ({ ...row, ordinal: ordinals.get(row.ordinal)! }));
      rows.clear();
      for (const row of moved) rows.set(row.ordinal, row);
      const waiting = [...answers.values()];
      answers.clear();
      for (const answer of waiting) {
        const ordinal = ordinals.get(answer.ordinal);
        if (ordinal !== undefined) answers.set(ordinal, { ...answer, ordinal });
      }
      entries.write(changes);
      manifest = grown;
    },
    sessions: () => [...sessions],
    putSession: (number, session) => {
      sessions[number] = session;
    },
    close: () => {},
  };
}

interface Spent {
  readonly condition: string;
  readonly cost?: number;
  readonly tasks?: number;
}

function sumByCondition(outcomes: Iterable<Spent>): Spending[] {
  const sums = new Map<string, Spending>();
  for (const { condition, cost = 0, tasks = 1 } of outcomes) {
    const sum = sums.get(condition) ?? { condition, cost: 0, tasks: 0 };
    sums.set(condition, { condition, cost: sum.cost + cost, tasks: sum.tasks + tasks });
  }
  return [...sums.values()];
}
