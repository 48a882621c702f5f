import { describe, expect, it } from "vitest";
import { estimateCost, genaiPrices, priced, priceTable } from "#src/backends/prices";
import { scripted } from "#src/backends/scripted";
import { countMessages, estimateTokens, tokenCounter } from "#src/backends/tokens";

const usage = { promptTokens: 1_000_000, completionTokens: 100_000, totalTokens: 1_100_000 };
const table = priceTable({ "gpt-4o": { input: 2.5, output: 10, cacheRead: 1.25 }, local: { input: 0, output: 0 } });

describe("price table", () => {
  it("prices per million tokens", () => {
    expect(table.priceOf("gpt-4o", usage)).toBeCloseTo(3.5, 12);
    expect(table.priceOf("local", usage)).toBe(0);
  });

  it("prices cached tokens once, at their own rate", () => {
    expect(table.priceOf("gpt-4o", { ...usage, cacheReadTokens: 400_000 })).toBeCloseTo(0.6 * 2.5 + 0.4 * 1.25 + 1, 12);
    expect(table.priceOf("gpt-4o", { ...usage, cacheWriteTokens: 400_000 })).toBeCloseTo(3.5, 12);
  });

  it("knows a dated model and one with its provider, and no other", () => {
    for (const model of ["gpt-4o-2024-08-06", "openai/gpt-4o", "openai/gpt-4o-20240806", "gpt-4o-latest"])
      expect(table.priceOf(model, usage)).toBeDefined();
    for (const model of ["gpt-4o-mini", "gpt-4", "", "constructor"])
      expect(table.priceOf(model, usage)).toBeUndefined();
  });

  it("refuses an invalid price", () => {
    expect(() => priceTable({ m: { input: -1, output: 1 } })).toThrow("prices.m.input must be at least 0");
    expect(() => priceTable({ m: { input: 1, ouput: 1 } as never })).toThrow(/ouput|output/);
  });
});

describe("priced", () => {
  it("adds a cost where it can, by the model that answered, then the one that was asked", async () => {
    const reply = { content: "4", usage };
    const cost = async (model?: string, fallback?: string, more = {}) =>
      (
        await priced(
          scripted([{ ...reply, ...more }]),
          table,
          fallback === undefined ? {} : { model: fallback },
        ).generate([], { model })
      ).cost;
    expect(await cost("gpt-4o")).toBeCloseTo(3.5, 12);
    expect(await cost("alias", undefined, { model: "gpt-4o-2024-08-06" })).toBeCloseTo(3.5, 12);
    expect(await cost(undefined, "local")).toBe(0);
    expect(await cost("nobody")).toBeUndefined();
    expect(await cost("gpt-4o", undefined, { cost: 7 })).toBe(7);
  });

  it("estimates at most what a call costs, and nothing for an unknown model", () => {
    const messages = [{ role: "user", content: "x".repeat(4000) }] as const;
    expect(estimateCost(table, "gpt-4o", messages, { maxTokens: 500 })).toBeCloseTo((1000 * 2.5 + 500 * 10) / 1e6, 12);
    expect(estimateCost(table, "nobody", messages, { maxTokens: 500 })).toBeUndefined();
  });
});

describe("@pydantic/genai-prices", () => {
  it("prices each call by itself: tiers apply to large prompts only", async () => {
    const prices = await genaiPrices();
    expect(prices.priceOf("gpt-4o", { promptTokens: 1000, completionTokens: 1000, totalTokens: 2000 })).toBeCloseTo(
      0.0125,
      12,
    );
    const inputPrice = (promptTokens: number) =>
      prices.priceOf("claude-sonnet-4-5", { promptTokens, completionTokens: 0, totalTokens: promptTokens })!;
    expect(inputPrice(100_000)).toBeCloseTo(0.3, 9);
    expect(inputPrice(1_000_000)).toBeGreaterThan(10 * inputPrice(100_000));
    expect(prices.priceOf("nobody's model", usage)).toBeUndefined();
  });

  it("counts cached tokens as a part of the prompt", async () => {
    const prices = await genaiPrices();
    const plain = prices.priceOf("gpt-4o", usage)!;
    const half = prices.priceOf("gpt-4o", { ...usage, cacheReadTokens: 500_000 })!;
    expect(plain - half).toBeCloseTo(0.5 * (2.5 - 1.25), 9);
  });
});

describe("tokens", () => {
  it("are a quarter of the characters, or counted by gpt-tokenizer where it is installed", async () => {
    expect(estimateTokens("What is 2 + 2?")).toBe(4);
    const counter = await tokenCounter();
    expect(counter.name).toBe("gpt-tokenizer o200k_base");
    expect(counter.count("What is 2 + 2?")).toBe(8);
    expect(counter.count("<|endoftext|>")).toBeGreaterThan(0);
  });

  it("count tool calls too", () => {
    const call = { id: "1", name: "adder", arguments: { a: 1 } };
    expect(
      countMessages([
        { role: "user", content: "abcd" },
        { role: "assistant", content: "", toolCalls: [call] },
      ]),
    ).toBe(1 + 2 + 2);
  });
});
