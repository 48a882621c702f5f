/**
 * A solver chain with a tool, on any model: a system prompt, a tool that adds, and a model that may call it, against the same model without
 * the tool. Here the model is scripted, so that it runs anywhere; `openaiCompatible({ baseURL, apiKey })` or `aiSdk(model)` stands in the
 * same place.
 *
 *     npx crucible run examples/solver-chain.ts
 */
import { defineExperiment } from "crucible-harness";
import { type Message, scripted } from "crucible-harness/backends";
import { match } from "crucible-harness/scoring";
import { chain, generate, type Solver, systemMessage, tool, useTools } from "crucible-harness/solver";
import { z } from "zod";

export const adder = tool({
  name: "adder",
  description: "Adds two numbers",
  parameters: z.object({ a: z.number(), b: z.number() }),
  execute: ({ a, b }) => a + b,
});

/** A model that calls its tool when it has one, and is off by one when it has none and the sum is large. */
export const model = scripted((messages, { tools = [] }) => {
  const last = messages.at(-1) as Message;
  if (last.role === "tool") return `The sum is ${last.content}.`;
  const [a = 0, b = 0] = (last.content.match(/\d+/g) ?? []).map(Number);
  if (tools.length > 0) return { content: "", toolCalls: [{ id: "call_1", name: "adder", arguments: { a, b } }] };
  return `The sum is ${a + b > 100 ? a + b + 1 : a + b}.`;
});

/** A step of one's own: a solver is a function from one state to the next. */
const politely: Solver = (state) => state.setUserPrompt(`Please: ${state.userPrompt.content}`);

const ask = generate({ model: "small-model", temperature: 0.7, maxTokens: 500, stop: [], toolCalls: "loop" });
const scorers = [match({ numeric: true })];
const instructions = systemMessage("You are a helpful assistant.");

export default defineExperiment({
  name: "Solver chain with a tool",
  dataset: Array.from({ length: 20 }, (_, i) => ({
    id: `sum-${i + 1}`,
    question: `What is ${7 * i} + ${5 * i}?`,
    answer: String(12 * i),
  })),
  conditions: [
    { name: "alone", solver: chain(instructions, politely, ask), scorers, backend: model, estimatedCost: 0 },
    {
      name: "with adder",
      solver: chain(instructions, useTools([adder]), politely, ask),
      scorers,
      backend: model,
      estimatedCost: 0,
      messageLimit: 10, // the conversation ends here, whatever the model still wants
    },
  ],
  metrics: ["accuracy", "tokens", "latency_p99"],
  statisticalAnalysis: { baseline: "alone" },
});
