import { z } from "zod";
import { ConfigError } from "#src/kernel/errors";
import { parseOptions } from "#src/kernel/parse";
import { type Backend, identityOf, type Message, type Prices } from "./backend.ts";
import { type CountTokens, countMessages, estimateTokens } from "./tokens.ts";

const rate = z.number().nonnegative();
const modelPrice = z.strictObject({
  input: rate.describe("amount per million tokens read"),
  output: rate.describe("amount per million tokens written"),
  cacheRead: rate.optional().describe("amount per million tokens read from the provider's cache; `input` when absent"),
  cacheWrite: rate
    .optional()
    .describe("amount per million tokens written to the provider's cache; `input` when absent"),
});
const tableSchema = z.record(z.string(), modelPrice);
/** A price table as data, for another process. */
const pricesSchema = z.strictObject({ currency: z.string(), version: z.string(), table: tableSchema });
export type PriceTable = z.input<typeof tableSchema>;

/**
 * Prices from a table, per million tokens. A dated name (`gpt-4o-2024-08-06`) and one with its provider (`openai/gpt-4o`) are looked for as
 * they are, then without date, then without provider.
 *
 * @example priceTable({ "gpt-4o-mini": { input: 0.15, output: 0.6, cacheRead: 0.075 } })
 */
export function priceTable(
  table: PriceTable,
  { currency = "usd", version = "price table" }: { currency?: string; version?: string } = {},
): Prices {
  const read = parseOptions(tableSchema, table, "prices");
  const prices = new Map(Object.entries(read));
  return {
    currency,
    version,
    table: read,
    priceOf: (model, usage) => {
      const price = namesOf(model)
        .map((name) => prices.get(name))
        .find((found) => found !== undefined);
      if (!price) return undefined;
      const { cacheReadTokens = 0, cacheWriteTokens = 0 } = usage;
      const plain = Math.max(0, usage.promptTokens - cacheReadTokens - cacheWriteTokens);
      const amount =
        plain * price.input +
        cacheReadTokens * (price.cacheRead ?? price.input) +
        cacheWriteTokens * (price.cacheWrite ?? price.input) +
        usage.completionTokens * price.output;
      return amount / 1e6;
    },
  };
}

/** Prices from data that another process sent: currency, version and table. @throws ConfigError for anything else */
export function pricesFrom(data: unknown): Prices {
  const { table, ...labels } = parseOptions(pricesSchema, data, "prices");
  return priceTable(table, labels);
}

function namesOf(model: string): string[] {
  const undated = (name: string): string => name.replace(/[-@](\d{8}|\d{4}-\d{2}-\d{2}|latest)$/, "");
  const bare = model.slice(model.lastIndexOf("/") + 1);
  return [model, undated(model), bare, undated(bare)];
}

/** The part of `@pydantic/genai-prices` that is used. Its `input_tokens` include cached ones, as ours do. */
export interface GenaiPricesModule {
  calcPrice(
    usage: { input_tokens?: number; output_tokens?: number; cache_read_tokens?: number; cache_write_tokens?: number },
    model: string,
    options?: { providerId?: string; timestamp?: Date },
  ): { readonly total_price: number } | null;
}

/**
 * Prices from the package `@pydantic/genai-prices`, in US dollars. It knows tiers, so each call is priced by itself.
 *
 * @param module the imported package; looked for when absent
 * @throws ConfigError where it is not installed
 */
export async function genaiPrices({
  providerId,
  module,
}: {
  providerId?: string;
  module?: GenaiPricesModule;
} = {}): Promise<Prices> {
  const { calcPrice } = module ?? (await loadGenaiPrices());
  return {
    currency: "usd",
    version: "@pydantic/genai-prices",
    priceOf: (model, usage) => {
      const counted = {
        input_tokens: usage.promptTokens,
        output_tokens: usage.completionTokens,
        ...(usage.cacheReadTokens === undefined ? {} : { cache_read_tokens: usage.cacheReadTokens }),
        ...(usage.cacheWriteTokens === undefined ? {} : { cache_write_tokens: usage.cacheWriteTokens }),
      };
      return calcPrice(counted, model, providerId === undefined ? {} : { providerId })?.total_price;
    },
  };
}

async function loadGenaiPrices(): Promise<GenaiPricesModule> {
  try {
    return (await import("@pydantic/genai-prices")) as GenaiPricesModule;
  } catch {
    throw new ConfigError(
      "prices",
      "need the package @pydantic/genai-prices",
      undefined,
      "npm install @pydantic/genai-prices",
    );
  }
}

/**
 * A backend whose replies say what they cost. A reply that already does is left alone; one without usage or price stays without.
 *
 * @param model model to price by where neither reply nor request name one
 */
export const priced = (
  backend: Backend,
  prices: Prices,
  { model = backend.model }: { readonly model?: string | undefined } = {},
): Backend => ({
  ...identityOf(backend),
  ...(model === undefined ? {} : { model }),
  prices: backend.prices ?? prices,
  generate: async (messages, config = {}, context = {}) => {
    const reply = await backend.generate(messages, config, context);
    if (reply.cost !== undefined || !reply.usage) return reply;
    const { usage } = reply;
    const cost = [reply.model, config.model, model]
      .map((name) => (name === undefined ? undefined : prices.priceOf(name, usage)))
      .find((amount) => amount !== undefined);
    return cost === undefined ? reply : { ...reply, cost };
  },
});

/** What a call may cost at most, before it is made; nothing for a model without a price. */
export function estimateCost(
  prices: Prices,
  model: string,
  messages: readonly Message[],
  { maxTokens, count = estimateTokens }: { readonly maxTokens: number; readonly count?: CountTokens },
): number | undefined {
  const promptTokens = countMessages(messages, count);
  return prices.priceOf(model, { promptTokens, completionTokens: maxTokens, totalTokens: promptTokens + maxTokens });
}
