import { estimate } from "#src/app/estimate";
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
  const { cost, time, guesses } = estimates;
  const amount = cost.totalCost === "unknown" ? "unknown" : `${cost.totalCost.toFixed(2)} ${cost.currency}`;
  console.log(`tasks     ${cost.totalQueries}`);
  console.log(`cost      ${amount}${cost.exceedsBudget === true ? " (more than the budget)" : ""}`);
  console.log(
    `duration  ${printMillis(time.estimatedDurationMs)} (one after the other: ${printMillis(time.sequentialMs)})`,
  );
  console.log(`ends      ${time.estimatedCompletion}`);
  for (const guess of guesses) console.log(`note      ${guess}`);
  return exitCodes.ended;
}
