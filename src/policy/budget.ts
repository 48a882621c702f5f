import { z } from "zod";

export const budgetOptions = z.strictObject({
  maxTotal: z.number().positive().optional().describe("amount that the whole run may cost"),
  maxPerCondition: z.number().positive().optional().describe("amount that each condition may cost"),
  currency: z.string().min(1).default("usd").describe("label of all amounts; must be that of the price table"),
});
export type BudgetOptions = z.output<typeof budgetOptions>;
export type BudgetLimits = Pick<BudgetOptions, "maxTotal" | "maxPerCondition">;

/** Money of a run: what was spent, and what is promised to work in flight. */
export interface Ledger {
  readonly spent: number;
  readonly reserved: number;
  readonly conditions: Readonly<Record<string, { readonly spent: number; readonly reserved: number }>>;
}

export const emptyLedger: Ledger = { spent: 0, reserved: 0, conditions: {} };

/** Which limit refuses an amount: the run's, a condition's, or none. */
export type BudgetVerdict = "within" | "run_exhausted" | "condition_exhausted";

/** Whether `amount` more may be promised to `condition`. With nothing estimated, work is refused once the limit is reached. */
export function mayReserve(ledger: Ledger, condition: string, amount: number, options: BudgetLimits): BudgetVerdict {
  const own = accountOf(ledger, condition);
  if (exceeds(ledger.spent + ledger.reserved, amount, options.maxTotal)) return "run_exhausted";
  if (exceeds(own.spent + own.reserved, amount, options.maxPerCondition)) return "condition_exhausted";
  return "within";
}

/** What one condition has spent, and what is promised to it. Asked with `hasOwn`: a condition may be called `constructor`. */
export const accountOf = ({ conditions }: Ledger, condition: string): { spent: number; reserved: number } =>
  (Object.hasOwn(conditions, condition) ? conditions[condition] : undefined) ?? { spent: 0, reserved: 0 };

/** Amounts are sums of fractions: what passes a limit by rounding alone does not pass it. */
const ROUNDING = 1 + 1e-12;

/** Whether an amount passes a limit on top of what is taken. */
export const exceeds = (taken: number, amount: number, limit: number | undefined): boolean =>
  limit !== undefined && (amount > 0 ? taken + amount > limit * ROUNDING : taken * ROUNDING >= limit);

/** Sums of amounts below this are rounding errors. */
export const ROUNDING_OF_SUMS = 1e-9;

/** Promises `amount` to work of `condition`. */
export const reserve = (ledger: Ledger, condition: string, amount: number): Ledger =>
  change(ledger, condition, 0, amount);

/** Replaces a promise of `reserved` by what the work really cost. */
export const settle = (ledger: Ledger, condition: string, reserved: number, cost: number): Ledger =>
  change(ledger, condition, cost, -reserved);

/**
 * What an attempt counts as spent: what it charged, and where its bill is still out at least what was promised to it.
 *
 * @param charged amount so far; nothing where none is known
 * @param promised nothing where the run has no budget
 * @param isBillOut whether a server may still charge for a call whose answer was not received
 * @example countedCost(0.1, 0.5, true) // => 0.5
 * @example countedCost(0.1, 0.5, false) // => 0.1
 */
export const countedCost = (
  charged: number | undefined,
  promised: number | undefined,
  isBillOut: boolean,
): number | undefined => (isBillOut && promised ? Math.max(charged ?? 0, promised) : charged);

function change(ledger: Ledger, condition: string, spent: number, reserved: number): Ledger {
  const own = accountOf(ledger, condition);
  return {
    spent: ledger.spent + spent,
    reserved: ledger.reserved + reserved,
    conditions: { ...ledger.conditions, [condition]: { spent: own.spent + spent, reserved: own.reserved + reserved } },
  };
}
