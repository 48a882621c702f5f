/**
 * Four real language models on 1,319 school problems: the answers that OpenAI published with GSM8K are replayed and their text is
 * scored. Shows a paired comparison whose p-value can be checked: 6B verification against 175B fine-tuning, exact McNemar p = 0.00315.
 *
 * The data is `example_model_solutions.jsonl` of github.com/openai/grade-school-math (MIT), which is not part of this package:
 *
 *     npx crucible run examples/gsm8k-recorded.ts -T data=path/to/example_model_solutions.jsonl
 *
 * The answers are stored with the run, so that other rules can score them: see scorers/gsm8k-rules.ts.
 */
import { resolve } from "node:path";
import { type Condition, defineExperiment, jsonl } from "crucible-harness";

const models = {
  "6b_finetuning": "6B, fine-tuned",
  "6b_verification": "6B, verified",
  "175b_finetuning": "175B, fine-tuned",
  "175b_verification": "175B, verified",
} as const;

type Model = keyof typeof models;

type Problem = { readonly question: string; readonly ground_truth: string } & {
  readonly [M in Model]: { readonly solution: string };
};

export default ({ data = "example_model_solutions.jsonl" }: { data?: string }) =>
  defineExperiment({
    name: "GSM8K, recorded answers",
    description: "Do verifiers help more than a thirty times larger model?",
    tags: ["gsm8k", "recorded"],
    dataset: jsonl<Problem>(resolve(data)), // what is typed on the command line is relative to where it is typed
    conditions: (Object.keys(models) as Model[]).map(
      (model): Condition<Problem> => ({
        name: models[model],
        run: (problem) => {
          const completion = problem[model].solution;
          const prediction = lastAnswer(completion);
          return {
            completion,
            prediction,
            accuracy: prediction !== undefined && prediction === lastAnswer(problem.ground_truth),
          };
        },
      }),
    ),
    metrics: ["accuracy"],
  });

/** The number after the last `A:`, without its dollar sign and thousands separators. */
function lastAnswer(text: string): number | undefined {
  const answers = [...text.matchAll(/A:\s*\$?\s*(-?[\d.,]+)/g)];
  const last = answers.at(-1)?.[1]?.replaceAll(",", "").replace(/\.$/, "");
  return last === undefined || last === "" ? undefined : Number(last);
}
