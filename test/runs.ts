/** Whether `npm run test:long` runs: laws are then tried on other cases and more, and rates estimated from all their data sets. */
export const isLong = process.env.CRUCIBLE_TEST_LONG === "1";

/**
 * How often something is tried.
 *
 * @param short in `npm test`
 * @param long in `npm run test:long`
 */
export const runs = (short: number, long = 2 * short): number => (isLong ? long : short);

/** Of all properties that have no seed of their own. */
export const SEED = 20_240_601;

/**
 * The cases of a property: in `npm run test:long` others than those that `npm test` has tried.
 *
 * @param short how many in `npm test`
 * @param all how many there are in both together
 */
export const draws = (
  short: number,
  all = 2 * short,
  seed = SEED,
): { readonly numRuns: number; readonly seed: number } =>
  isLong ? { numRuns: all - short, seed: seed + 1_000_000 } : { numRuns: short, seed };
