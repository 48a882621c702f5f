import type { AiSdkModel } from "crucible-harness/backends";

type Part = { readonly type: string; readonly text?: string };
type Prompt = readonly { readonly role: string; readonly content: string | readonly Part[] }[];

/** A language model of the AI SDK that answers by a function of the last message: offline, at once, for nothing. */
export function scriptedModel(modelId: string, answer: (question: string) => string): AiSdkModel {
  return {
    specificationVersion: "v3",
    provider: "scripted",
    modelId,
    doGenerate: async ({ prompt }: { prompt: Prompt }) => {
      const asked = prompt.at(-1)?.content ?? "";
      const question = typeof asked === "string" ? asked : asked.map(({ text = "" }) => text).join("");
      const text = answer(question);
      return {
        content: [{ type: "text", text }],
        finishReason: { unified: "stop" },
        usage: { inputTokens: { total: question.split(" ").length }, outputTokens: { total: text.split(" ").length } },
      };
    },
  };
}
