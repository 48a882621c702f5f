import { type Estimates, estimate } from "#src/app/estimate";
import { loadExperiment } from "#src/app/load";
import { printMillis } from "#src/kernel/units";
import { settingsFrom } from "./arguments.ts";
import { exitCodes } from "./exit-code.ts";
import type { Flags } from "./run.ts";

/** `crucible estimate <file>`. @returns the exit code */
export async function estimateFile(file: string, flags: Flags): Promise<number> {
  const parameters = (flags.T as Record<string, string> | undefined) ?? {};
  const estimates = await estimate(await loadExperiment(file, parameters), {
    commandLine: settingsFrom(flags),
    file,
    parameters,
  });
  if (flags.json === true) {
    console.log(JSON.stringify(estimates));
    return exitCodes.ended;
  }
  const { cost, time, power, guesses } = estimates;
  const amount = cost.totalCost === "unknown" ? "unknown" : `${cost.totalCost.toFixed(2)} ${cost.currency}`;
  console.log(`tasks     ${cost.totalQueries}`);
  console.log(`cost      ${amount}${cost.exceedsBudget === true ? " (more than the budget)" : ""}`);
  console.log(
    `duration  ${printMillis(time.estimatedDurationMs)} (one after the other: ${printMillis(time.sequentialMs)})`,
  );
  console.log(`ends      ${time.estimatedCompletion}`);
  if (power) console.log(`detects   ${powerWords(power)}`);
  for (const guess of guesses) console.log(`note      ${guess}`);
  return exitCodes.ended;
}

/** The smallest differences that the design finds, in a sentence. */
function powerWords({ items, tests, power, shares, standardised }: NonNullable<Estimates["power"]>): string {
  const points = shares.map(
    ({ disagreement, difference }) =>
      `${difference === undefined ? "nothing" : (100 * difference).toFixed(1)} where conditions disagree on ${100 * disagreement} % of items`,
  );
  return [
    `with ${items} items and ${tests} ${tests === 1 ? "test" : "tests"}, differences found ${100 * power} times out of 100:`,
    `yes or no, in points: ${points.join(", ")};`,
    `scores: ${standardised.toFixed(3)} standard deviations of the difference by item`,
  ].join(" ");
}
