/** What an attempt charges after its result is no longer awaited: after a timeout, say. It outlives its worker. */
export interface Bill {
  /** Counted as spent for the attempt, beyond what it has charged. */
  ahead: number;
  readonly charge: (amount: number) => void;
}

/**
 * Opens the bill of an attempt.
 *
 * @param spend called with what is charged beyond the amount counted for the attempt already
 * @example
 * const spent: number[] = [];
 * const bill = openBill((amount) => void spent.push(amount));
 * bill.ahead = 5; // an attempt that timed out counts as 5
 * for (const late of [3, 4]) bill.charge(late);
 * spent // => [2]
 */
export function openBill(spend: (amount: number) => void): Bill {
  const bill: Bill = {
    ahead: 0,
    charge(amount) {
      const more = amount - bill.ahead;
      bill.ahead = Math.max(0, -more);
      if (more > 0) spend(more);
    },
  };
  return bill;
}
