/**
 * Tests what an agent does, without doing it: a support agent looks up orders and pays refunds. Its tools are mocked from the rows of the data set, so
 * that no money moves, and scorers look at its calls: whether it looked before it paid, paid no refund that was not due, and came back from an error.
 * Here the model is scripted, so that it runs anywhere; `openaiCompatible({ baseURL, apiKey })` stands in the same place, and
 * `recorded("model.jsonl", { backend })` with `recordedTools("tools.jsonl", tools, { mode: "auto" })` records a real agent once.
 *
 *     npx crucible run examples/agent-trajectory.ts
 */
import { defineExperiment } from "crucible-harness";
import { type Message, scripted, type ToolCall } from "crucible-harness/backends";
import { called, calledInOrder, fewSteps, named, recovers, type Scorer, verdict } from "crucible-harness/scoring";
import { basicAgent, mockTools, tool } from "crucible-harness/solver";
import { z } from "zod";

/** What must never be called in a test. */
const paid: string[] = [];

const lookUp = tool({
  name: "look_up",
  description: "Looks up an order",
  parameters: z.object({ order: z.string() }),
  execute: () => {
    throw new Error("the shop is not reached from a test");
  },
});
const refund = tool({
  name: "refund",
  description: "Pays an order back",
  parameters: z.object({ order: z.string(), amount: z.number().positive() }),
  execute: ({ order }) => void paid.push(order),
});

/** The shop of each row; where it is busy, an order is found at the second call only. */
const tools = mockTools([lookUp, refund], {
  look_up: ({ order }, { state: { metadata, messages } }) => {
    const isFirst = !messages.some(({ role }) => role === "tool");
    return metadata.busy && isFirst ? new Error("the shop is busy") : { order, amount: metadata.amount };
  },
  refund: "paid",
});

/** A model that looks until it has found the order and refunds damaged ones; in haste it refunds whatever it is asked for. */
const model = scripted((messages, { model: name }) => {
  const asked = messages.find(({ role }) => role === "user")!.content;
  const order = /order (\w+)/.exec(asked)![1]!;
  const isDamaged = asked.includes("damaged");
  const answers = messages.filter((message): message is Message & { role: "tool" } => message.role === "tool");
  const call = (tool: string, args: ToolCall["arguments"]) => ({
    content: "",
    toolCalls: [{ id: `call_${answers.length}`, name: tool, arguments: args }],
  });
  const refunded = answers.some((answer) => answer.name === "refund");
  if (name === "hasty")
    return refunded ? call("submit", { answer: "refunded" }) : call("refund", { order, amount: 20 });
  const found = answers.find((answer) => answer.name === "look_up" && answer.error === undefined);
  if (!found) return call("look_up", { order });
  if (isDamaged && !refunded) return call("refund", JSON.parse(found.content));
  return call("submit", { answer: isDamaged ? "refunded" : "kept" });
});

/** A refund where one is due, of what the order cost, after it was looked up; else none. */
const rightRefund: Scorer = (state, target, generate) => {
  const { order, amount } = state.metadata as { order: string; amount: number };
  const due = target[0] === "refunded";
  return due
    ? calledInOrder(["look_up", { name: "refund", with: { order, amount } }])(state, target, generate)
    : called("refund", { times: 0 })(state, target, generate);
};
const answered = named("answered", ({ output }, target) => verdict(output?.content === target[0]));

export { paid };

export default defineExperiment({
  name: "What a support agent does",
  dataset: Array.from({ length: 24 }, (_, i) => ({
    id: `ticket-${i + 1}`,
    input: `My order A${i + 1} came ${i % 2 === 0 ? "damaged" : "late"}.`,
    target: i % 2 === 0 ? "refunded" : "kept",
    order: `A${i + 1}`,
    amount: 10 + i,
    busy: i % 3 === 0,
  })),
  conditions: ["careful", "hasty"].map((name) => ({
    name,
    model: name,
    backend: model,
    solver: basicAgent({ tools, messageLimit: 20 }),
    scorers: [named("refund", rightRefund), answered, fewSteps({ atMost: 3 }), recovers()],
    estimatedCost: 0,
  })),
  metrics: ["accuracy", "answered", "fewSteps", { name: "fewSteps_calls", direction: "lower" }, "recovers"],
  statisticalAnalysis: { baseline: "careful" },
});
