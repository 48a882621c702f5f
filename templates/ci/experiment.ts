/**
 * A quality gate: the build fails with exit code 100 where the proposed classifier is below 80 %, or may be worse than the released one by
 * more than two points. `npm test` runs it, and so does .github/workflows/experiment.yml.
 */
import { defineExperiment, jsonl } from "crucible-harness";
import { proposed, released } from "./classify.ts";

export default defineExperiment({
  name: "Spam classifier",
  dataset: jsonl<{ text: string; isSpam: boolean }>("mails.jsonl"),
  conditions: [
    { name: "released", run: ({ text, isSpam }) => ({ accuracy: released(text) === isSpam }) },
    { name: "proposed", run: ({ text, isSpam }) => ({ accuracy: proposed(text) === isSpam }) },
  ],
  metrics: ["accuracy"],
  statisticalAnalysis: { baseline: "released" },
  gates: [
    { metric: "accuracy", condition: "proposed", atLeast: 0.8 },
    { metric: "accuracy", difference: ["proposed", "released"], notWorseThan: 0.02 },
  ],
});
