/**
 * Does a language model of 260 thousand parameters know grammar? Each item is a pair of sentences, one of them wrong; the model has it
 * right when it finds the good one more likely. Two ways of saying "more likely" are compared on the same pairs: the probability of the
 * whole sentence, and the probability per token, which does not prefer short sentences. Accuracy is given for each kind of grammar too.
 *
 * The data are folders of github.com/alexwarstadt/blimp (CC-BY 4.0); how to get the model is said in `small-model.ts`:
 *
 *     npx crucible run examples/blimp-grammar.ts -T weights=path/to/stories260K.gguf -T pairs=path/to/blimp
 */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { defineExperiment } from "crucible-harness";
import { smallModel } from "./small-model.ts";

export const paradigms = [
  "anaphor_gender_agreement",
  "determiner_noun_agreement_1",
  "irregular_past_participle_adjectives",
  "principle_A_case_1",
] as const;

interface Pair {
  readonly id: string;
  readonly sentence_good: string;
  readonly sentence_bad: string;
  readonly UID: (typeof paradigms)[number];
}

export default ({ weights = "stories260K.gguf", pairs = "blimp" }: { weights?: string; pairs?: string }) => {
  const model = smallModel(resolve(weights));
  const known = new Map<string, ReturnType<typeof model.logLikelihood>>();
  const once = (text: string) => known.get(text) ?? known.set(text, model.logLikelihood(text)).get(text)!;
  const judge =
    (likelihood: (text: { total: number; tokens: number }) => number) =>
    async ({ sentence_good, sentence_bad, UID }: Pair) => {
      const good = likelihood(await once(sentence_good));
      const bad = likelihood(await once(sentence_bad));
      return { accuracy: good > bad, [UID]: good > bad, margin: good - bad };
    };
  return defineExperiment({
    name: "BLiMP grammar",
    description: "Which of two sentences does a very small model find more likely?",
    tags: ["blimp", "likelihood", "real model"],
    dataset: (): Pair[] =>
      paradigms.flatMap((UID) => {
        const lines = readFileSync(join(resolve(pairs), `${UID}.jsonl`), "utf8")
          .trim()
          .split("\n");
        return lines.map((line) => {
          const row = JSON.parse(line) as Omit<Pair, "id"> & { pairID: string };
          return { id: `${UID}-${row.pairID}`, sentence_good: row.sentence_good, sentence_bad: row.sentence_bad, UID };
        });
      }),
    datasetConfig: { limit: 200, stratifyBy: "UID" },
    conditions: [
      { name: "whole sentence", run: judge(({ total }) => total) },
      { name: "per token", run: judge(({ total, tokens }) => total / tokens) },
    ],
    metrics: ["accuracy", ...paradigms],
    statisticalAnalysis: { baseline: "whole sentence" },
  });
};
