/**
 * Three rules that find the answer in a text, side by side on the answers that a run of gsm8k-recorded.ts has stored. No answer is asked
 * for again:
 *
 *     npx crucible score <id> --file examples/scorers/gsm8k-rules.ts --name rules -T data=path/to/example_model_solutions.jsonl
 *     npx crucible report <id> --scoring rules --formats html
 */
import { named, type Scorer, verdict } from "crucible-harness/scoring";

/** Compares what a rule reads in the reply with what the last line of the worked solution says. */
const rule = (name: string, read: (text: string) => string | undefined): Scorer =>
  named(name, ({ output }, [solution = ""]) => {
    const answer = number(read(output?.content ?? ""));
    return verdict(answer !== undefined && answer === number(marked(solution)), { answer: String(answer ?? "none") });
  });

const NUMBER = "-?[\\d.,]+";

/** The number after the last `A:`. */
const marked = (text: string): string | undefined =>
  [...text.matchAll(new RegExp(`A:\\s*\\$?\\s*(${NUMBER})`, "g"))].at(-1)?.[1];

/** Without thousands separators and the full stop of a sentence. */
function number(text: string | undefined): number | undefined {
  const plain = text?.replaceAll(",", "").replace(/\.$/, "");
  return plain === undefined || plain === "" || Number.isNaN(Number(plain)) ? undefined : Number(plain);
}

export default {
  fields: { input: "question", target: "ground_truth" },
  scorers: [
    rule("marked", marked),
    rule("last_equation", (text) => [...text.matchAll(new RegExp(`=\\s*\\$?(${NUMBER})`, "g"))].at(-1)?.[1]),
    rule("last_number", (text) =>
      text
        .match(new RegExp(NUMBER, "g"))
        ?.filter((one) => /\d/.test(one))
        .at(-1),
    ),
  ],
};
