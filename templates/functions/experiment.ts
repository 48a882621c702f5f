/** Which rule finds spam? Two functions on the same messages. Put your own functions and data in their place. */
import { defineExperiment, jsonl } from "crucible-harness";

interface Mail {
  readonly text: string;
  readonly isSpam: boolean;
}

const oneWord = (text: string): boolean => /free/i.test(text);
const fourWords = (text: string): boolean => /free|prize|offer|winner/i.test(text);

export default defineExperiment({
  name: "Spam rules",
  dataset: jsonl<Mail>("mails.jsonl"),
  conditions: [
    { name: "one word", run: ({ text, isSpam }) => ({ accuracy: oneWord(text) === isSpam }) },
    { name: "four words", run: ({ text, isSpam }) => ({ accuracy: fourWords(text) === isSpam }) },
  ],
  metrics: ["accuracy", "latency_p99"],
});
