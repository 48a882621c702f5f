import { hasBudget } from "#src/experiment/limits";
import { ConfigError } from "#src/kernel/errors";
import type { Prepared } from "./prepare.ts";

/**
 * A budget cannot be kept over calls without a price: refused before the first of them is paid.
 *
 * @throws ConfigError naming the model that has no price, and the condition that calls it
 */
export function refuseUnpriced({ experiment, prices, backend, share }: Prepared): void {
  const { conditions, costBudget } = experiment;
  if (!hasBudget(costBudget) && !share?.hasBudget) return;
  for (const { name, solver, estimatedCost, model: named, backend: own = backend } of conditions) {
    const model = named ?? own?.model;
    if (!solver || estimatedCost !== undefined || model === undefined) continue;
    const table = own?.prices ?? prices;
    if (table?.priceOf(model, A_TOKEN_EACH) !== undefined) continue;
    throw new ConfigError(
      "costBudget",
      `cannot be kept: there is no price for ${model}, which ${name} calls`,
      undefined,
      "Pass prices that have it, or give the condition an estimatedCost",
    );
  }
}

const A_TOKEN_EACH = { promptTokens: 1, completionTokens: 1, totalTokens: 2 };
