import type { Outcome } from "./outcome.ts";

/** What the ended tasks of a condition took. */
export interface Spent {
  /** Tasks that ran to an end, skipped ones left out. */
  tasks: number;
  /** Milliseconds of their last attempts. */
  ms: number;
  /** Amount of those whose cost is known, all attempts, and how many they are. */
  cost: number;
  costed: number;
}

/** By the name of the condition. */
export type SpentByCondition = ReadonlyMap<string, Readonly<Spent>>;

/** Counts one row more. */
export function addSpent(
  spent: Map<string, Spent>,
  { condition, finalStatus, elapsedMs, cost }: Pick<Outcome, "condition" | "finalStatus" | "elapsedMs" | "cost">,
): void {
  if (finalStatus === "skipped") return;
  let own = spent.get(condition);
  if (!own) {
    own = { tasks: 0, ms: 0, cost: 0, costed: 0 };
    spent.set(condition, own);
  }
  own.tasks += 1;
  own.ms += elapsedMs;
  if (cost === undefined) return;
  own.cost += cost;
  own.costed += 1;
}
