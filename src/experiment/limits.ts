import { z } from "zod";
import { ConfigError } from "#src/kernel/errors";
import { parseOptions } from "#src/kernel/parse";
import type { Experiment } from "./define.ts";
import { budgetOptions, configOptions } from "./options.ts";

/** Limits in force; changed in place while a run is active. */
export interface Limits {
  maxParallel: number;
  /** Task starts per second. */
  rateLimit: number | undefined;
  /** Amounts. */
  maxTotal: number | undefined;
  maxPerCondition: number | undefined;
}

const { maxParallel, rateLimit } = configOptions.shape;
const { maxTotal, maxPerCondition } = budgetOptions.shape;

/** Limits that may change while a run is active. `null` lifts one. */
export const limitOptions = z.strictObject({
  maxParallel: maxParallel.unwrap().optional().describe(maxParallel.description!),
  rateLimit: rateLimit.nullable().describe(rateLimit.description!),
  maxTotal: maxTotal.nullable().describe(maxTotal.description!),
  maxPerCondition: maxPerCondition.nullable().describe(maxPerCondition.description!),
});
export type LimitsChange = z.input<typeof limitOptions>;
export const limitNames = ["maxParallel", "rateLimit", "maxTotal", "maxPerCondition"] as const;

/** Each limit that became another: from what, to what; `null` is none. */
export type LimitChanges = Readonly<
  Partial<Record<keyof Limits, { readonly from: number | null; readonly to: number | null }>>
>;

/** The limits that a definition asks for. */
export const limitsOf = ({ config, costBudget }: Pick<Experiment, "config" | "costBudget">): Limits => ({
  maxParallel: config.maxParallel,
  rateLimit: config.rateLimit,
  maxTotal: costBudget.maxTotal,
  maxPerCondition: costBudget.maxPerCondition,
});

export const hasBudget = ({
  maxTotal,
  maxPerCondition,
}: Partial<Pick<Limits, "maxTotal" | "maxPerCondition">>): boolean => (maxTotal ?? maxPerCondition) !== undefined;

/**
 * What a change would change.
 *
 * @throws ConfigError for an unknown limit or a wrong value
 * @example limitChanges({ maxParallel: 4, rateLimit: 2, maxTotal: undefined, maxPerCondition: undefined }, { maxParallel: 4, rateLimit: null }) // => { rateLimit: { from: 2, to: null } }
 */
export function limitChanges(limits: Readonly<Limits>, change: LimitsChange): LimitChanges {
  const wanted = parseOptions(limitOptions, change);
  const named = limitNames.filter((name) => wanted[name] !== undefined);
  if (named.length === 0) throw new ConfigError("limits", `must name at least one of ${limitNames.join(", ")}`);
  const changes = named.map((name) => [name, { from: limits[name] ?? null, to: wanted[name]! }] as const);
  return Object.fromEntries(changes.filter(([, { from, to }]) => from !== to));
}

/** Changes as words. @example limitWords({ rateLimit: { from: 2, to: null } }) // => "rateLimit 2 -> none" */
export const limitWords = (changes: LimitChanges): string =>
  Object.entries(changes)
    .map(([name, { from, to }]) => `${name} ${from ?? "none"} -> ${to ?? "none"}`)
    .join(", ");
