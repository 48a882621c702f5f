import { ConfigError } from "#src/kernel/errors";
import type { Condition, Factors } from "./condition.ts";

/**
 * The numbers from `first` to `last`, both included.
 *
 * @example range(1, 3) // => [1, 2, 3]
 * @example range(0, 0.3, 0.1) // => [0, 0.1, 0.2, 0.3]
 */
export function range(first: number, last: number, step = 1): number[] {
  if (!(step > 0)) throw new ConfigError("range step", "must be more than 0", step);
  const count = Math.floor((last - first) / step + 1e-9) + 1; // 0.3 / 0.1 is a little less than 3
  return Array.from({ length: Math.max(0, count) }, (_, i) => Number((first + i * step).toPrecision(15)));
}

/** Makes conditions that know the rows of the experiment: what `conditions` is called with where it is a function. */
export interface ConditionMakers<Row> {
  /** One condition for every combination of factor values. */
  sweep<const G extends Readonly<Record<string, readonly (string | number | boolean)[]>>>(
    grid: G,
    make: (factors: { readonly [K in keyof G]: G[K][number] }) => Condition<Row>,
  ): Condition<Row>[];
  /** One condition for every value of a list. */
  each<const T>(values: readonly T[], make: (value: T, i: number) => Condition<Row>): Condition<Row>[];
}

/**
 * One condition for every combination of factor values, the last factor changing fastest. The conditions keep their factors, so that
 * `statisticalAnalysis.pairs` can hold one of them fixed.
 *
 * @param grid the values of each factor
 * @param make the condition of one combination
 * @example sweep({ n: range(1, 2) }, ({ n }) => ({ name: `ensemble_${n}`, run: () => n })).map((c) => c.name) // => ["ensemble_1", "ensemble_2"]
 */
export function sweep<const G extends Readonly<Record<string, readonly (string | number | boolean)[]>>, Row = unknown>(
  grid: G,
  make: (factors: { readonly [K in keyof G]: G[K][number] }) => Condition<Row>,
): Condition<Row>[] {
  let combinations: Factors[] = [{}];
  for (const [factor, values] of Object.entries(grid)) {
    if (values.length === 0) throw new ConfigError(`sweep.${factor}`, "must have at least one value");
    combinations = combinations.flatMap((combination) => values.map((value) => ({ ...combination, [factor]: value })));
  }
  return combinations.map((factors) => {
    const condition = make(factors as { readonly [K in keyof G]: G[K][number] });
    return { ...condition, factors: { ...factors, ...condition.factors } };
  });
}

export const conditionMakers: ConditionMakers<never> = { sweep, each: (values, make) => values.map(make) };
