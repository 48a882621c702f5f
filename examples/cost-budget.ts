/**
 * What does a right answer cost? Two models by price, within a hard budget: what a call is expected to cost is reserved before it is sent, and
 * a run that has spent its budget stops and can be resumed with a larger one. Here the models are scripted and the prices made up.
 *
 *     npx crucible estimate examples/cost-budget.ts
 *     npx crucible run examples/cost-budget.ts --yes
 */
import { defineExperiment } from "crucible-harness";
import { type Backend, priced, priceTable, scripted } from "crucible-harness/backends";
import { match } from "crucible-harness/scoring";
import { generate } from "crucible-harness/solver";

/** US dollars per million tokens. */
const prices = priceTable({ large: { input: 300, output: 1500 }, small: { input: 15, output: 60 } });

/** A model that multiplies rightly up to a number. */
const multiplies = (model: string, upTo: number): Backend =>
  priced(
    scripted((messages) => {
      const [a = 0, b = 0] = (messages[0]!.content.match(/\d+/g) ?? []).map(Number);
      return `The product is ${Math.max(a, b) <= upTo ? a * b : a * b + 10}.`;
    }),
    prices,
    { model },
  );

const condition = (model: string, upTo: number) => ({
  name: model,
  model,
  solver: generate({ maxTokens: 50 }),
  scorers: [match({ numeric: true })],
  backend: multiplies(model, upTo),
});

export default defineExperiment({
  name: "Cost of a right answer",
  dataset: Array.from({ length: 40 }, (_, i) => ({
    id: `product-${i + 1}`,
    question: `What is ${i + 2} times ${2 * i + 3}?`,
    answer: String((i + 2) * (2 * i + 3)),
  })),
  conditions: [condition("large", 80), condition("small", 60)],
  metrics: ["accuracy", "cost_per_query", "cost_sum"],
  customMetrics: [
    {
      name: "cost_per_right_answer",
      description: "US dollars",
      fn: ({ cost_sum = Number.NaN, accuracy = Number.NaN }) => cost_sum / (40 * accuracy),
    },
  ],
  costBudget: { maxTotal: 5, maxPerCondition: 4, currency: "usd" },
  statisticalAnalysis: { significanceLevel: 0.05, multipleTestingCorrection: "bonferroni", confidenceInterval: 0.95 },
});
