/** Does a tool help an agent? Offline a scripted model works; set OPENAI_BASE_URL to ask a server (model.ts). The tools are in tools.ts. */
import { defineExperiment } from "crucible-harness";
import { match } from "crucible-harness/scoring";
import { basicAgent } from "crucible-harness/solver";
import { model } from "./model.ts";
import { countStock, questions } from "./tools.ts";

const common = { scorers: [match({ numeric: true })], backend: model, messageLimit: 20 };

export default defineExperiment({
  name: "An agent with and without its tool",
  dataset: questions,
  conditions: [
    { name: "without", solver: basicAgent({ tools: [] }), ...common },
    { name: "with tool", solver: basicAgent({ tools: [countStock] }), ...common },
  ],
  metrics: ["accuracy", { name: "tokens", direction: "lower" }, "latency_p99"],
  statisticalAnalysis: { baseline: "without" },
});
