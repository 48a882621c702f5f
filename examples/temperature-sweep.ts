/**
 * What does temperature do to a story? A real language model of 260 thousand parameters continues with the same beginnings at four
 * temperatures, through all of the house: an OpenAI-compatible server on the loopback, the backend, a solver, a scorer. The seed of each
 * call is its repeat, so the whole run can be had again, word for word. How to get the model is said in `small-model.ts`:
 *
 *     npx crucible run examples/temperature-sweep.ts -T weights=path/to/stories260K.gguf
 */
import { resolve } from "node:path";
import { defineExperiment, sweep } from "crucible-harness";
import { openaiCompatible } from "crucible-harness/backends";
import type { Scorer } from "crucible-harness/scoring";
import { generate, type Solver } from "crucible-harness/solver";
import { serve, smallModel } from "./small-model.ts";

const beginnings = [
  "Once upon a time, there was a little dog named",
  "One day, Lily found a red ball in the",
  "Tom and Mia wanted to play with the same",
  "The sun was warm, and the small cat",
  "Mom said, do not open the big",
  "In the park there was a tree that",
];

/** The share of words that were not said before: 1 repeats nothing. */
const variety: Scorer = Object.assign(
  ({ output }: Parameters<Scorer>[0]) => {
    const words = output?.content.toLowerCase().match(/[a-z']+/g) ?? [];
    return { value: words.length === 0 ? null : new Set(words).size / words.length };
  },
  { scorerName: "variety" },
);

export default async ({ weights = "stories260K.gguf" }: { weights?: string }) => {
  const baseURL = await serve(smallModel(resolve(weights)));
  const backend = openaiCompatible({ baseURL, model: "stories260K", name: "stories260K on llama.cpp" });
  const solver =
    (temperature: number): Solver =>
    (state, ask) =>
      generate({ temperature, maxTokens: 60, seed: state.epoch })(state, ask);
  return defineExperiment({
    name: "Temperature sweep",
    description: "Does a higher temperature make a small model repeat itself less?",
    tags: ["temperature", "real model"],
    dataset: beginnings.map((input, i) => ({ id: `beginning-${i + 1}`, input })),
    conditions: sweep({ temperature: [0, 0.5, 1, 1.5] }, ({ temperature }) => ({
      name: `temperature ${temperature}`,
      solver: solver(temperature),
      scorers: [variety],
      backend,
      estimatedCost: 0, // it runs here
    })),
    metrics: ["variety", "latency_p95"],
    repeat: 3,
    config: { maxParallel: 1 }, // the model does one thing at a time, and waiting for it is not latency
    statisticalAnalysis: { baseline: "temperature 0" },
  });
};
