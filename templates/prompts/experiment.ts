/** Which prompt gets more answers right? Offline a scripted model answers; set OPENAI_BASE_URL to ask a server (model.ts). */
import { defineExperiment, jsonl } from "crucible-harness";
import { match } from "crucible-harness/scoring";
import { chain, generate, promptTemplate } from "crucible-harness/solver";
import { model } from "./model.ts";

const prompts = {
  plain: "{prompt}",
  "step by step": "{prompt} Think step by step, then give the number alone on the last line.",
};

export default defineExperiment({
  name: "Two prompts",
  dataset: jsonl<{ question: string; answer: string }>("questions.jsonl"),
  conditions: Object.entries(prompts).map(([name, prompt]) => ({
    name,
    solver: chain(promptTemplate(prompt), generate({ temperature: 0 })),
    scorers: [match({ numeric: true })],
    backend: model,
  })),
  metrics: ["accuracy", { name: "tokens", direction: "lower" }, "latency_p99"],
  statisticalAnalysis: { baseline: "plain" },
});
