/** Whether `npm run test:long` runs: laws are then tried twice as often or more, and rates estimated from all their data sets. */
export const isLong = process.env.CRUCIBLE_TEST_LONG === "1";

/**
 * How often something is tried.
 *
 * @param short in `npm test`
 * @param long in `npm run test:long`
 */
export const runs = (short: number, long = 2 * short): number => (isLong ? long : short);
