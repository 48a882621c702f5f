import { randomInt, stream } from "#src/kernel/random";
import { aggregateOf, sortColumn, type WeightedStatistic } from "./aggregate.ts";
import type { Column } from "./column.ts";
import type { Table } from "./table.ts";

/**
 * Bootstrap draws of a whole run: the same draws serve every condition, metric and pair, so that what belongs together stays
 * together, and a thousand pairs cost one drawing. Units are items, or clusters where items are clustered.
 */
export interface Resamples {
  readonly draws: number;
  readonly seed: number;
  readonly unit: "item" | "cluster";
  readonly units: number;
  /** Cluster of each item; absent where each item is a unit. */
  readonly unitOf: Int32Array | undefined;
  /** The statistic of one condition, remembered under its key. */
  draw(key: string, column: Column, statistic: WeightedStatistic): DrawnStatistic;
  /** Any statistic, by how often each unit was drawn. */
  drawBy(statistic: (weights: Uint8Array) => number): DrawnStatistic;
}

export interface DrawnStatistic {
  /** Of the data as they are; NaN for no values. */
  readonly value: number;
  /** In every draw, and with each unit (or block of units) left out once; computed when first asked for. */
  replicates(): Replicates;
}

export interface Replicates {
  /** One value a draw; NaN where a draw has no value. */
  readonly drawn: Float64Array;
  /** One value per unit left out, for the acceleration of BCa intervals. */
  readonly leftOut: Float64Array;
}

/** Bytes that the weights of all draws may take; beyond, fewer draws are made. */
const BUDGET = 40_000_000;
const FEWEST_DRAWS = 200;
/** Beyond so many units, blocks of them are left out together. */
const MOST_LEFT_OUT = 1500;
const BLOCKS = 300;

/**
 * Prepares the draws of a run; nothing is drawn before the first use.
 *
 * @param wanted draws, fewer where the data are so large that the intervals are narrow anyway
 */
export function resamplesOf(table: Table, wanted: number, seed: number): Resamples {
  const units = table.clusterCount;
  const draws = Math.max(Math.min(wanted, FEWEST_DRAWS), Math.min(wanted, Math.floor(BUDGET / Math.max(1, units))));
  const unitOf = table.clusters;
  const known = new Map<string, DrawnStatistic>();
  let weights: Uint8Array | undefined;
  const drawAll = (): Uint8Array => {
    const random = stream(seed, "bootstrap");
    const all = new Uint8Array(draws * units);
    for (let draw = 0; draw < draws; draw++) {
      const from = draw * units;
      for (let i = 0; i < units; i++) all[from + randomInt(random, units)]! += 1;
    }
    return all;
  };
  return {
    draws,
    seed,
    unit: unitOf ? "cluster" : "item",
    units,
    unitOf,
    draw(key, column, statistic) {
      const found = known.get(key) ?? drawn(column, statistic);
      known.set(key, found);
      return found;
    },
    drawBy,
  };

  function drawn(column: Column, statistic: WeightedStatistic): DrawnStatistic {
    const sorted = sortColumn(column, unitOf);
    return drawBy((each) => aggregateOf(sorted, statistic, each));
  }

  function drawBy(statistic: (weights: Uint8Array) => number): DrawnStatistic {
    let made: Replicates | undefined;
    const make = (): Replicates => {
      weights ??= drawAll();
      const all = weights;
      const value = (_: unknown, draw: number): number => statistic(all.subarray(draw * units, (draw + 1) * units));
      return { drawn: Float64Array.from({ length: draws }, value), leftOut: leaveOut(statistic, units) };
    };
    return {
      value: statistic(new Uint8Array(units).fill(1)),
      replicates: () => {
        made ??= make();
        return made;
      },
    };
  }
}

/** The statistic with each unit left out; with each of some hundred blocks of units where there are many. */
function leaveOut(statistic: (weights: Uint8Array) => number, units: number): Float64Array {
  const blocks = units <= MOST_LEFT_OUT ? units : BLOCKS;
  const weights = new Uint8Array(units).fill(1);
  return Float64Array.from({ length: blocks }, (_, block) => {
    const [from, to] = [Math.floor((block * units) / blocks), Math.floor(((block + 1) * units) / blocks)];
    weights.fill(0, from, to);
    const value = statistic(weights);
    weights.fill(1, from, to);
    return value;
  });
}
