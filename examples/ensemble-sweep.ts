/**
 * How many models should vote? A sweep over ensembles of one to five real language identifiers, on texts of 20 characters of the
 * Universal Declaration of Human Rights. The vote of each ensemble is the most frequent answer; the better model breaks ties.
 *
 *     npx crucible run examples/ensemble-sweep.ts
 */
import { defineExperiment, range, sweep } from "crucible-harness";
import languages, { identify, type Paragraph } from "./language-identification.ts";

/** Best first, by `npm start`. */
const members = ["tinyld", "eld", "franc", "cld3-asm", "franc-min"] as const;

export default defineExperiment({
  name: "Ensemble size",
  description: "Does a majority vote of several small identifiers beat the best of them?",
  dataset: languages.dataset as () => Paragraph[],
  datasetConfig: { id: "id", shuffle: true, limit: 300, stratifyBy: "language" },
  conditions: sweep({ n: range(1, members.length) }, ({ n }) => ({
    name: `ensemble_${n}`,
    description: `majority of ${members.slice(0, n).join(", ")}`,
    run: ({ text, language }: Paragraph) => {
      const votes = members.slice(0, n).map((model) => identify(model, text.slice(0, 20)));
      const prediction = majority(votes);
      return { prediction, votes, accuracy: prediction === language };
    },
  })),
  metrics: ["accuracy", "latency_p99"],
  repeat: 1,
  statisticalAnalysis: { baseline: "ensemble_1" },
});

/** The most frequent answer; among equals the one that stands first. */
function majority(votes: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const vote of votes) counts.set(vote, (counts.get(vote) ?? 0) + 1);
  return [...counts].reduce((best, candidate) => (candidate[1] > best[1] ? candidate : best))[0];
}
