import { z } from "zod";
import { ConfigError } from "#src/kernel/errors";
import { parseOptions } from "#src/kernel/parse";
import { type Random, shuffled, stream } from "#src/kernel/random";
import { grouped } from "./draw.ts";

/** One split of a cross-validation: each row is in the `test` of one fold and in the `train` of all others. */
export interface Fold<Row> {
  readonly train: readonly Row[];
  readonly test: readonly Row[];
}

const field = z.string().min(1).optional();

export const foldsOptions = z.strictObject({
  k: z.int().min(2).describe("number of folds"),
  seed: z.int().default(0).describe("seed of the order in which rows are dealt"),
  stratifyBy: field.describe("field whose shares every fold keeps"),
  cluster: field.describe("field whose equal values stay in one fold"),
});

/**
 * Rows in k folds for cross-validation: prompts, examples and thresholds are chosen on `train` and measured on `test`.
 *
 * Folds have the same size to within one row, and so have their strata; clusters are kept whole, the largest dealt first.
 *
 * @param rows at least k, or k clusters
 * @throws ConfigError for fewer
 * @example folds([1, 2, 3, 4, 5], { k: 5 }).map(({ train, test }) => [train.length, test.length]) // => [[4, 1], [4, 1], [4, 1], [4, 1], [4, 1]]
 */
export function folds<Row>(rows: readonly Row[], options: z.input<typeof foldsOptions>): Fold<Row>[] {
  const { k, seed, stratifyBy, cluster } = parseOptions(foldsOptions, options, "folds");
  const read = (name: string | undefined) =>
    name === undefined ? undefined : (row: Row) => String((row as Readonly<Record<string, unknown>>)[name]);
  const places = foldOf(rows, k, stream(seed, "folds"), { stratumOf: read(stratifyBy), clusterOf: read(cluster) });
  return Array.from({ length: k }, (_, fold) => ({
    train: rows.filter((_row, i) => places[i] !== fold),
    test: rows.filter((_row, i) => places[i] === fold),
  }));
}

/**
 * The fold of each row, from 0: by stratum, each cluster to the fold that has least of the stratum so far, then least of all.
 *
 * @throws ConfigError where a fold would be empty
 */
export function foldOf<T>(
  rows: readonly T[],
  k: number,
  random: Random,
  by: { readonly stratumOf?: ((row: T) => string) | undefined; readonly clusterOf?: ((row: T) => string) | undefined },
): readonly number[] {
  const { stratumOf = () => "", clusterOf } = by;
  const indices = shuffled(
    rows.map((_, i) => i),
    random,
  );
  const clusters = clusterOf
    ? grouped(indices, (i) => clusterOf(rows[i]!)).sort((a, b) => b.length - a.length)
    : indices.map((i) => [i]);
  const places = new Array<number>(rows.length);
  const sizes = new Array<number>(k).fill(0);
  for (const stratum of grouped(clusters, ([first]) => stratumOf(rows[first!]!))) {
    const inStratum = new Array<number>(k).fill(0);
    for (const members of stratum) {
      const fold = leastOf(inStratum, sizes);
      for (const i of members) places[i] = fold;
      inStratum[fold]! += members.length;
      sizes[fold]! += members.length;
    }
  }
  if (sizes.includes(0))
    throw new ConfigError("folds", `must have at least ${k} ${clusterOf ? "clusters" : "rows"}`, clusters.length);
  return places;
}

function leastOf(inStratum: readonly number[], sizes: readonly number[]): number {
  let least = 0;
  for (let fold = 1; fold < sizes.length; fold++) {
    const less = inStratum[fold]! - inStratum[least]! || sizes[fold]! - sizes[least]!;
    if (less < 0) least = fold;
  }
  return least;
}
