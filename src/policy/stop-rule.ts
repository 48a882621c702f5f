/**
 * Decides while a run is active whether it has seen enough. A reducer: what was seen lives in the state, so that a new process builds the same
 * one from the stored rows.
 */
export interface StopRule<Seen, State> {
  readonly initial: State;
  /** @param seen all rows of one item; items come in the order of the plan, whatever the order in which their tasks ended */
  readonly next: (state: State, seen: Seen) => State;
  readonly verdict: (state: State) => StopVerdict;
}

export type StopVerdict =
  | { readonly kind: "goOn" }
  /** More data would not change what can be said. */
  | { readonly kind: "decided"; readonly reason: string }
  /** What was seen breaks an assumption of the rule, so that it can promise nothing. */
  | { readonly kind: "unfit"; readonly reason: string };

/** Feeds a rule with items in their order, as soon as all tasks of the next one have ended. */
export interface StopWatch<Row> {
  /** Takes ended tasks in any order. @returns what the rule says, the first time that it does not say to continue */
  see(row: Row): Exclude<StopVerdict, { kind: "goOn" }> | undefined;
}

/**
 * A rule on its way through a run. Items are held back until those before them are complete: an item that ends late, because it is hard, must
 * not be counted late, or the quick ones would decide.
 *
 * @param tasksPerItem tasks that the plan has for each item, one after the other
 * @param ordinalOf a row's place in the plan, from 0
 * @example
 * const rule = { initial: 0, next: (n, rows) => n + rows.length, verdict: (n) => ({ kind: n < 4 ? "goOn" : "decided", reason: "four" }) };
 * const watch = stopWatch(rule, 2, (row) => row);
 * [2, 3, 1, 0].map((row) => watch.see(row)?.reason) // => [undefined, undefined, undefined, "four"]
 */
export function stopWatch<Row, State>(
  rule: StopRule<readonly Row[], State>,
  tasksPerItem: number,
  ordinalOf: (row: Row) => number,
): StopWatch<Row> {
  const waiting = new Map<number, Map<number, Row>>();
  let state = rule.initial;
  let next = 0;
  let said = false;
  return {
    see(row) {
      const ordinal = ordinalOf(row);
      const item = Math.floor(ordinal / tasksPerItem);
      if (said || item < next) return undefined;
      const rows = waiting.get(item) ?? new Map<number, Row>();
      waiting.set(item, rows.set(ordinal, row));
      for (let ready = waiting.get(next); ready?.size === tasksPerItem; ready = waiting.get(next)) {
        state = rule.next(state, [...ready.values()]);
        waiting.delete(next);
        next += 1;
        const verdict = rule.verdict(state);
        if (verdict.kind === "goOn") continue;
        said = true;
        waiting.clear();
        return verdict;
      }
      return undefined;
    },
  };
}
