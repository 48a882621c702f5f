import { expectTypeOf, it } from "vitest";
import { jsonl } from "#src/dataset/file";
import { defineExperiment } from "#src/experiment/define";

const metrics = ["accuracy"];

it("the type of a row reaches run and the hooks", () => {
  defineExperiment({
    name: "rows",
    dataset: [{ text: "a", isSpam: true }],
    conditions: [
      {
        name: "one",
        run: (item) => {
          expectTypeOf(item).toEqualTypeOf<{ text: string; isSpam: boolean }>();
          return { accuracy: item.isSpam };
        },
      },
    ],
    metrics,
    hooks: {
      beforeCondition: (_, item) => expectTypeOf(item).toEqualTypeOf<{ text: string; isSpam: boolean }>(),
    },
  });
});

it("so does that of a file, and of what a function gives", () => {
  defineExperiment({
    name: "file",
    dataset: jsonl<{ question: string }>("questions.jsonl"),
    conditions: [{ name: "one", run: ({ question }) => ({ accuracy: question.length }) }],
    metrics,
  });
  defineExperiment({
    name: "function",
    dataset: async () => [{ n: 1 }],
    conditions: [{ name: "one", run: ({ n }) => ({ accuracy: n }) }],
    metrics,
  });
});

it("a field that no row has is an error of the compiler", () => {
  defineExperiment({
    name: "misspelled",
    dataset: [{ text: "a" }],
    // @ts-expect-error rows have no txt
    conditions: [{ name: "one", run: ({ txt }) => ({ accuracy: txt.length }) }],
    metrics,
  });
});
