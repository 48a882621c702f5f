/**
 * Two conditions, one table: does a wider window of letters help a naive spam filter? Everything is in this file.
 *
 *     npx crucible run examples/simple-comparison.ts
 */
import { defineExperiment } from "crucible-harness";

interface Message {
  readonly id: string;
  readonly text: string;
  readonly isSpam: boolean;
}

const messages: readonly Message[] = [
  ["Win a free prize now, click here", true],
  ["Lunch at noon on Friday?", false],
  ["Your invoice for October is attached", false],
  ["FREE FREE FREE limited offer!!!", true],
  ["Meeting moved to room 4", false],
  ["You have been selected, claim your reward", true],
  ["Can you review my pull request?", false],
  ["Cheap watches, best price", true],
  ["The build is green again", false],
  ["Congratulations, you won the lottery", true],
  ["Notes from yesterday's seminar", false],
  ["Act now and earn money from home", true],
  ["Free seats left in the reading group", false],
  ["Claim your free trial today", true],
].map(([text, isSpam], i) => ({ id: `message-${i + 1}`, text: String(text), isSpam: isSpam === true }));

const says = (words: readonly string[]) => (message: Message) => {
  const prediction = words.some((word) => message.text.toLowerCase().includes(word));
  return { prediction: prediction ? "spam" : "ham", accuracy: prediction === message.isSpam };
};

export default defineExperiment({
  name: "Simple comparison",
  description: "One word against eight, as a spam filter",
  dataset: messages,
  conditions: [
    { name: "baseline", description: "the word free", run: says(["free"]) },
    {
      name: "treatment",
      description: "eight words",
      run: says(["free", "prize", "claim", "offer", "price", "won", "earn", "selected"]),
    },
  ],
  metrics: ["accuracy", "latency_p99"],
  statisticalAnalysis: { baseline: "baseline" },
});
