import { ConfigError } from "#src/kernel/errors";
import { money } from "#src/reports/cell";
import { estimatePrepared } from "./estimate/estimate.ts";
import type { Prepared, RunOptions } from "./prepare.ts";

/**
 * Asks before money is spent, when `confirm` is set and the estimate is above zero or unknown.
 *
 * @throws ConfigError when the answer is no, or there is no terminal to ask
 */
export async function confirmSpending(prepared: Prepared, { ask }: RunOptions): Promise<void> {
  if (!prepared.settings.confirm) return;
  const { totalCost, currency, totalQueries } = (await estimatePrepared(prepared)).cost;
  if (totalCost === 0) return;
  const amount = totalCost === "unknown" ? "an unknown amount" : `about ${money(totalCost, currency)}`;
  if (!ask)
    throw new ConfigError(
      "confirm",
      `cannot be asked where there is no terminal; the run would cost ${amount}`,
      undefined,
      "Pass --yes to go ahead",
    );
  if (!(await ask(`${totalQueries} tasks will cost ${amount}. Go ahead?`)))
    throw new ConfigError("", "the run was not confirmed, so nothing was run");
}
