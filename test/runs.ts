/** Whether `npm run test:long` runs: laws are then tried four times as often, and rates estimated from all their data sets. */
export const isLong = process.env.CRUCIBLE_TEST_LONG === "1";

/**
 * How often something is tried.
 *
 * @param short in `npm test`
 * @param long in `npm run test:long`
 */
export const runs = (short: number, long = 4 * short): number => (isLong ? long : short);
