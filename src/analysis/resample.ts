import { type Stream, stream } from "#src/kernel/random";
import type { Steps } from "#src/kernel/steps";
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
  replicates(): Steps<Replicates>;
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
/** Beyond this many units, blocks of them are left out together. */
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
  function* drawAll(): Steps<Uint8Array> {
    const random = stream(seed, "bootstrap");
    const all = new Uint8Array(draws * units);
    for (let draw = 0; draw < draws; draw++) {
      yield;
      drawInto(all.subarray(draw * units, (draw + 1) * units), random);
    }
    return all;
  }
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
    return {
      value: statistic(new Uint8Array(units).fill(1)),
      *replicates() {
        if (made) return made;
        weights ??= yield* drawAll();
        const values = new Float64Array(draws);
        for (let draw = 0; draw < draws; draw++) {
          yield; // the statistic may be a function of the user, which takes as long as it takes
          values[draw] = statistic(weights.subarray(draw * units, (draw + 1) * units));
        }
        made = { drawn: values, leftOut: yield* leaveOut(statistic, units) };
        return made;
      },
    };
  }
}

/** As many units as there are, drawn with replacement. */
function drawInto(weights: Uint8Array, random: Stream): void {
  const units = weights.length;
  for (let from = 0; from < units; from += numbers.length) {
    const some = units - from < numbers.length ? numbers.subarray(0, units - from) : numbers;
    random.fill(some);
    for (let i = 0; i < some.length; i++) weights[Math.floor(some[i]! * units)]! += 1;
  }
}

const numbers = new Float64Array(1024);

/** The statistic with each unit left out; with each of some hundred blocks of units where there are many. */
function* leaveOut(statistic: (weights: Uint8Array) => number, units: number): Steps<Float64Array> {
  const blocks = units <= MOST_LEFT_OUT ? units : BLOCKS;
  const weights = new Uint8Array(units).fill(1);
  const values = new Float64Array(blocks);
  for (let block = 0; block < blocks; block++) {
    yield;
    const [from, to] = [Math.floor((block * units) / blocks), Math.floor(((block + 1) * units) / blocks)];
    weights.fill(0, from, to);
    values[block] = statistic(weights);
    weights.fill(1, from, to);
  }
  return values;
}
