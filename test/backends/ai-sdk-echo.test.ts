import { aiSdk, type Message } from "crucible-harness/backends";
import { describe, expect, it } from "vitest";

const metadata = (signature: string) => ({ providerMetadata: { anthropic: { signature } } });
const usage = { inputTokens: { total: 1 }, outputTokens: { total: 1 } };

/** A model that thinks, calls a tool and signs both; what it is asked is kept. */
function signing(modelId: string) {
  const asked: { prompt: readonly { role: string; content: unknown }[] }[] = [];
  const model = {
    specificationVersion: "v3",
    provider: "p",
    modelId,
    doGenerate: async (options: never) => {
      asked.push(options);
      const content = [
        { type: "reasoning", text: "add them", ...metadata("thought") },
        { type: "tool-call", toolCallId: "c1", toolName: "add", input: '{"a":1}', ...metadata("call") },
      ];
      return { content, finishReason: { unified: "tool-calls" }, usage };
    },
  };
  return { asked, backend: aiSdk(model) };
}

describe("thoughts and calls that a provider signed", () => {
  const question: Message = { role: "user", content: "1 + 1?" };
  const loop = async (first: ReturnType<typeof signing>, second: ReturnType<typeof signing>) => {
    const { content, toolCalls = [], echo } = await first.backend.generate([question]);
    const said: Message = { role: "assistant", content, toolCalls, ...(echo ? { echo } : {}) };
    await second.backend.generate([question, said, { role: "tool", toolCallId: "c1", name: "add", content: "2" }]);
    return second.asked.at(-1)!.prompt.find(({ role }) => role === "assistant")!.content;
  };
  const call = { type: "tool-call", toolCallId: "c1", toolName: "add", input: { a: 1 } };

  it("go back to the model that signed them while its tools are answered", async () => {
    const model = signing("m");
    expect(await loop(model, model)).toEqual([
      { type: "reasoning", text: "add them", providerOptions: { anthropic: { signature: "thought" } } },
      { ...call, providerOptions: { anthropic: { signature: "call" } } },
    ]);
  });

  it("go to no other model, whose signatures they are not", async () => {
    expect(await loop(signing("m"), signing("other"))).toEqual([call]);
  });
});
