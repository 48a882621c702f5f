import type { Prices } from "#src/backends/backend";
import { roughCounter, type TokenCounter, tokenCounter } from "#src/backends/tokens";
import { toSample } from "#src/dataset/sample";
import type { Condition } from "#src/experiment/condition";
import { expectedCalls } from "#src/experiment/estimate";
import type { Prepared } from "../prepare.ts";

/** An amount, or that it is unknown. */
export type Amount = number | "unknown";

export interface CostEstimates {
  readonly totalCost: Amount;
  readonly conditionCosts: Readonly<Record<string, Amount>>;
  /** Which numbers are guesses, in sentences. */
  readonly guesses: string[];
}

/** Items whose tokens are counted; the others are taken to be like them. */
const COUNTED_ITEMS = 100;

/**
 * What each condition will cost: as it says itself, else by pricing the calls that its solver is expected to make for a sample of the
 * items. A model without a price makes the cost unknown, never 0. Nothing is executed.
 */
export async function estimateCosts(prepared: Prepared): Promise<CostEstimates> {
  const counts = prepared.experiment.conditions.some((one) => one.solver && one.estimatedCost === undefined);
  const counter = counts ? await tokenCounter() : roughCounter;
  const estimates = prepared.experiment.conditions.map((condition) => ({
    name: condition.name,
    ...costOf(condition, prepared, counter),
  }));
  const amounts = estimates.map(({ amount }) => amount);
  return {
    totalCost: amounts.includes("unknown") ? "unknown" : sum(amounts as number[]),
    conditionCosts: Object.fromEntries(estimates.map(({ name, amount }) => [name, amount])),
    guesses: estimates.flatMap(({ name, note }) => (note === undefined ? [] : [`The cost of ${name} ${note}`])),
  };
}

const times = (each: number, tasks: Amount): Amount => (tasks === "unknown" ? tasks : each * tasks);

/** Tasks of each condition; of a stream as many as `streamed()` and the limit say, else unknown. */
export function tasksOf({ dataset, plan, experiment }: Pick<Prepared, "dataset" | "plan" | "experiment">): Amount {
  if (!dataset.stream) return plan.perCondition;
  const rows = dataset.stream.rows ?? experiment.datasetConfig.limit;
  if (rows === undefined) return "unknown";
  return Math.min(rows, experiment.datasetConfig.limit ?? rows) * experiment.repeat;
}

function costOf(
  condition: Condition,
  { dataset, plan, experiment, prices: ofRun, backend: ofAll }: Prepared,
  counter: TokenCounter,
): { readonly amount: Amount; readonly note?: string } {
  const { estimatedCost, solver } = condition;
  const tasks = tasksOf({ dataset, plan, experiment });
  if (estimatedCost !== undefined) return { amount: estimatedCost === 0 ? 0 : times(estimatedCost, tasks) };
  const backend = condition.backend ?? ofAll;
  const model = condition.model ?? backend?.model;
  const prices = backend?.prices ?? ofRun;
  if (!solver) {
    if (model === undefined) return { amount: 0 };
    const note = `is unknown: what its function asks of ${model} cannot be seen, and it has no estimatedCost`;
    return { amount: "unknown", note };
  }
  if (plan.isOpen)
    return { amount: "unknown", note: "is unknown: its data set is a stream, which is read when it is run" };
  const items = everyNth(dataset.items, COUNTED_ITEMS);
  const asked = items.map(({ id, row }) =>
    expectedCalls(condition, toSample(row, condition.fields, id), counter.count),
  );
  const unpriced = new Set<string>();
  const costs = asked.map(({ calls }) => sum(calls.map((call) => priceOf(call, model, prices, unpriced))));
  if (unpriced.size > 0) {
    const note = `is unknown: there is no price for ${[...unpriced].join(", ")}, and no estimatedCost`;
    return { amount: "unknown", note };
  }
  if (!asks(asked, model)) return { amount: 0, note: "is taken to be 0: neither it nor its backend names a model" };
  const assumed = [...new Set(asked.flatMap(({ guesses }) => guesses))].join("; ");
  const note = `is a guess: tokens by ${counter.name} over ${items.length} of ${dataset.items.length} items; ${assumed}`;
  return { amount: (sum(costs) / items.length) * plan.perCondition, note };
}

type Asked = ReturnType<typeof expectedCalls>;
const asks = (asked: readonly Asked[], model: string | undefined): boolean =>
  model !== undefined || asked.some(({ calls }) => calls.some((call) => call.model !== undefined));

/** The price of one call. Without any model there is nothing to price; a model without a price is noted. */
function priceOf(
  { model: own, promptTokens, completionTokens }: Asked["calls"][number],
  model: Condition["model"],
  prices: Prices | undefined,
  unpriced: Set<string>,
): number {
  const name = own ?? model;
  if (name === undefined) return 0;
  const usage = { promptTokens, completionTokens, totalTokens: promptTokens + completionTokens };
  const amount = prices?.priceOf(name, usage);
  if (amount === undefined) unpriced.add(name);
  return amount ?? 0;
}

/** At most `count` of the items, evenly spread. */
function everyNth<T>(items: readonly T[], count: number): readonly T[] {
  const step = Math.max(1, items.length / count);
  return Array.from({ length: Math.min(count, items.length) }, (_, i) => items[Math.floor(i * step)]!);
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
