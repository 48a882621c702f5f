import { type Random, stream } from "#src/kernel/random";
import { normal } from "#src/stats/index";

/** Data sets per rate: their share of rejections at 0.05 has a standard error of 0.0049. */
export const DATA_SETS = 2000;
export const ALPHA = 0.05;
/** 3.3 standard errors: a correct test leaves this band once in a thousand seeds, and the seeds are fixed. */
export const BOUND = 3.3 * Math.sqrt((ALPHA * (1 - ALPHA)) / DATA_SETS);

/** The share of seeded data sets of which `reject` is true. */
export function shareOf(name: string, reject: (random: Random) => boolean, sets = DATA_SETS): number {
  const random = stream(20_240_601, name);
  let count = 0;
  for (let i = 0; i < sets; i++) if (reject(random)) count++;
  return count / sets;
}

export const normals = (random: Random, n: number, mean = 0, sd = 1): number[] =>
  Array.from({ length: n }, () => mean + sd * normal.quantile(random() || 0.5));

/** Few levels, so that most values tie. */
export const grades = (random: Random, n: number, levels = 5): number[] =>
  Array.from({ length: n }, () => Math.floor(random() * levels));

/** 1 with chance p. */
export const passes = (random: Random, n: number, p: number): number[] =>
  Array.from({ length: n }, () => (random() < p ? 1 : 0));

export const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

/** Skewed values with mean 1. */
export const waits = (random: Random, n: number): number[] => Array.from({ length: n }, () => -Math.log1p(-random()));

/** Values in clusters of 2 to 6, alike within them; the mean of all is 0. */
export function clustered(random: Random, count: number): { values: number[]; clusters: number[] } {
  const values: number[] = [];
  const clusters: number[] = [];
  for (let c = 0; c < count; c++) {
    const [common = 0] = normals(random, 1);
    for (const own of normals(random, 2 + Math.floor(random() * 5))) {
      values.push(common + own);
      clusters.push(c);
    }
  }
  return { values, clusters };
}
